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
  /** Id of the row that each of these exceptions was found in. */
  thrownIn: Record<string, string>;
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
  const text = await response.text();
  let said: { code?: unknown; message?: unknown } = {};
  try {
    said = JSON.parse(text) as typeof said;
  } catch {
    // Not from hatoba itself.
  }
  const code = typeof said.code === 'string' ? said.code : `HTTP ${response.status}`;
  const message = typeof said.message === 'string' ? said.message : text.slice(0, 500);
  return new ApiError(path, code, message, response.status, '');
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

/** Ids of the rows that a filter expression selects. */
export async function getMatches(
  scope: Scope,
  traceId: string,
  filter: string,
  signal?: AbortSignal,
): Promise<string[]> {
  const path = '/_hatoba/traces/matches';
  const query: [string, string][] = [
    ['traceId', traceId],
    ['filter', filter],
  ];
  const response = await get(scope, path, query, signal);
  if (!response.ok) throw await failure(path, response);
  return ((await response.json()) as { ids: string[] }).ids;
}

/** How long parts of a kind took in 24 hours: microseconds that 0, 1, 2 ... 100 percent did not exceed. */
export interface DurationPercentiles {
  kind: 'segment' | 'call' | 'part';
  service: string;
  name: string;
  count: number;
  /** So many of them were looked at; absent where all were. */
  sampled?: number;
  micros: number[];
}

export async function getPercentiles(
  scope: Scope,
  traceId: string,
  endMs: number,
  signal?: AbortSignal,
): Promise<DurationPercentiles[]> {
  const path = '/_hatoba/traces/percentiles';
  const query: [string, string][] = [
    ['traceId', traceId],
    ['end', String(Math.ceil(endMs))],
  ];
  const response = await get(scope, path, query, signal);
  if (!response.ok) throw await failure(path, response);
  return ((await response.json()) as { percentiles: DurationPercentiles[] }).percentiles;
}
