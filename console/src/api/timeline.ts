import type { SegmentDocument, TraceException } from '../pages/trace/trace-document.ts';
import { ApiError, type Scope } from './request.ts';

/** The rows of a trace's timeline, column by column, each row after its parent and before its next sibling. */
export interface TimelineRows {
  id: string[];
  /** Number of the parent's row; -1 for a root. */
  parent: number[];
  name: number[];
  service: number[];
  /** Microseconds after the trace's start. */
  start: number[];
  duration: number[];
  /** `timelineFlags`. */
  flags: number[];
  callee: number[];
}

export const timelineFlags = {
  fault: 1,
  error: 2,
  throttle: 4,
  inProgress: 8,
  segment: 16,
  call: 32,
  exception: 64,
} as const;

export interface Timeline {
  traceId: string;
  revision: string;
  startMicros: number;
  endMicros: number;
  names: string[];
  callees: { name: string; type: string }[];
  rows: TimelineRows;
  request: { method: string; url: string; status: number; clientIp: string };
  tasks: { arn: string; service: string }[];
  troubles: { row: number; type: string; message: string }[];
  limitExceeded?: boolean;
}

export interface PartDocuments {
  documents: Record<string, SegmentDocument>;
  exceptions: Record<string, TraceException>;
}

async function get(
  scope: Scope,
  path: string,
  query: [string, string][],
  signal: AbortSignal | undefined,
): Promise<Response> {
  const all = new URLSearchParams([['account', scope.account], ['region', scope.region], ...query]);
  try {
    return await fetch(`${path}?${all}`, signal ? { signal } : {});
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new ApiError(path, 'Unreachable', cause instanceof Error ? cause.message : String(cause), 0, '');
  }
}

async function failure(path: string, response: Response): Promise<ApiError> {
  return new ApiError(path, `HTTP ${response.status}`, (await response.text()).slice(0, 500), response.status, '');
}

/** The timeline; null when nothing of the trace is stored; `unchanged` while it is still of that revision. */
export async function getTimeline(
  scope: Scope,
  traceId: string,
  revision: string | undefined,
  signal?: AbortSignal,
): Promise<Timeline | null | 'unchanged'> {
  const path = '/_hatoba/traces/timeline';
  const query: [string, string][] = [['traceId', traceId]];
  if (revision) query.push(['revision', revision]);
  const response = await get(scope, path, query, signal);
  if (response.status === 204) return 'unchanged';
  if (response.status === 404 || response.status === 400) return null;
  if (!response.ok) throw await failure(path, response);
  return (await response.json()) as Timeline;
}

/** Documents of a few rows. */
export async function getPartDocuments(
  scope: Scope,
  traceId: string,
  ids: readonly string[],
  signal?: AbortSignal,
): Promise<PartDocuments> {
  const path = '/_hatoba/traces/documents';
  const query: [string, string][] = [['traceId', traceId], ...ids.map((id): [string, string] => ['id', id])];
  const response = await get(scope, path, query, signal);
  if (!response.ok) throw await failure(path, response);
  return (await response.json()) as PartDocuments;
}
