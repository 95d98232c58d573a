import type { MetricDataQuery, MetricStat } from '@aws-sdk/client-cloudwatch';
import type { TelemetryStore } from '../stores/telemetry/store.ts';
import { awsError } from '../wire/aws/aws-error.ts';
import type { AccountRegion } from '../wire/aws/call-context.ts';
import { computeStatistic, needsValues, parseStatistic, type Statistic } from './compute-statistic.ts';
import { type ExpressionScope, evaluateExpression } from './expressions/evaluate-expression.ts';
import { type Expression, ExpressionError, parseExpression, usesOf } from './expressions/parse-expression.ts';
import { parseSearch } from './expressions/search-metrics.ts';
import { type Series, seriesFrom, seriesValue, type Value } from './expressions/series.ts';
import { type Aggregate, dimensionsOfList, type MetricIdentity } from './model.ts';
import { resolveLabel } from './resolve-label.ts';
import { listMetricIdentities, readSeries } from './store.ts';

/** One result of GetMetricData; a query that finds several series gives several. */
export interface DataResult {
  readonly id: string;
  readonly label: string;
  readonly points: { readonly timestampMs: number; readonly value: number }[];
}

interface Metric {
  readonly id: string;
  readonly identity: MetricIdentity & { readonly unit?: string };
  readonly statistic: Statistic;
  readonly statisticName: string;
  readonly periodSeconds: number;
}

export interface DataRange {
  readonly startMs: number;
  readonly endMs: number;
}

const datapointsMax = 100_800;
const searchedSeriesMax = 500;
const searchWindowMs = 14 * 86_400_000;

/** Answers the queries as GetMetricData does: metrics are read together, expressions computed from them. */
export async function readData(
  telemetry: TelemetryStore,
  scope: AccountRegion,
  queries: readonly MetricDataQuery[],
  range: DataRange,
): Promise<DataResult[]> {
  return new DataReader(telemetry, scope, queries, range).results();
}

class DataReader {
  private readonly telemetry: TelemetryStore;
  private readonly scope: AccountRegion;
  private readonly queries: readonly MetricDataQuery[];
  private readonly range: DataRange;
  private readonly metrics = new Map<string, { metric: Metric; series: Series }>();
  private readonly expressions = new Map<string, { query: MetricDataQuery; tree: Expression }>();
  private readonly searches = new Map<Expression, { series: Series[]; periodSeconds: number }>();
  private readonly values = new Map<string, Value>();
  private readonly evaluating = new Set<string>();

  constructor(telemetry: TelemetryStore, scope: AccountRegion, queries: readonly MetricDataQuery[], range: DataRange) {
    this.telemetry = telemetry;
    this.scope = scope;
    this.queries = queries;
    this.range = range;
  }

  async results(): Promise<DataResult[]> {
    const metrics: Metric[] = [];
    for (const query of this.queries) {
      const id = query.Id ?? '';
      if (query.MetricStat) metrics.push(metricOf(id, query.MetricStat));
      else this.expressions.set(id, { query, tree: inWords(id, () => parseExpression(query.Expression ?? '')) });
    }
    for (const [metric, series] of await this.read(metrics)) this.metrics.set(metric.id, { metric, series });
    for (const [id, { query, tree }] of this.expressions) await this.runSearches(id, tree, query.Period);
    return this.queries.filter((query) => query.ReturnData !== false).flatMap((query) => this.resultOf(query));
  }

  private resultOf(query: MetricDataQuery): DataResult[] {
    const id = query.Id ?? '';
    const value = inWords(id, () => this.valueOf(id));
    if (value.kind === 'scalar' || value.kind === 'string') {
      throw validationError(`Error in expression '${id}': the result must be a time series`);
    }
    const found = this.metrics.get(id)?.metric;
    const items = value.kind === 'series' ? [value.series] : value.items;
    return items.map((series) => ({
      id,
      label: resolveLabel(query.Label ?? (found || value.kind === 'array' ? series.label : id), series, found),
      points: [...series.points].map(([timestampMs, point]) => ({ timestampMs, value: point })),
    }));
  }

  private valueOf(id: string): Value {
    const metric = this.metrics.get(id);
    if (metric) return seriesValue(metric.series);
    const known = this.values.get(id);
    if (known) return known;
    const expression = this.expressions.get(id);
    if (!expression) throw new ExpressionError(`there is no query with the id ${id}`);
    if (this.evaluating.has(id)) throw new ExpressionError(`${id} depends on itself`);
    this.evaluating.add(id);
    const value = evaluateExpression(expression.tree, this.scopeOf(id, expression));
    this.values.set(id, value);
    return value;
  }

  private scopeOf(id: string, expression: { query: MetricDataQuery; tree: Expression }): ExpressionScope {
    const periodSeconds = expression.query.Period ?? this.coarsestPeriod(expression.tree, new Set([id]));
    if (!isPeriod(periodSeconds) || (this.range.endMs - this.range.startMs) / periodSeconds > datapointsMax * 1000) {
      throw validationError(`Period of '${id}' is no period, or too short for the range`);
    }
    const grid: number[] = [];
    for (let at = this.range.startMs; at < this.range.endMs; at += periodSeconds * 1000) grid.push(at);
    return {
      periodSeconds,
      grid,
      resolve: (other) => this.valueOf(other),
      search: (call) => this.searches.get(call)?.series ?? [],
      metrics: [...this.metrics].map(([metricId, { metric, series }]) => ({
        ...{ id: metricId, series, periodSeconds: metric.periodSeconds },
      })),
    };
  }

