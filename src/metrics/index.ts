import type { AccountRegion } from '../wire/aws/call-context.ts';
import type { Plane } from '../wire/aws/service-table.ts';

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
