import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { TelemetryStore } from '../stores/telemetry/store.ts';
import type { AccountRegion, WorkloadIdentity } from '../wire/aws/call-context.ts';
import { findTraceId } from './find-trace-id.ts';
import type { LogEvent } from './index.ts';
import type { EventSource, LogEventRow } from './model.ts';
import { EventSequence } from './sequence.ts';
import { StoredBatch } from './stored-batch.ts';

export interface NewLogEvent extends LogEvent {
  readonly source?: EventSource;
}

export interface AppendOptions {
  readonly workload?: WorkloadIdentity | undefined;
  /** As the telemetry store's: somebody waits for this. */
  readonly acknowledged: boolean;
}

/** The only way into the table of events. */
export class EventAppender {
  private readonly telemetry: TelemetryStore;
  private readonly clock: Clock;
  private readonly logger: Logger;
  private readonly sequence = new EventSequence();
  private readonly observers = new Set<(batch: StoredBatch) => void>();

  constructor(telemetry: TelemetryStore, clock: Clock, logger: Logger) {
    this.telemetry = telemetry;
    this.clock = clock;
    this.logger = logger;
  }

  /** Called after each batch is stored. Returns the way to stop it. */
  observe(observer: (batch: StoredBatch) => void): () => void {
    this.observers.add(observer);
    return () => this.observers.delete(observer);
  }

  /** Resolves when the events are stored. */
  async append(
    scope: AccountRegion,
    logGroupName: string,
    logStreamName: string,
    events: readonly NewLogEvent[],
    options: AppendOptions,
  ): Promise<void> {
    if (events.length === 0) return;
    const ingestionTimeMs = this.clock.now().getTime();
    const common = {
      account: scope.account,
      region: scope.region,
      log_group: logGroupName,
      log_stream: logStreamName,
      ingestion: ingestionTimeMs,
      ...workloadColumns(options.workload),
    };
    const sequences = events.map(() => this.sequence.next(ingestionTimeMs));
    const rows = events.map((event, index) => toRow(common, event, sequences[index]!));
    await this.telemetry.insert('log_events', rows, { acknowledged: options.acknowledged });
    if (this.observers.size === 0) return;
    const { account, region } = scope;
    this.notify(new StoredBatch({ account, region, logGroupName, logStreamName, ingestionTimeMs, events, sequences }));
  }

  private notify(batch: StoredBatch): void {
    for (const observer of this.observers) {
      try {
        observer(batch);
      } catch (error) {
        // The events are stored; who looks at them must not make the writer fail.
        this.logger.error({ error, logGroupName: batch.logGroupName }, 'an observer of log events failed');
      }
    }
  }
}

type Writable<Row> = { -readonly [Column in keyof Row]: Row[Column] };

function toRow(
  common: Omit<LogEventRow, 'ts' | 'sequence' | 'message' | 'bytes'>,
  { timestampMs, message, source }: NewLogEvent,
  sequence: bigint,
): LogEventRow {
  const traceId = findTraceId(message);
  const row: Writable<LogEventRow> = {
    ...common,
    ts: timestampMs,
    sequence,
    message,
    bytes: Buffer.byteLength(message),
  };
  if (traceId !== undefined) row.trace_id = traceId;
  if (source) {
    row.source_path = source.path;
    row.source_generation = source.generation;
    row.source_offset = source.offset;
    row.source_end = source.end;
  }
  return row;
}

function workloadColumns(workload: WorkloadIdentity | undefined): Partial<LogEventRow> {
  if (!workload) return {};
  return {
    cluster: workload.clusterName,
    service: workload.serviceName,
    task: workload.taskArn,
    container: workload.containerName,
    deployment: workload.deploymentId,
    revision: `${workload.taskDefinitionFamily}:${workload.taskDefinitionRevision}`,
    image: workload.image,
  };
}