  private coarsestPeriod(tree: Expression, seen: Set<string>): number {
    const uses = usesOf(tree);
    const ids = uses.allMetrics ? [...uses.ids, ...this.metrics.keys()] : [...uses.ids];
    const searched = [...this.searches.values()].map((search) => search.periodSeconds);
    const periods = ids.map((id) => {
      const metric = this.metrics.get(id);
      if (metric) return metric.metric.periodSeconds;
      const other = this.expressions.get(id);
      if (!other || seen.has(id)) return 0;
      seen.add(id);
      return other.query.Period ?? this.coarsestPeriod(other.tree, seen);
    });
    return Math.max(0, ...periods, ...searched) || 60;
  }

  /** Metrics of one period are read by one query, those that need single values apart. */
  private async read(metrics: readonly Metric[]): Promise<[Metric, Series][]> {
    const groups = new Map<string, Metric[]>();
    for (const metric of metrics) {
      const key = `${metric.periodSeconds} ${needsValues(metric.statistic)}`;
      groups.set(key, [...(groups.get(key) ?? []), metric]);
    }
    const read = [...groups.values()].map(async (group) => {
      const first = group[0]!;
      const range = { ...this.range, periodSeconds: first.periodSeconds };
      const identities = group.map((metric) => metric.identity);
      const found = await readSeries(this.telemetry, this.scope, identities, range, needsValues(first.statistic));
      return group.map((metric, index): [Metric, Series] => [metric, seriesOf(metric, found[index]!)]);
    });
    return (await Promise.all(read)).flat();
  }

  private async runSearches(id: string, tree: Expression, period: number | undefined): Promise<void> {
    if (tree.kind === 'call' && tree.name === 'SEARCH') {
      const found = await this.search(id, tree, period);
      this.searches.set(tree, found);
      return;
    }
    const parts =
      tree.kind === 'call'
        ? tree.arguments
        : tree.kind === 'list'
          ? tree.items
          : tree.kind === 'negate'
            ? [tree.operand]
            : tree.kind === 'binary'
              ? [tree.left, tree.right]
              : [];
    for (const part of parts) await this.runSearches(id, part, period);
  }

  private async search(id: string, call: Extract<Expression, { kind: 'call' }>, period: number | undefined) {
    const [text, statistic, seconds] = call.arguments;
    if (text?.kind !== 'string' || statistic?.kind !== 'string') {
      throw validationError(`Error in expression '${id}': SEARCH takes a text and a statistic`);
    }
    const search = inWords(id, () => parseSearch(text.text));
    const listed = await listMetricIdentities(this.telemetry, this.scope, {
      ...(search.namespace === undefined ? {} : { namespace: search.namespace }),
      dimensions: [],
      sinceMs: this.range.endMs - searchWindowMs,
      limit: 50_000,
    });
    const periodSeconds = period ?? (seconds?.kind === 'number' ? seconds.value : 300);
    const chosen = listed.filter(search.matches).slice(0, searchedSeriesMax);
    const metrics = chosen.map((identity) => toMetric(id, identity, statistic.text, periodSeconds));
    const series = (await this.read(metrics)).map(([metric, found]) => ({ ...found, label: longLabel(metric) }));
    return { series, periodSeconds };
  }
}

function metricOf(id: string, stat: MetricStat): Metric {
  const identity = {
    namespace: stat.Metric?.Namespace ?? '',
    name: stat.Metric?.MetricName ?? '',
    dimensions: dimensionsOfList(stat.Metric?.Dimensions),
    ...(stat.Unit === undefined ? {} : { unit: stat.Unit }),
  };
  return toMetric(id, identity, stat.Stat ?? '', stat.Period ?? 60);
}

function toMetric(id: string, identity: MetricIdentity, statisticName: string, periodSeconds: number): Metric {
  const statistic = parseStatistic(statisticName);
  if (!statistic) throw validationError(`The value ${statisticName} for parameter Stat of '${id}' is not supported.`);
  if (!isPeriod(periodSeconds)) {
    throw validationError(`Period of '${id}' must be 1, 5, 10, 20, 30 or any multiple of 60`);
  }
  return { id, identity, statistic, statisticName, periodSeconds };
}

export const isPeriod = (seconds: number): boolean =>
  [1, 5, 10, 20, 30].includes(seconds) || (seconds > 0 && seconds % 60 === 0);

const seriesOf = (metric: Metric, periods: ReadonlyMap<number, Aggregate>): Series =>
  seriesFrom(
    metric.identity.name,
    [...periods].map(([at, aggregate]) => [at, computeStatistic(aggregate, metric.statistic) ?? Number.NaN] as const),
  );

const longLabel = (metric: Metric): string =>
  [...Object.values(metric.identity.dimensions), metric.identity.name].join(' ');

/** As GetMetricData answers; its model does not name the code. */
export const validationError = (message: string) => awsError('ValidationError', message, 400);

function inWords<T>(id: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof ExpressionError) throw validationError(`Error in expression '${id}': ${error.message}`);
    throw error;
  }
}
