import type { TimeRange } from '../graph/graph-sql.ts';
import { hourMs, minuteMs } from './plan-settling.ts';

/** Where a range is read from: each moment of it from exactly one. */
export interface ReadingPlan {
  readonly hours: readonly TimeRange[];
  readonly minutes: readonly TimeRange[];
  readonly live: readonly TimeRange[];
}

/** More pieces than this are read with what lies between them. */
const liveRangesMax = 30;

/**
 * Splits a range into settled hours, settled minutes, and the rest, which is counted from what was stored: minutes that
 * are not settled, and what is cut off at both ends. `settledHours` and `openMinutes` are starts in epoch milliseconds.
 */
export function planReading(
  range: TimeRange,
  settledHours: ReadonlySet<number>,
  openMinutes: Iterable<number>,
): ReadingPlan {
  const first = Math.ceil(range.startMs / minuteMs) * minuteMs;
  const last = Math.floor(range.endMs / minuteMs) * minuteMs;
  if (first >= last) return { hours: [], minutes: [], live: range.startMs < range.endMs ? [range] : [] };
  const open = [...openMinutes]
    .filter((minute) => minute >= first && minute < last)
    .map((minute) => ({ startMs: minute, endMs: minute + minuteMs }));
  const ends = [
    { startMs: range.startMs, endMs: first },
    { startMs: last, endMs: range.endMs },
  ].filter(({ startMs, endMs }) => startMs < endMs);
  const live = joinNearest(joinTouching([...open, ...ends]), liveRangesMax);
  const hours: TimeRange[] = [];
  const minutes: TimeRange[] = [];
  for (const gap of gapsBetween(range, live)) {
    const firstHour = Math.ceil(gap.startMs / hourMs) * hourMs;
    let rest = gap.startMs;
    for (let hour = firstHour; hour + hourMs <= gap.endMs; hour += hourMs) {
      if (!settledHours.has(hour)) continue;
      if (rest < hour) minutes.push({ startMs: rest, endMs: hour });
      hours.push({ startMs: hour, endMs: hour + hourMs });
      rest = hour + hourMs;
    }
    if (rest < gap.endMs) minutes.push({ startMs: rest, endMs: gap.endMs });
  }
  return { hours: joinTouching(hours), minutes, live };
}

function joinTouching(ranges: readonly TimeRange[]): TimeRange[] {
  const joined: { startMs: number; endMs: number }[] = [];
  for (const { startMs, endMs } of [...ranges].sort((a, b) => a.startMs - b.startMs)) {
    const last = joined.at(-1);
    if (last && startMs <= last.endMs) last.endMs = Math.max(last.endMs, endMs);
    else joined.push({ startMs, endMs });
  }
  return joined;
}

/** Joins over the shortest gaps until few enough are left. */
function joinNearest(ranges: readonly TimeRange[], max: number): TimeRange[] {
  if (ranges.length <= max) return [...ranges];
  const gaps = ranges.slice(1).map((range, index) => range.startMs - ranges[index]!.endMs);
  const longest = [...gaps].sort((a, b) => b - a)[max - 2]!;
  let kept = max - 1;
  const joined: { startMs: number; endMs: number }[] = [{ ...ranges[0]! }];
  for (const [index, gap] of gaps.entries()) {
    const next = ranges[index + 1]!;
    if (gap >= longest && kept > 0) {
      kept -= 1;
      joined.push({ ...next });
    } else joined.at(-1)!.endMs = next.endMs;
  }
  return joined;
}

function gapsBetween(range: TimeRange, taken: readonly TimeRange[]): TimeRange[] {
  const gaps: TimeRange[] = [];
  let from = range.startMs;
  for (const { startMs, endMs } of taken) {
    if (from < startMs) gaps.push({ startMs: from, endMs: startMs });
    from = endMs;
  }
  if (from < range.endMs) gaps.push({ startMs: from, endMs: range.endMs });
  return gaps;
}
