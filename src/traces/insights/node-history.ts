import { opensAfter } from './detect-anomaly.ts';
import { type ExpectedRates, expectedRates, type RequestCount, sum } from './expected-band.ts';

export interface NodeMinute extends RequestCount {
  readonly isOutside: boolean;
}

/** Minutes of one node by their start in epoch milliseconds. */
export type NodeHistory = ReadonlyMap<number, NodeMinute>;

export const minuteMs = 60_000;
const dayMs = 86_400_000;
const recentMinutes = 60;
/** How far back recent minutes are looked for, and how many of them are enough. */
const rememberedMinutes = 360;
const usualMinutesMin = 5;
const knownWithinMinutes = 30;
/** The minutes under judgement do not tell what is usual. */
const judgedMinutes = 5;
const earlierDays = 7;
const aroundMinutes = 10;

/**
 * The rates to expect of a node in the minute that begins at `atMs`. Of earlier days, the minutes from ten before to ten
 * after. Recent are the newest sixty minutes of six hours before the last five, without those of an anomaly: it must not
 * become its own yardstick. What has been so for six hours without a pause is taken for usual.
 */
export function ratesAt(history: NodeHistory, atMs: number): ExpectedRates {
  const days: RequestCount[] = [];
  for (let day = 1; day <= earlierDays; day += 1) {
    const around: NodeMinute[] = [];
    for (let offset = -aroundMinutes; offset <= aroundMinutes; offset += 1) {
      const minute = history.get(atMs - day * dayMs + offset * minuteMs);
      if (minute) around.push(minute);
    }
    days.push(sum(around));
  }
  return expectedRates(days, recentOf(history, atMs));
}

function recentOf(history: NodeHistory, atMs: number): NodeMinute[] {
  const usual: NodeMinute[] = [];
  const all: NodeMinute[] = [];
  for (let back = judgedMinutes; back < rememberedMinutes && usual.length < recentMinutes; back += 1) {
    const minute = history.get(atMs - back * minuteMs);
    if (!minute) continue;
    if (all.length < recentMinutes) all.push(minute);
    if (!isOfAnomaly(history, atMs - back * minuteMs)) usual.push(minute);
  }
  return usual.length < usualMinutesMin && isKnownSince(history, atMs - rememberedMinutes * minuteMs) ? all : usual;
}

/** Outside, and one of three within five minutes: a single bad minute is a part of life and is learnt from. */
function isOfAnomaly(history: NodeHistory, atMs: number): boolean {
  if (!history.get(atMs)?.isOutside) return false;
  const { outside, of } = opensAfter;
  for (let first = 1 - of; first <= 0; first += 1) {
    let found = 0;
    for (let offset = first; offset < first + of; offset += 1) {
      if (history.get(atMs + offset * minuteMs)?.isOutside) found += 1;
    }
    if (found >= outside) return true;
  }
  return false;
}

function isKnownSince(history: NodeHistory, atMs: number): boolean {
  for (let back = 0; back < knownWithinMinutes; back += 1) if (history.has(atMs - back * minuteMs)) return true;
  return false;
}

/** The ranges, in epoch milliseconds, that `ratesAt` looks at for minutes from `fromMs` up to `toMs`. */
export function historyRanges(fromMs: number, toMs: number): { fromMs: number; toMs: number }[] {
  const ranges = [{ fromMs: fromMs - (rememberedMinutes + knownWithinMinutes) * minuteMs, toMs }];
  for (let day = 1; day <= earlierDays; day += 1) {
    ranges.push({
      fromMs: fromMs - day * dayMs - aroundMinutes * minuteMs,
      toMs: toMs - day * dayMs + (aroundMinutes + 1) * minuteMs,
    });
  }
  return ranges;
}
