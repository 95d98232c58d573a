import fc from 'fast-check';
import { expect, it } from 'vitest';
import { metricKey, parseMetricKeys } from './metric-key.ts';

it('a metric comes back from its key, whatever its names contain', () => {
  const dimension = fc.record({ Name: fc.string({ minLength: 1 }), Value: fc.string() });
  const metric = fc.record({
    Namespace: fc.string(),
    MetricName: fc.string(),
    Dimensions: fc.uniqueArray(dimension, { selector: (one) => one.Name, maxLength: 4 }),
  });
  fc.assert(
    fc.property(fc.array(metric, { maxLength: 4 }), (metrics) => {
      const keys = metrics.map(metricKey);
      expect(parseMetricKeys(JSON.stringify(keys)).map(metricKey)).toEqual(keys);
    }),
  );
});

it('a broken URL selects nothing', () => {
  for (const text of [undefined, '', '{', '3', '["x","[1]"]']) expect(parseMetricKeys(text)).toEqual([]);
});
