import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { StateStore } from '../stores/state/store.ts';
import type { TelemetryStore } from '../stores/telemetry/store.ts';
import { awsError } from '../wire/aws/aws-error.ts';
import type { AccountRegion } from '../wire/aws/call-context.ts';
import type { Handlers, Plane } from '../wire/aws/service-table.ts';
import { alignStart } from './align-start.ts';
import { dashboardHandlers } from './api/dashboards.ts';
import { getMetricData } from './api/get-metric-data.ts';
import { getMetricStatistics } from './api/get-metric-statistics.ts';
import { listMetrics } from './api/list-metrics.ts';
import { putMetricData } from './api/put-metric-data.ts';
import { computeStatistic, needsValues, parseStatistic } from './compute-statistic.ts';
import { MetricRecorder } from './metric-recorder.ts';
import { toMetricRow } from './model.ts';
import { readData } from './read-data.ts';
import { readSeries } from './store.ts';

export interface MetricDatum {
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly timestampMs: number;
  /** One value, or several with their counts, or a statistic set. */
  readonly value?: number;
  readonly values?: readonly number[];
  readonly counts?: readonly number[];
  readonly statistics?: { sampleCount: number; sum: number; minimum: number; maximum: number };
  /** CloudWatch's unit names; `None` when left out. */
  readonly unit?: string;
  readonly storageResolutionSeconds?: 1 | 60;
}

export interface MetricQuery extends AccountRegion {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  /** `Average`, `Sum`, `Minimum`, `Maximum`, `SampleCount`, `p99`, `tm90` ... */
  readonly statistic: string;
  readonly periodSeconds: number;
  readonly unit?: string;
  readonly start: Date;
  readonly end: Date;
}

export interface MetricPoint {
  /** Start of the period. */
  readonly timestampMs: number;
  readonly value: number;
}

/** The door of the metrics plane (CloudWatch metrics). */
export interface Metrics extends Plane {
  /** Resolves when the data are stored; rejects with TelemetryQueueFullError when they were refused. */
  put(scope: AccountRegion, namespace: string, data: readonly MetricDatum[]): Promise<void>;
  /** For our own measurements: never waits; what does not fit is counted as refused. */
  record(scope: AccountRegion, namespace: string, data: readonly MetricDatum[]): void;
  /** Datapoints in time order; periods without data are absent. */
  read(query: MetricQuery): Promise<MetricPoint[]>;
  /** Result series of metric maths as `GetMetricData` computes it, by query id. */
  readData(
    scope: AccountRegion,
    queries: readonly import('@aws-sdk/client-cloudwatch').MetricDataQuery[],
    start: Date,
    end: Date,
  ): Promise<{ id: string; label: string; points: MetricPoint[] }[]>;
}

export interface MetricsDependencies {
  readonly state: StateStore;
  readonly telemetry: TelemetryStore;
  readonly clock: Clock;
  readonly logger: Logger;
}

export function createMetrics({ state, telemetry, clock, logger }: MetricsDependencies): Metrics {
  const recorder = new MetricRecorder(telemetry, clock);

  const put: Metrics['put'] = async (scope, namespace, data) => {
    const rows = data.map((datum) => toMetricRow(scope, namespace, datum)).filter((row) => row.sample_count > 0);
    await telemetry.insert('metric_data', rows, { acknowledged: true });
  };

  const read: Metrics['read'] = async (query) => {
    const statistic = parseStatistic(query.statistic);
    if (!statistic)
      throw awsError('InvalidParameterValueException', `The statistic ${query.statistic} does not exist.`);
    const { periodSeconds } = query;
    const range = { startMs: alignStart(query.start, periodSeconds), endMs: query.end.getTime(), periodSeconds };
    const [periods] = await readSeries(telemetry, query, [query], range, needsValues(statistic));
    return [...periods!].flatMap(([timestampMs, aggregate]) => {
      const value = computeStatistic(aggregate, statistic);
      return value === undefined ? [] : [{ timestampMs, value }];
    });
  };

  const readQueries: Metrics['readData'] = async (scope, queries, start, end) => {
    const periods = queries.map((query) => query.MetricStat?.Period ?? query.Period ?? 60);
    const startMs = alignStart(start, Math.min(60, ...periods));
    return readData(telemetry, scope, queries, { startMs, endMs: end.getTime() });
  };

  const handlers: Handlers<typeof import('@aws-sdk/client-cloudwatch')> = {
    ...dashboardHandlers(state, clock),
    PutMetricData: putMetricData(put, clock),
    GetMetricData: getMetricData(readQueries),
    GetMetricStatistics: getMetricStatistics(telemetry),
    ListMetrics: listMetrics(telemetry, clock),
  };

  return {
    services: [{ service: 'cloudwatch', handlers }],
    put,
    read,
    readData: readQueries,
    record: (scope, namespace, data) => recorder.record(scope, namespace, data),
    start: async () => recorder.start(),
    async stop() {
      await recorder.stop();
      if (recorder.refusedCount > 0) logger.warn({ refused: recorder.refusedCount }, 'metric data were refused');
    },
  };
}
