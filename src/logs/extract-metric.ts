import type { MetricDatum } from '../metrics/index.ts';
import type { FilterPattern } from './filter/filter-pattern.ts';
import type { LogEvent } from './index.ts';
import type { MetricTransformation } from './model.ts';

export interface ExtractedMetrics {
  readonly matched: boolean;
  readonly data: MetricDatum[];
}

/** The data that a metric filter makes of events: one for each match that has the value and every dimension. */
export function extractMetrics(
  pattern: FilterPattern,
  transformation: MetricTransformation,
  events: readonly LogEvent[],
): ExtractedMetrics {
  let matched = false;
  const data: MetricDatum[] = [];
  for (const { message, timestampMs } of events) {
    const match = pattern.match(message);
    if (!match) continue;
    matched = true;
    const { metricValue } = transformation;
    const text = metricValue.startsWith('$') ? match.valueOf(metricValue) : metricValue;
    const value = text === undefined || text.trim() === '' ? Number.NaN : Number(text);
    const dimensions = Object.entries(transformation.dimensions ?? {}).map(
      ([name, selector]) => [name, match.valueOf(selector)] as const,
    );
    const isComplete = dimensions.every((entry): entry is readonly [string, string] => Boolean(entry[1]));
    if (!Number.isFinite(value) || !isComplete) continue;
    data.push({
      name: transformation.metricName,
      dimensions: Object.fromEntries(dimensions as [string, string][]),
      timestampMs,
      value,
      unit: transformation.unit ?? 'None',
    });
  }
  return { matched, data };
}
