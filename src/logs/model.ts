import type { AccountRegion } from '../wire/aws/call-context.ts';

export interface LogGroup extends AccountRegion {
  readonly name: string;
  readonly createdAtMs: number;
  readonly retentionDays?: number;
  readonly logGroupClass: 'STANDARD' | 'INFREQUENT_ACCESS' | 'DELIVERY';
  readonly kmsKeyId?: string;
  readonly deletionProtected?: boolean;
  readonly tags: readonly (readonly [key: string, value: string])[];
}

export interface LogStream {
  readonly name: string;
  readonly logGroupName: string;
  readonly createdAtMs: number;
}

export interface MetricTransformation {
  readonly metricName: string;
  readonly metricNamespace: string;
  readonly metricValue: string;
  readonly defaultValue?: number;
  readonly unit?: string;
  readonly dimensions?: Readonly<Record<string, string>>;
}

export interface MetricFilter {
  readonly filterName: string;
  readonly logGroupName: string;
  readonly filterPattern: string;
  readonly transformation: MetricTransformation;
  readonly createdAtMs: number;
}

/** One event as the table `log_events` keeps it. */
export interface LogEventRow {
  readonly account: string;
  readonly region: string;
  readonly log_group: string;
  readonly log_stream: string;
  readonly ts: number;
  readonly ingestion: number;
  readonly sequence: bigint;
  readonly message: string;
  readonly bytes: number;
  readonly trace_id: string;
  readonly cluster: string;
  readonly service: string;
  readonly task: string;
  readonly container: string;
  readonly deployment: string;
  readonly revision: string;
  readonly image: string;
  readonly source_path: string;
  readonly source_generation: number;
  readonly source_offset: number;
  readonly source_end: number;
}

/** Which bytes of a followed file an event is. */
export interface EventSource {
  readonly path: string;
  /** Grows when the file is truncated or replaced. */
  readonly generation: number;
  readonly offset: number;
  readonly end: number;
}

export const groupArn = ({ account, region }: AccountRegion, name: string): string =>
  `arn:aws:logs:${region}:${account}:log-group:${name}`;
