import fc from 'fast-check';
import { expect, test } from 'vitest';
import { computeStatistic, parseStatistic } from './compute-statistic.ts';
import type { Aggregate } from './model.ts';

const aggregateOf = (samples: readonly number[]): Aggregate => {
  const sorted = [...samples].sort((left, right) => left - right);
  return {
    sampleCount: sorted.length,
    sum: sorted.reduce((sum, value) => sum + value, 0),
    minimum: sorted[0] ?? 0,
    maximum: sorted.at(-1) ?? 0,
    values: sorted,
    counts: sorted.map(() => 1),
  };
};

const compute = (samples: readonly number[], name: string) =>
  computeStatistic(aggregateOf(samples), parseStatistic(name)!);
const hundred = Array.from({ length: 100 }, (_, index) => index + 1);

test('statistics of one to a hundred', () => {
  const expected = {
    Average: 50.5,
    Sum: 5050,
    SampleCount: 100,
    Minimum: 1,
    Maximum: 100,
    p0: 1,
    p50: 50,
    p99: 99,
    p100: 100,
    IQM: 50.5,
    tm90: 45.5,
    tc90: 90,
    ts90: 4095,
    wm90: 50 * 0 + 49.95,
  };
  for (const [name, value] of Object.entries(expected)) expect(compute(hundred, name), name).toBeCloseTo(value, 9);
  expect(compute(hundred, 'PR(0:10)')).toBe(10);
  expect(compute(hundred, 'TC(10:20)')).toBe(10);
  expect(compute(hundred, 'TM(25%:75%)')).toBe(50.5);
});

test('a mere statistic set has no percentiles, an empty period nothing', () => {
  const set: Aggregate = { sampleCount: 3, sum: 6, minimum: 1, maximum: 3, values: [], counts: [] };
  expect(computeStatistic(set, parseStatistic('p99')!)).toBeUndefined();
  expect(computeStatistic(set, parseStatistic('Average')!)).toBe(2);
  expect(compute([], 'Sum')).toBeUndefined();
});

test('names that are no statistics are refused', () => {
  for (const name of ['p101', 'average', 'TM(:)', 'PR(1%:2%)', '', 'p', 'tm'])
    expect(parseStatistic(name), name).toBeUndefined();
  for (const name of ['p99.9', 'TM(:90%)', 'WM(10%:)', 'PR(:300)', 'tm99'])
    expect(parseStatistic(name), name).toBeDefined();
});

test('a percentile is one of the samples and grows with its percent', () => {
  const samples = fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 50 });
  fc.assert(
    fc.property(
      samples,
      fc.integer({ min: 0, max: 100 }),
      fc.integer({ min: 0, max: 100 }),
      (values, first, second) => {
        const low = compute(values, `p${Math.min(first, second)}`)!;
        const high = compute(values, `p${Math.max(first, second)}`)!;
        expect(values).toContain(low);
        expect(low).toBeLessThanOrEqual(high);
      },
    ),
  );
});
