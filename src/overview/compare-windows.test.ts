import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type Bucket,
  compareLatency,
  compareShares,
  fisherTest,
  overallChange,
  quantileOf,
  rankTest,
} from './compare-windows.ts';

const histogram = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 200 })), { minLength: 1, maxLength: 20 })
  .map((pairs): Bucket[] => pairs.map(([ms, Count]) => ({ Value: ms / 1000, Count })));
const sampleOf = (buckets: readonly Bucket[]) => ({
  total: buckets.reduce((sum, { Count }) => sum + Count, 0),
  histogram: buckets,
});
const window = fc
  .tuple(fc.integer({ min: 30, max: 5000 }), fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([total, share]) => ({
    total,
    count: Math.floor(total * share),
  }));

test('nothing has changed where both windows are the same', () => {
  fc.assert(
    fc.property(histogram, (buckets) => {
      expect(rankTest(buckets, buckets)).toBeCloseTo(1, 6);
      expect(['same', 'unknown']).toContain(compareLatency(sampleOf(buckets), sampleOf(buckets)).change);
    }),
  );
  fc.assert(
    fc.property(window, (one) => {
      expect(fisherTest(one, one)).toBeCloseTo(1, 5);
      expect(compareShares(one, one)).toMatchObject({ change: 'same', delta: 0 });
    }),
  );
});

test('before and after are told apart: the other way round is the other change', () => {
  const opposite = { worse: 'better', better: 'worse', same: 'same', unknown: 'unknown' } as const;
  fc.assert(
    fc.property(window, window, (one, other) => {
      const there = compareShares(one, other);
      const back = compareShares(other, one);
      expect(back.change).toBe(opposite[there.change]);
      expect(back.pValue).toBeCloseTo(there.pValue!, 6);
      expect(there.pValue).toBeGreaterThanOrEqual(0);
      expect(there.pValue).toBeLessThanOrEqual(1);
    }),
  );
  fc.assert(
    fc.property(histogram, histogram, (one, other) => {
      expect(rankTest(other, one)).toBeCloseTo(rankTest(one, other), 9);
    }),
  );
});

test('how many standard tables agree', () => {
  // Fisher's tea test, and a table of R's fisher.test.
  expect(fisherTest({ total: 4, count: 3 }, { total: 4, count: 1 })).toBeCloseTo(0.4857, 4);
  expect(fisherTest({ total: 20, count: 1 }, { total: 20, count: 9 })).toBeCloseTo(0.0084, 3);
});

test('a few requests say nothing, and chance is not taken for change', () => {
  expect(compareShares({ total: 29, count: 0 }, { total: 1000, count: 1000 }).change).toBe('unknown');
  expect(compareShares({ total: 100, count: 1 }, { total: 100, count: 4 }).change).toBe('same');
  expect(compareShares({ total: 1000, count: 1 }, { total: 1000, count: 60 }).change).toBe('worse');
  // Certain, and too small to matter.
  expect(compareShares({ total: 1e6, count: 1000 }, { total: 1e6, count: 1500 }).change).toBe('same');
});

test('slower is slower in the median or in the tail', () => {
  const usual: Bucket[] = [
    { Value: 0.01, Count: 900 },
    { Value: 0.05, Count: 100 },
  ];
  expect(compareLatency(sampleOf(usual), sampleOf([{ Value: 5.01, Count: 400 }])).change).toBe('worse');
  expect(compareLatency(sampleOf([{ Value: 5.01, Count: 400 }]), sampleOf(usual)).change).toBe('better');
  const tail: Bucket[] = [
    { Value: 0.01, Count: 850 },
    { Value: 3, Count: 150 },
  ];
  expect(compareLatency(sampleOf(usual), sampleOf(tail))).toMatchObject({ change: 'worse', delta: 2.95 });
  const shifted = usual.map(({ Value, Count }) => ({ Value: Value + 0.001, Count }));
  expect(compareLatency(sampleOf(usual), sampleOf(shifted)).change).toBe('same');
});

test('the worst decides', () => {
  expect(overallChange(['same', 'worse', 'better'])).toBe('worse');
  expect(overallChange(['unknown', 'better', 'same'])).toBe('better');
  expect(overallChange(['unknown', 'unknown'])).toBe('unknown');
  expect(quantileOf([], 0.5)).toBeUndefined();
});
