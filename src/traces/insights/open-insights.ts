import type { Impact, InsightRecord, NodeId } from './model.ts';

/** An incident that goes on at a moment, as one sentence needs it. */
export interface OpenInsight {
  readonly id: string;
  readonly rootCause: NodeId;
  readonly startedAt: Date;
  /** Since then: requests of clients that lead to the root cause, and its own. */
  readonly clientImpact: Impact;
  readonly rootCauseImpact: Impact;
}

/** Insights that are open at a moment, oldest first. Of one root cause in several groups, the group Default tells. */
export function openAt(insights: readonly InsightRecord[], atMs: number): OpenInsight[] {
  const open = insights
    .filter(({ startMs, endMs }) => startMs <= atMs && (endMs === undefined || endMs > atMs))
    .toSorted((a, b) => rank(a) - rank(b) || a.startMs - b.startMs || (a.id < b.id ? -1 : 1));
  const byCause = new Map<string, InsightRecord>();
  for (const insight of open) {
    const cause = JSON.stringify([insight.rootCause.name, insight.rootCause.type]);
    if (!byCause.has(cause)) byCause.set(cause, insight);
  }
  return [...byCause.values()]
    .toSorted((a, b) => a.startMs - b.startMs || (a.id < b.id ? -1 : 1))
    .map(({ id, rootCause, startMs, clientImpact, rootCauseImpact }) => ({
      id,
      rootCause,
      startedAt: new Date(startMs),
      clientImpact,
      rootCauseImpact,
    }));
}

const rank = ({ groupName }: InsightRecord): number => (groupName === 'Default' ? 0 : 1);
