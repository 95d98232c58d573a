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
    const { account, region } = scope;
    const workload = workloadFacts(options.workload);
    const facts: BatchFacts = { account, region, logGroupName, logStreamName, ingestionTimeMs, ...workload };
    const sequences = events.map(() => this.sequence.next(ingestionTimeMs));
    const rows = events.map((event, index) => toRow(facts, event, sequences[index]!));
    await this.telemetry.insert('log_events', rows, { acknowledged: options.acknowledged });
    if (this.observers.size === 0) return;
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

/** What all events of a batch share. */
interface BatchFacts extends AccountRegion {
  readonly logGroupName: string;
  readonly logStreamName: string;
  readonly ingestionTimeMs: number;
  readonly cluster: string;
  readonly service: string;
  readonly task: string;
  readonly container: string;
  readonly deployment: string;
  readonly revision: string;
  readonly image: string;
}

/** All columns are written out: rows of one shape cost a tenth of rows that are put together. */
function toRow(facts: BatchFacts, { timestampMs, message, source }: NewLogEvent, sequence: bigint): LogEventRow {
  return {
    account: facts.account,
    region: facts.region,
    log_group: facts.logGroupName,
    log_stream: facts.logStreamName,
    ts: timestampMs,
    ingestion: facts.ingestionTimeMs,
    sequence,
    message,
    bytes: Buffer.byteLength(message),
    trace_id: findTraceId(message) ?? '',
    cluster: facts.cluster,
    service: facts.service,
    task: facts.task,
    container: facts.container,
    deployment: facts.deployment,
    revision: facts.revision,
    image: facts.image,
    source_path: source?.path ?? '',
    source_generation: source?.generation ?? 0,
    source_offset: source?.offset ?? 0,
    source_end: source?.end ?? 0,
  };
}

function workloadFacts(workload: WorkloadIdentity | undefined) {
  return {
    cluster: workload?.clusterName ?? '',
    service: workload?.serviceName ?? '',
    task: workload?.taskArn ?? '',
    container: workload?.containerName ?? '',
    deployment: workload?.deploymentId ?? '',
    revision: workload ? `${workload.taskDefinitionFamily}:${workload.taskDefinitionRevision}` : '',
    image: workload?.image ?? '',
  };
}
