import type { SamplingStatisticSummary } from '@aws-sdk/client-xray';
import { clientTtlMs, grantQuota } from './share-reservoir.ts';

export interface Report {
  readonly ruleName: string;
  readonly clientId: string;
  readonly requests: number;
  readonly borrowed: number;
  readonly sampled: number;
}

interface Client {
  seenMs: number;
  /** What it may take a second; undefined until it has reported twice. */
  quota: number | undefined;
}

interface RuleStatistics {
  readonly clients: Map<string, Client>;
  readonly windows: Map<number, { requests: number; borrowed: number; sampled: number }>;
}

const windowMs = 10_000;
const windowsMax = 360;
const clientsMax = 10_000;

/** What SDKs reported for the rules of one account and region: in memory, because a lost hour of it harms nobody. */
export class SamplingStatistics {
  private readonly rules = new Map<string, RuleStatistics>();

  /**
   * Counts a report and answers the client's part of the reservoir; undefined on its first report, so that clients that
   * start together are all known before the reservoir is shared: until then each borrows one request a second.
   */
  report(report: Report, reservoirSize: number, nowMs: number): number | undefined {
    const rule = this.rules.get(report.ruleName) ?? { clients: new Map(), windows: new Map() };
    this.rules.set(report.ruleName, rule);
    count(rule, report, nowMs);
    for (const [id, { seenMs }] of rule.clients) if (nowMs - seenMs > clientTtlMs) rule.clients.delete(id);
    const client = rule.clients.get(report.clientId);
    if (!client) {
      if (rule.clients.size < clientsMax) rule.clients.set(report.clientId, { seenMs: nowMs, quota: undefined });
      return undefined;
    }
    const granted = new Map([...rule.clients].map(([id, { quota }]) => [id, quota ?? 0]));
    client.seenMs = nowMs;
    client.quota = grantQuota(reservoirSize, granted, report.clientId, Math.floor(nowMs / windowMs));
    return client.quota;
  }

  forget(ruleName: string): void {
    this.rules.delete(ruleName);
  }

  summaries(): SamplingStatisticSummary[] {
    return [...this.rules].flatMap(([RuleName, { windows }]) =>
      [...windows].map(([at, { requests, borrowed, sampled }]) => ({
        RuleName,
        Timestamp: new Date(at),
        RequestCount: requests,
        BorrowCount: borrowed,
        SampledCount: sampled,
      })),
    );
  }
}

function count(rule: RuleStatistics, report: Report, nowMs: number): void {
  const at = Math.floor(nowMs / windowMs) * windowMs;
  const window = rule.windows.get(at) ?? { requests: 0, borrowed: 0, sampled: 0 };
  rule.windows.set(at, window);
  window.requests += report.requests;
  window.borrowed += report.borrowed;
  window.sampled += report.sampled;
  if (rule.windows.size > windowsMax) rule.windows.delete(rule.windows.keys().next().value!);
}
