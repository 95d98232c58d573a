import type { AccountRegion, WorkloadIdentity } from '../wire/aws/call-context.ts';
import type { Plane } from '../wire/aws/service-table.ts';

export interface LogEvent {
  readonly timestampMs: number;
  readonly message: string;
}

export interface StoredLogEvent extends LogEvent {
  readonly eventId: string;
  readonly ingestionTimeMs: number;
  readonly logGroupName: string;
  readonly logStreamName: string;
}

/** awslogs options that decide where one event ends. At most one is set. */
export interface MultilineOptions {
  readonly datetimeFormat?: string;
  readonly multilinePattern?: string;
}

/** A file that a container writes and we follow. */
export interface TaskOutput {
  /** Absolute path; also the identity of the source when it is followed again after a restart. */
  readonly path: string;
  readonly logGroupName: string;
  readonly logStreamName: string;
  readonly multiline: MultilineOptions;
  readonly workload: WorkloadIdentity;
}

export interface FollowedOutput {
  /** Reads to the end of the file, ends the last event, and resolves when all of it is stored. */
  finish(): Promise<void>;
}

export interface LogSelector extends AccountRegion {
  readonly logGroupName: string;
  readonly logStreamName?: string;
  readonly filterPattern?: string;
}

/** The door of the logs plane (CloudWatch Logs). */
export interface Logs extends Plane {
  /** Creates group and stream where they are missing. */
  ensureLogStream(scope: AccountRegion, logGroupName: string, logStreamName: string): Promise<void>;
  logGroupExists(scope: AccountRegion, logGroupName: string): Promise<boolean>;
  /** Resolves when the events are stored, each exactly once. */
  append(
    scope: AccountRegion,
    logGroupName: string,
    logStreamName: string,
    events: readonly LogEvent[],
    workload?: WorkloadIdentity,
  ): Promise<void>;
  /**
   * Follows a file from where its stored events end, so that after a crash every line is stored exactly once. Lines
   * become events by `multiline`, else by the built-in detection of stack traces.
   */
  followTaskOutput(output: TaskOutput): FollowedOutput;
  /** Newly stored events, as live tail shows them. Returns the way to stop it. */
  tail(selector: LogSelector, onEvents: (events: readonly StoredLogEvent[]) => void): () => void;
  /** Events that name a trace id, and those the task of a segment wrote while it ran. Oldest first, at most `limit`. */
  eventsOfTrace(
    scope: AccountRegion,
    trace: { traceId: string; startMs: number; endMs: number; taskArns: readonly string[] },
    limit: number,
  ): Promise<StoredLogEvent[]>;
}

export { createLogs, type LogsPlaneDependencies } from './create-logs.ts';
