import type { Metric } from '../../api/cloudwatch.ts';

/** A metric as one text, for URLs: namespace, name, then dimensions in order of their names. */
export function metricKey(metric: Metric): string {
  const dimensions = [...(metric.Dimensions ?? [])].sort((a, b) => (a.Name < b.Name ? -1 : 1));
  return JSON.stringify([metric.Namespace, metric.MetricName, ...dimensions.map((one) => [one.Name, one.Value])]);
}

/** The metrics that a URL names; what cannot be read is left out. */
export function parseMetricKeys(text: string | undefined): Metric[] {
  const list = parse(text ?? '[]');
  if (!Array.isArray(list)) return [];
  return list.flatMap((item): Metric[] => {
    const key = typeof item === 'string' ? parse(item) : undefined;
    if (!Array.isArray(key)) return [];
    const [Namespace, MetricName, ...pairs] = key;
    if (typeof Namespace !== 'string' || typeof MetricName !== 'string') return [];
    const Dimensions = pairs.flatMap((pair) =>
      Array.isArray(pair) && typeof pair[0] === 'string' && typeof pair[1] === 'string'
        ? [{ Name: pair[0], Value: pair[1] }]
        : [],
    );
    return [{ Namespace, MetricName, Dimensions }];
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
