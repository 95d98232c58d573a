import type { TimeRange } from '../graph/graph-sql.ts';

export const minuteMs = 60_000;
export const hourMs = 3_600_000;

/** When something arrived for a minute that is not counted yet. Epoch milliseconds of the store's clock. */
export interface Arrivals {
  readonly firstMs: number;
  readonly lastMs: number;
}

/** Minutes (by their start) that have to be counted, or counted anew. */
export type PendingMinutes = ReadonlyMap<number, Arrivals>;

export interface SettlePolicy {
  /** A minute is counted when nothing has arrived for it for this long. */
  readonly quietMs: number;
  /** And at the latest this long after the first arrival, however many follow. */
  readonly waitMsMax: number;
  /** A row may be found this much later than the time that it was stored at says. */
  readonly marginMs: number;
}

export const defaultPolicy: SettlePolicy = { quietMs: 60_000, waitMsMax: 300_000, marginMs: 20_000 };

/** Adds arrivals to what is pending, unless the minute was counted with them in. */
export function addArrivals(
  pending: Map<number, Arrivals>,
  minute: number,
  arrivals: Arrivals,
  countedAsOfMs: number | undefined,
): void {
  if (countedAsOfMs !== undefined && arrivals.lastMs <= countedAsOfMs) return;
  const known = pending.get(minute);
  pending.set(minute, {
    firstMs: Math.min(known?.firstMs ?? arrivals.firstMs, arrivals.firstMs),
    lastMs: Math.max(known?.lastMs ?? arrivals.lastMs, arrivals.lastMs),
  });
}

/** Which minutes can be counted now, newest first. */
export function chooseDue(pending: PendingMinutes, nowMs: number, policy: SettlePolicy): number[] {
  const isDue = ({ firstMs, lastMs }: Arrivals) =>
    lastMs <= nowMs - policy.quietMs || firstMs <= nowMs - policy.waitMsMax;
  return [...pending]
    .filter(([minute, arrivals]) => isDue(arrivals) && minute + minuteMs <= nowMs)
    .map(([minute]) => minute)
    .sort((a, b) => b - a);
}

/** Neighbouring minutes together, no run longer than what is left of its hour; in the order of their first. */
export function toRuns(minutes: readonly number[]): TimeRange[] {
  const runs: { startMs: number; endMs: number }[] = [];
  for (const minute of [...minutes].sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last && last.endMs === minute && minute % hourMs !== 0) last.endMs += minuteMs;
    else runs.push({ startMs: minute, endMs: minute + minuteMs });
  }
  return runs;
}

/** Cuts a run where it would hold more than `rowsMax` rows; a single minute may. */
export function cutRun(run: TimeRange, rowsByMinute: ReadonlyMap<number, number>, rowsMax: number): TimeRange[] {
  const parts: { startMs: number; endMs: number; rows: number }[] = [];
  for (let minute = run.startMs; minute < run.endMs; minute += minuteMs) {
    const rows = rowsByMinute.get(minute) ?? 0;
    const last = parts.at(-1);
    if (last && last.rows + rows <= rowsMax) {
      last.endMs += minuteMs;
      last.rows += rows;
    } else parts.push({ startMs: minute, endMs: minute + minuteMs, rows });
  }
  return parts;
}
