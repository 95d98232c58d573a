import { expect, test } from 'vitest';
import { judgeMinute } from './detect-anomaly.ts';
import { historyRanges, minuteMs, type NodeMinute, ratesAt } from './node-history.ts';

const dayMinutes = 1440;
const now = 20 * dayMinutes;
const fill = (history: Map<number, NodeMinute>, from: number, to: number, faults: number, isOutside = false) => {
  for (let minute = from; minute < to; minute += 1)
    history.set(minute * minuteMs, { requests: 100, faults, isOutside });
};
const verdictAt = (history: Map<number, NodeMinute>, minute: number, faults: number) =>
  judgeMinute({ requests: 100, faults }, ratesAt(history, minute * minuteMs));

test('what fails at the same time every day is usual then, and at no other time', () => {
  const history = new Map<number, NodeMinute>();
  for (let day = 1; day <= 7; day += 1) {
    fill(history, now - day * dayMinutes - 120, now - day * dayMinutes + 240, 0);
    // A job of the night: a third of the requests fail for half an hour. It was outside its band when it was new.
    fill(history, now - day * dayMinutes - 10, now - day * dayMinutes + 20, 33, day === 7);
  }
  fill(history, now - 360, now, 0);
  expect(ratesAt(history, now * minuteMs).basis).toBe('seasonal');
  expect(verdictAt(history, now, 33)).toBe('inside');
  expect(verdictAt(history, now, 70)).toBe('outside');
  expect(verdictAt(history, now + 120, 33)).toBe('outside');
});

test('an incident does not become its own yardstick, unless it has lasted for six hours', () => {
  const history = new Map<number, NodeMinute>();
  fill(history, now - 100, now - 60, 1);
  fill(history, now - 60, now, 50, true);
  expect(verdictAt(history, now, 50)).toBe('outside');
  expect(ratesAt(history, now * minuteMs).upper).toBeLessThan(0.05);
  const lasting = new Map<number, NodeMinute>();
  fill(lasting, now - 390, now, 50, true);
  expect(verdictAt(lasting, now, 50)).toBe('inside');
});

test('a single minute outside is learnt from, three of five are not', () => {
  const learnt = (isOutside: (minute: number) => boolean) => {
    const history = new Map<number, NodeMinute>();
    for (let minute = now - 70; minute < now; minute += 1) {
      history.set(minute * minuteMs, {
        requests: 100,
        faults: isOutside(minute) ? 90 : 0,
        isOutside: isOutside(minute),
      });
    }
    return ratesAt(history, now * minuteMs).upper;
  };
  const quiet = learnt(() => false);
  expect(learnt((minute) => minute === now - 30)).toBeGreaterThan(quiet);
  expect(learnt((minute) => minute >= now - 30 && minute < now - 26)).toBeCloseTo(quiet, 4);
});

test('all that decides lies in the ranges that are read', () => {
  const ranges = historyRanges(now * minuteMs, (now + 3) * minuteMs);
  const history = new Map<number, NodeMinute>();
  fill(history, now - 8 * dayMinutes, now + 3, 0);
  for (let minute = now - 8 * dayMinutes; minute < now + 3; minute += 7) fill(history, minute, minute + 1, 40);
  const read = new Map([...history].filter(([at]) => ranges.some(({ fromMs, toMs }) => at >= fromMs && at < toMs)));
  expect(read.size).toBeLessThan(history.size / 4);
  for (const at of [now, now + 2]) expect(ratesAt(read, at * minuteMs)).toEqual(ratesAt(history, at * minuteMs));
});
