import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { TelemetryStore } from '../stores/telemetry/store.ts';
import type { AccountRegion, WorkloadIdentity } from '../wire/aws/call-context.ts';
import { encodeEventId } from './event-id.ts';
import { findTraceId } from './find-trace-id.ts';
import type { LogEvent, StoredLogEvent } from './index.ts';
import type { EventSource, LogEventRow } from './model.ts';
import { EventSequence } from './sequence.ts';

export interface NewLogEvent extends LogEvent {
  readonly source?: EventSource;
}

/** One batch that has been stored, for whoever looks at events as they come: tail, metric filters. */
export interface StoredBatch extends AccountRegion {
  readonly logGroupName: string;
  readonly logStreamName: string;
  readonly events: readonly StoredLogEvent[];
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
    this.notify({
      account: scope.account,
      region: scope.region,
      logGroupName,
      logStreamName,
      events: events.map(({ timestampMs, message }, index) => ({
        timestampMs,
        message,
        eventId: encodeEventId({ timestampMs, sequence: sequences[index]! }),
        ingestionTimeMs,
        logGroupName,
        logStreamName,
      })),
    });
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

function toRow(
  common: Omit<LogEventRow, 'ts' | 'sequence' | 'message' | 'bytes'>,
  { timestampMs, message, source }: NewLogEvent,
  sequence: bigint,
): LogEventRow {
  const traceId = findTraceId(message);
  return {
    ...common,
    ts: timestampMs,
    sequence: sequence.toString(),
    message,
    bytes: Buffer.byteLength(message),
    ...(traceId !== undefined && { trace_id: traceId }),
    ...(source && {
      source_path: source.path,
      source_generation: source.generation,
      source_offset: source.offset,
      source_end: source.end,
    }),
  };
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
