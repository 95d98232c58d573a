import type { SamplingStatisticSummary } from '@aws-sdk/client-xray';
import { clientTtlMs, shareReservoir } from './share-reservoir.ts';

export interface Report {
  readonly ruleName: string;
  readonly clientId: string;
  readonly requests: number;
  readonly borrowed: number;
  readonly sampled: number;
}

interface RuleStatistics {
  readonly clients: Map<string, number>;
  readonly windows: Map<number, { requests: number; borrowed: number; sampled: number }>;
}

const windowMs = 10_000;
const windowsMax = 360;
const clientsMax = 10_000;

/** What SDKs reported for the rules of one account and region: in memory, because a lost hour of it harms nobody. */
export class SamplingStatistics {
  private readonly rules = new Map<string, RuleStatistics>();

  /** Counts a report and answers the client's part of the reservoir. */
  report(report: Report, reservoirSize: number, nowMs: number): number {
    const rule = this.rules.get(report.ruleName) ?? { clients: new Map(), windows: new Map() };
    this.rules.set(report.ruleName, rule);
    for (const [clientId, seenMs] of rule.clients) if (nowMs - seenMs > clientTtlMs) rule.clients.delete(clientId);
    if (rule.clients.size < clientsMax || rule.clients.has(report.clientId)) rule.clients.set(report.clientId, nowMs);
    const at = Math.floor(nowMs / windowMs) * windowMs;
    const window = rule.windows.get(at) ?? { requests: 0, borrowed: 0, sampled: 0 };
    rule.windows.set(at, window);
    window.requests += report.requests;
    window.borrowed += report.borrowed;
    window.sampled += report.sampled;
    if (rule.windows.size > windowsMax) rule.windows.delete(rule.windows.keys().next().value!);
    const turn = Math.floor(nowMs / windowMs);
    return shareReservoir(reservoirSize, [...rule.clients.keys()], turn).get(report.clientId) ?? 0;
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
