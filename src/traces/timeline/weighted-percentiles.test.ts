import fc from 'fast-check';
import { expect, test } from 'vitest';
import { weightedPercentiles } from './weighted-percentiles.ts';

test('a value counts as often as its weight says', () => {
  const steps = weightedPercentiles([
    { value: 30, weight: 1 },
    { value: 10, weight: 8 },
    { value: 20, weight: 1 },
  ]);
  expect(steps).toHaveLength(101);
  expect([steps[0], steps[50], steps[80], steps[81], steps[90], steps[91], steps[100]]).toEqual([
    10, 10, 10, 20, 20, 30, 30,
  ]);
  expect(weightedPercentiles([])).toEqual([]);
});

test('percentiles rise from the least to the greatest value, whatever the weights', () => {
  const weighted = fc.record({ value: fc.nat(1e6), weight: fc.double({ min: 1e-3, max: 1e3, noNaN: true }) });
  fc.assert(
    fc.property(fc.array(weighted, { minLength: 1, maxLength: 50 }), (values) => {
      const steps = weightedPercentiles(values);
      expect(steps).toHaveLength(101);
      expect(steps).toEqual([...steps].sort((a, b) => a - b));
      expect(steps[0]).toBe(Math.min(...values.map(({ value }) => value)));
      expect(steps[100]).toBe(Math.max(...values.map(({ value }) => value)));
    }),
  );
});
