/** The parts of an X-Ray segment document that the terminal shows. Times are epoch seconds. Anybody may have written it. */
export interface SegmentDocument {
  id: string;
  name: string;
  type?: string;
  parent_id?: string;
  inferred?: boolean;
  namespace?: string;
  start_time: number;
  end_time?: number;
  fault?: boolean;
  error?: boolean;
  throttle?: boolean;
  http?: { request?: Record<string, unknown>; response?: Record<string, unknown> };
  aws?: { ecs?: { task_arn?: string } };
  sql?: Record<string, unknown>;
  annotations?: Record<string, unknown>;
  cause?: { exceptions?: SegmentException[]; message?: string } | string;
  subsegments?: SegmentDocument[];
}

export interface SegmentException {
  id?: string;
  type?: string;
  message?: string;
  remote?: boolean;
  truncated?: number;
  /** Id of the exception that led to this one. */
  cause?: string;
  stack?: { path?: string; line?: number; label?: string }[];
}

export type Outcome = 'ok' | 'error' | 'throttle' | 'fault' | 'running';

export function outcomeOf(document: SegmentDocument): Outcome {
  if (document.end_time === undefined) return 'running';
  if (document.fault) return 'fault';
  if (isThrottled(document)) return 'throttle';
  return document.error ? 'error' : 'ok';
}

/** A document that says nothing of its outcome is judged by its status, as the service does. */
export function isThrottled({ throttle, fault, error, http }: SegmentDocument): boolean {
  return throttle === true || (throttle ?? fault ?? error ?? http?.response?.status) === 429;
}
