import type { TelemetryStore } from '../stores/telemetry/store.ts';
import type { AccountRegion } from '../wire/aws/call-context.ts';
import { type Aggregate, dimensionsOfText, dimensionsText, type MetricIdentity } from './model.ts';

export interface SeriesRequest extends MetricIdentity {
  readonly unit?: string;
}

export interface SeriesRange {
  readonly startMs: number;
  readonly endMs: number;
  readonly periodSeconds: number;
}

export interface ListFilter {
  readonly namespace?: string;
  readonly name?: string;
  /** All must be there; without a value any value will do. */
  readonly dimensions: readonly { readonly name: string; readonly value?: string }[];
  readonly sinceMs: number;
  readonly limit: number;
  /** The last metric of the page before. */
  readonly after?: { readonly namespace: string; readonly name: string; readonly dimensions: string };
}

interface BucketRow {
  namespace: string;
  name: string;
  dimensions: string;
  unit: string;
  bucket: string;
  samples: number;
  total: number;
  least: number;
  most: number;
  value_counts: [number[], number[]];
}

const bucketsSql = (withValues: boolean) => `
  SELECT namespace, name, dimensions, unit,
         intDiv(toUnixTimestamp64Milli(timestamp) - {start:Int64}, {period:Int64}) AS bucket,
         sum(sample_count) AS samples, sum(metric_data.sum) AS total,
         min(minimum) AS least, max(maximum) AS most,
         ${withValues ? 'sumMap(value_list, count_list)' : '([]::Array(Float64), []::Array(Float64))'} AS value_counts
  FROM metric_data
  WHERE account = {account:String} AND region = {region:String}
    AND namespace IN {namespaces:Array(String)} AND name IN {names:Array(String)}
    AND dimensions IN {dimensions:Array(String)}
    AND timestamp >= fromUnixTimestamp64Milli({start:Int64}) AND timestamp < fromUnixTimestamp64Milli({end:Int64})
  GROUP BY namespace, name, dimensions, unit, bucket`;

/** Periods with data, by start of the period, for each request in order. One query for all of them. */
export async function readSeries(
  telemetry: TelemetryStore,
  scope: AccountRegion,
  requests: readonly SeriesRequest[],
  range: SeriesRange,
  withValues: boolean,
): Promise<Map<number, Aggregate>[]> {
  if (requests.length === 0 || range.endMs <= range.startMs) return requests.map(() => new Map());
  const periodMs = range.periodSeconds * 1000;
  const rows = await telemetry.query<BucketRow>(bucketsSql(withValues), {
    account: scope.account,
    region: scope.region,
    namespaces: unique(requests.map((request) => request.namespace)),
    names: unique(requests.map((request) => request.name)),
    dimensions: unique(requests.map((request) => dimensionsText(request.dimensions))),
    start: range.startMs,
    end: range.endMs,
    period: periodMs,
  });
  const bySeries = new Map<string, BucketRow[]>();
  for (const row of rows) {
    const key = JSON.stringify([row.namespace, row.name, row.dimensions]);
    const list = bySeries.get(key);
    if (list) list.push(row);
    else bySeries.set(key, [row]);
  }
  return requests.map((request) => {
    const key = JSON.stringify([request.namespace, request.name, dimensionsText(request.dimensions)]);
    const own = (bySeries.get(key) ?? []).filter((row) => !request.unit || row.unit === request.unit);
    const periods = new Map<number, Aggregate>();
    for (const row of own) {
      const timestampMs = range.startMs + Number(row.bucket) * periodMs;
      const aggregate = toAggregate(row);
      const before = periods.get(timestampMs);
      periods.set(timestampMs, before ? mergeAggregates(before, aggregate) : aggregate);
    }
    return new Map([...periods].sort(([left], [right]) => left - right));
  });
}

const toAggregate = (row: BucketRow): Aggregate => ({
  sampleCount: row.samples,
  sum: row.total,
  minimum: row.least,
  maximum: row.most,
  values: row.value_counts[0],
  counts: row.value_counts[1],
  unit: row.unit,
});

function mergeAggregates(left: Aggregate, right: Aggregate): Aggregate {
  const counts = new Map(left.values.map((value, index) => [value, left.counts[index]!]));
  for (const [index, value] of right.values.entries()) {
    counts.set(value, (counts.get(value) ?? 0) + right.counts[index]!);
  }
  const sorted = [...counts].sort(([a], [b]) => a - b);
  return {
    sampleCount: left.sampleCount + right.sampleCount,
    sum: left.sum + right.sum,
    minimum: Math.min(left.minimum, right.minimum),
    maximum: Math.max(left.maximum, right.maximum),
    values: sorted.map(([value]) => value),
    counts: sorted.map(([, count]) => count),
    ...(left.unit === undefined ? {} : { unit: left.unit }),
  };
}

/** Metrics with data since a time, in a fixed order. */
export async function listMetricIdentities(
  telemetry: TelemetryStore,
  scope: AccountRegion,
  filter: ListFilter,
): Promise<MetricIdentity[]> {
  const conditions = ['account = {account:String}', 'region = {region:String}', 'timestamp >= {since:DateTime64(3)}'];
  const parameters: Record<string, string | number | Date | string[]> = {
    ...{ account: scope.account, region: scope.region },
    since: new Date(filter.sinceMs),
    limit: filter.limit,
  };
  if (filter.namespace !== undefined) {
    conditions.push('namespace = {namespace:String}');
    parameters.namespace = filter.namespace;
  }
  if (filter.name !== undefined) {
    conditions.push('name = {name:String}');
    parameters.name = filter.name;
  }
  for (const [index, dimension] of filter.dimensions.entries()) {
    // The canonical text holds each dimension as ["Name","value"].
    const text = JSON.stringify([dimension.name, dimension.value ?? '']);
    const part = dimension.value === undefined ? text.slice(0, -3) : text;
    conditions.push(`position(dimensions, {dimension${index}:String}) > 0`);
    parameters[`dimension${index}`] = part;
  }
  if (filter.after) {
    conditions.push(
      '(namespace, name, dimensions) > ({afterNamespace:String}, {afterName:String}, {afterDimensions:String})',
    );
    parameters.afterNamespace = filter.after.namespace;
    parameters.afterName = filter.after.name;
    parameters.afterDimensions = filter.after.dimensions;
  }
  const rows = await telemetry.query<{ namespace: string; name: string; dimensions: string }>(
    `SELECT namespace, name, dimensions FROM metric_data WHERE ${conditions.join(' AND ')}
     GROUP BY namespace, name, dimensions ORDER BY namespace, name, dimensions LIMIT {limit:UInt32}`,
    parameters,
  );
  return rows.map((row) => ({ ...row, dimensions: dimensionsOfText(row.dimensions) }));
}

const unique = (values: readonly string[]): string[] => [...new Set(values)];
