import type { TraceSummary } from '../../api/xray.ts';

/** What a sender has been told is stored is found by a query after at most this long. */
const visibleAfterMs = 2000;
/** A trace that has been in progress for so long will not be finished: its sender is gone. */
const abandonedAfterMs = 10 * 60_000;

/**
 * The moment before which every listed trace is whole: nothing that was stored is missing, and nothing that began before
 * it is still in progress.
 */
export function completeUpTo(
  traces: readonly TraceSummary[],
  readAtMs: number,
  rangeEndMs: number,
): { atMs: number; inProgress: number } {
  const open = traces
    .filter((trace) => trace.IsPartial)
    .map((trace) => (trace.StartTime ?? 0) * 1000)
    .filter((startMs) => startMs > readAtMs - abandonedAfterMs);
  return { atMs: Math.min(rangeEndMs, readAtMs - visibleAfterMs, ...open), inProgress: open.length };
}
