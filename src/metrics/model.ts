import type { Dimension } from '@aws-sdk/client-cloudwatch';
import type { AccountRegion } from '../wire/aws/call-context.ts';
import type { MetricDatum } from './index.ts';

/** A row of `metric_data`. */
export interface MetricRow {
  readonly account: string;
  readonly region: string;
  readonly namespace: string;
  readonly name: string;
  /** Canonical text of the dimensions: `[["Name","value"],...]`, sorted by name. */
  readonly dimensions: string;
  readonly timestamp: number;
  readonly unit: string;
  readonly resolution: number;
  readonly sample_count: number;
  readonly sum: number;
  readonly minimum: number;
  readonly maximum: number;
  /** Values with their counts; empty where only a statistic set is known. */
  readonly value_list: readonly number[];
  readonly count_list: readonly number[];
}

/** What one period of one metric holds. */
export interface Aggregate {
  readonly sampleCount: number;
  readonly sum: number;
  readonly minimum: number;
  readonly maximum: number;
  /** Ascending, with counts; they cover all samples or percentiles do not exist. */
  readonly values: readonly number[];
  readonly counts: readonly number[];
  /** Of the data; of any of them when they differ. */
  readonly unit?: string;
}

/** Name of one metric within an account and region. */
export interface MetricIdentity {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** The same text for the same set of dimensions, whatever their order. */
export const dimensionsText = (dimensions: Readonly<Record<string, string>>): string =>
  JSON.stringify(Object.entries(dimensions).sort(([left], [right]) => (left < right ? -1 : 1)));

export const dimensionsOfText = (text: string): Record<string, string> =>
  Object.fromEntries(JSON.parse(text) as [string, string][]);

export const dimensionsOfList = (list: readonly Dimension[] | undefined): Record<string, string> =>
  Object.fromEntries((list ?? []).map((dimension) => [dimension.Name ?? '', dimension.Value ?? '']));

export const dimensionList = (dimensions: Readonly<Record<string, string>>): Dimension[] =>
  Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));

/** Rows to store for one datum. */
export function toMetricRow(scope: AccountRegion, namespace: string, datum: MetricDatum): MetricRow {
  return {
    account: scope.account,
    region: scope.region,
    namespace,
    name: datum.name,
    dimensions: dimensionsText(datum.dimensions),
    timestamp: Math.floor(datum.timestampMs),
    unit: datum.unit ?? 'None',
    resolution: datum.storageResolutionSeconds ?? 60,
    ...statisticColumns(datum),
  };
}

type StatisticColumns = Pick<MetricRow, 'sample_count' | 'sum' | 'minimum' | 'maximum' | 'value_list' | 'count_list'>;

function statisticColumns(datum: MetricDatum): StatisticColumns {
  const set = datum.statistics;
  if (set) {
    // All samples are equal, so the one value is known.
    const known = set.minimum === set.maximum && set.sampleCount > 0;
    return {
      sample_count: set.sampleCount,
      sum: set.sum,
      minimum: set.minimum,
      maximum: set.maximum,
      value_list: known ? [set.minimum] : [],
      count_list: known ? [set.sampleCount] : [],
    };
  }
  const values = datum.values ?? (datum.value === undefined ? [] : [datum.value]);
  const counts = values.map((_, index) => datum.counts?.[index] ?? 1);
  return {
    sample_count: counts.reduce((sum, count) => sum + count, 0),
    sum: values.reduce((sum, value, index) => sum + value * counts[index]!, 0),
    minimum: values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY),
    maximum: values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY),
    value_list: values,
    count_list: counts,
  };
}
