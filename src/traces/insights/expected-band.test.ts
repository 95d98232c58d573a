import fc from 'fast-check';
import { expect, test } from 'vitest';
import { detectAnomaly, judgeMinute, type MinuteVerdict } from './detect-anomaly.ts';
import { expectedRates, faultCountBand, type RequestCount } from './expected-band.ts';
import { addMinutes, judgeNode } from './judge-node.ts';
import { minuteMs, type NodeMinute } from './node-history.ts';

const counts = fc
  .tuple(fc.integer({ min: 0, max: 100_000 }), fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([requests, share]): RequestCount => ({ requests, faults: Math.round(requests * share) }));
const days = fc.array(counts, { maxLength: 7 });

test('a band lies within what can happen, and what is expected lies within the band', () => {
  fc.assert(
    fc.property(
      days,
      fc.array(counts, { maxLength: 60 }),
      fc.integer({ min: 0, max: 100_000 }),
      (earlier, recent, n) => {
        const rates = expectedRates(earlier, recent);
        const { low, high } = faultCountBand(n, rates);
        expect(rates.lower).toBeGreaterThanOrEqual(0);
        expect(rates.upper).toBeLessThanOrEqual(1);
        expect(rates.lower).toBeLessThan(rates.upper);
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(n);
        expect(low).toBeLessThanOrEqual(high);
      },
    ),
  );
});

test('the order of days and minutes does not matter, and more of the same narrows the band', () => {
  fc.assert(
    fc.property(days, fc.array(counts, { maxLength: 60 }), (earlier, recent) => {
      expect(expectedRates(earlier.toReversed(), recent.toReversed())).toEqual(expectedRates(earlier, recent));
    }),
  );
  const width = (minutes: number) => {
    const { lower, upper } = expectedRates([], Array(minutes).fill({ requests: 100, faults: 2 }));
    return upper - lower;
  };
  expect(width(60)).toBeLessThan(width(10));
});

test('one bad day among others teaches nothing; the same time of most days does', () => {
  const quiet = { requests: 2000, faults: 2 };
  const bad = { requests: 2000, faults: 1500 };
  const calm = expectedRates([quiet, quiet, quiet, quiet, quiet], []);
  expect(expectedRates([quiet, bad, quiet, quiet, quiet], [])).toEqual(calm);
  expect(expectedRates([bad, bad, bad, bad, quiet], [quiet])).toMatchObject({ basis: 'seasonal' });
  expect(expectedRates([bad, bad, bad, bad, quiet], [quiet]).upper).toBeGreaterThan(0.7);
  expect(expectedRates([bad, bad], [quiet])).toMatchObject({ basis: 'recent' });
  expect(expectedRates([], [])).toMatchObject({ basis: 'none' });
});

test('a few requests never leave a band, whatever becomes of them', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 9 }), fc.nat(9), (requests, faults) => {
      const rates = expectedRates([], Array(60).fill({ requests: 500, faults: 0 }));
      expect(judgeMinute({ requests, faults: Math.min(requests, faults) }, rates)).not.toBe('outside');
    }),
  );
});

const verdict = fc.constantFrom<MinuteVerdict>('inside', 'outside', 'unknown');

test('a node becomes anomalous by three minutes of five and never by fewer', () => {
  fc.assert(
    fc.property(fc.array(verdict, { maxLength: 60 }), (verdicts) => {
      const outside = verdicts.slice(-5).filter((one) => one === 'outside').length;
      expect(detectAnomaly(verdicts, false) === 'anomalous').toBe(outside >= 3);
    }),
  );
});

test('an anomaly ends with five good minutes, or with half an hour of silence', () => {
  const bad: MinuteVerdict[] = ['outside', 'outside', 'outside'];
  const good = (n: number): MinuteVerdict[] => Array(n).fill('inside');
  const silent = (n: number): MinuteVerdict[] => Array(n).fill('unknown');
  expect(detectAnomaly([...bad, ...good(4)], true)).toBe('anomalous');
  expect(detectAnomaly([...bad, ...good(5)], true)).toBe('back');
  expect(detectAnomaly([...bad, ...good(4), 'outside', ...good(4)], true)).toBe('anomalous');
  expect(detectAnomaly([...bad, ...silent(29)], true)).toBe('anomalous');
  expect(detectAnomaly([...bad, ...silent(30)], true)).toBe('back');
});

/** A generator whose numbers are the same in every run. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

test('a service that fails as usual opens nothing in a day, however often that is', () => {
  for (const [index, [rate, perMinute]] of [
    [0, 500],
    [0.001, 2000],
    [0.02, 60],
    [0.05, 300],
    [0.3, 40],
    [0.5, 12],
  ].entries()) {
    const random = seeded(index + 1);
    const history = new Map<number, NodeMinute>();
    let opened = 0;
    for (let minute = 0; minute < 1440; minute += 1) {
      const faults = Array.from({ length: perMinute! }, random).filter((value) => value < rate!).length;
      addMinutes(history, new Map([[minute * minuteMs, { requests: perMinute!, faults }]]));
      // A service that fails often is strange until that has been so for six hours.
      if (minute > (rate! > 0.05 ? 480 : 90) && judgeNode(history, minute * minuteMs, false).state === 'anomalous')
        opened += 1;
    }
    expect({ rate, opened }).toEqual({ rate, opened: 0 });
  }
});

test('a service that begins to fail is found within five minutes, and is back five minutes after', () => {
  const random = seeded(7);
  const history = new Map<number, NodeMinute>();
  const add = (minute: number, rate: number) => {
    const faults = Array.from({ length: 240 }, random).filter((value) => value < rate).length;
    addMinutes(history, new Map([[minute * minuteMs, { requests: 240, faults }]]));
  };
  for (let minute = 0; minute < 20; minute += 1) add(minute, 0.01);
  let opened = 0;
  for (let minute = 20; minute < 60; minute += 1) {
    add(minute, 0.4);
    if (!opened && judgeNode(history, minute * minuteMs, false).state === 'anomalous') opened = minute;
  }
  expect(opened).toBe(22);
  expect(judgeNode(history, 59 * minuteMs, true)).toMatchObject({ state: 'anomalous', lastMs: 59 * minuteMs });
  for (let minute = 60; minute < 65; minute += 1) add(minute, 0.01);
  expect(judgeNode(history, 63 * minuteMs, true).state).toBe('anomalous');
  expect(judgeNode(history, 64 * minuteMs, true)).toMatchObject({ state: 'back', lastMs: 59 * minuteMs });
});
