/** The parts of a segment document that the console reads. Everything in it was written by somebody's program. */
export interface SegmentDocument {
  id: string;
  name: string;
  trace_id?: string;
  parent_id?: string;
  start_time: number;
  end_time?: number;
  in_progress?: boolean;
  inferred?: boolean;
  namespace?: string;
  origin?: string;
  user?: string;
  error?: boolean;
  fault?: boolean;
  throttle?: boolean;
  http?: { request?: Record<string, unknown>; response?: Record<string, unknown> };
  aws?: Record<string, unknown>;
  sql?: Record<string, unknown>;
  service?: Record<string, unknown>;
  annotations?: Record<string, unknown>;
  metadata?: Record<string, unknown>;
  cause?: string | Cause;
  links?: { trace_id?: string; id?: string; attributes?: Record<string, unknown> }[];
  subsegments?: SegmentDocument[];
}

export interface Cause {
  working_directory?: string;
  paths?: string[];
  message?: string;
  exceptions?: TraceException[];
}

export interface TraceException {
  id?: string;
  type?: string;
  message?: string;
  remote?: boolean;
  truncated?: number;
  skipped?: number;
  cause?: string;
  stack?: { path?: string; line?: number; label?: string }[];
}
