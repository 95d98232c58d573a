import { getJson, scopeQuery } from './hatoba.ts';
import { ApiError, type Scope } from './request.ts';

export interface DeploymentOfTrace {
  cluster: string;
  service: string;
  deploymentArn: string;
  /** `family:7`. */
  revision: string;
  previousRevision?: string;
  status: string;
  at: string;
  finishedAt?: string;
  /** In progress while the trace ran, or the last that was done before. */
  when: 'during' | 'before';
  /** From its beginning (`during`) or its end (`before`) to the trace's start; negative when it began meanwhile. */
  secondsBefore: number;
  /** Revisions of the tasks that served the trace, where known. */
  servedBy: string[];
}

export interface UsageOfTrace {
  cluster: string;
  service: string;
  /** Absent when it is the highest of all tasks of the service. */
  task?: string;
  cpuPercent?: number;
  memoryPercent?: number;
}

export interface StopOfTrace {
  cluster: string;
  service: string;
  task: string;
  at: string;
  reason: string;
  outOfMemory: boolean;
}

/** What went on around a trace in the services that took part. */
export interface TraceContext {
  start: string;
  end: string;
  deployments: DeploymentOfTrace[];
  usage: UsageOfTrace[];
  stops: StopOfTrace[];
}

/** Null when nothing of the trace is stored. */
export async function getTraceContext(
  scope: Scope,
  traceId: string,
  signal?: AbortSignal,
): Promise<TraceContext | null> {
  const query = new URLSearchParams({ ...scopeQuery(scope), traceId });
  try {
    return await getJson<TraceContext>(`/_hatoba/overview/trace?${query}`, signal);
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}

/** A trace at the other end of a link, for example of a message in a queue. */
export interface LinkedTrace {
  traceId: string;
  /** The service at the other end; empty where nothing of it is stored. */
  name: string;
  /** Seconds since 1970. */
  startTime?: number;
  /** The span or segment of this trace. */
  ownId: string;
}

export interface TraceLinks {
  /** What this one continues. */
  before: LinkedTrace[];
  /** What continues this one. */
  after: LinkedTrace[];
}

export const getTraceLinks = (scope: Scope, traceId: string, signal?: AbortSignal): Promise<TraceLinks> =>
  getJson(`/_hatoba/traces/links?${new URLSearchParams({ ...scopeQuery(scope), traceId })}`, signal);
