import { detectAnomaly, judgeMinute, type MinuteVerdict, opensAfter, verdictMinutes } from './detect-anomaly.ts';
import { faultCountBand, type RequestCount } from './expected-band.ts';
import { minuteMs, type NodeMinute, ratesAt } from './node-history.ts';

/** What is found of one node; times are epoch milliseconds. */
export interface NodeJudgement {
  readonly state: 'well' | 'anomalous' | 'back';
  /** First and last minute outside of what is going on, or of what has just ended. */
  readonly firstMs: number;
  readonly lastMs: number;
  readonly excess: number;
}

/** Adds minutes to a history, oldest first, and decides of each whether it is outside the node's band. */
export function addMinutes(history: Map<number, NodeMinute>, minutes: ReadonlyMap<number, RequestCount>): void {
  for (const [atMs, counts] of [...minutes].sort(([a], [b]) => a - b)) {
    const isOutside = judgeMinute(counts, ratesAt(history, atMs)) === 'outside';
    history.set(atMs, { requests: counts.requests, faults: counts.faults, isOutside });
  }
}

/** Where a node stands at the end of the minute that begins at `lastMinuteMs`. */
export function judgeNode(
  history: ReadonlyMap<number, NodeMinute>,
  lastMinuteMs: number,
  wasAnomalous: boolean,
): NodeJudgement {
  const times = Array.from(
    { length: verdictMinutes },
    (_, index) => lastMinuteMs - (verdictMinutes - 1 - index) * minuteMs,
  );
  const verdicts = times.map((atMs) => verdictOf(history.get(atMs)));
  const outside = times.filter((_, index) => verdicts[index] === 'outside');
  const lastMs = outside.at(-1) ?? lastMinuteMs;
  return {
    state: detectAnomaly(verdicts, wasAnomalous),
    firstMs: beginningOf(outside),
    lastMs,
    excess: times.slice(-opensAfter.of).reduce((total, atMs) => total + excessOf(history, atMs), 0),
  };
}

/** What is kept of a minute is enough to say it again. */
function verdictOf(minute: NodeMinute | undefined): MinuteVerdict {
  if (!minute) return 'unknown';
  if (minute.isOutside) return 'outside';
  return judgeMinute(minute, { lower: 0, upper: 1, basis: 'none' });
}

/** The first of the newest run of minutes outside: gaps as short as the window that opens belong to it. */
function beginningOf(outside: readonly number[]): number {
  let first = outside.at(-1) ?? 0;
  for (const atMs of outside.toReversed()) {
    if (first - atMs > opensAfter.of * minuteMs) break;
    first = atMs;
  }
  return first;
}

function excessOf(history: ReadonlyMap<number, NodeMinute>, atMs: number): number {
  const minute = history.get(atMs);
  if (!minute?.isOutside) return 0;
  return Math.max(0, minute.faults - faultCountBand(minute.requests, ratesAt(history, atMs)).high);
}
