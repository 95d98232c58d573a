import type { SegmentDocument, TraceException } from '../pages/trace/trace-document.ts';
import { getJson } from './hatoba.ts';
import { fetchText, type Scope, toApiError } from './request.ts';

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

const address = (path: string, scope: Scope, query: [string, string][]): string =>
  `${path}?${new URLSearchParams([['account', scope.account], ['region', scope.region], ...query])}`;

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
  const { response, text } = await fetchText(path, address(path, scope, query), {}, signal);
  if (response.status === 204) return 'unchanged';
  if (response.status === 404 || response.status === 400) return null;
  if (!response.ok) throw toApiError(path, response, text);
  return JSON.parse(text) as Timeline;
}

/** Documents of a few rows. */
export async function getPartDocuments(
  scope: Scope,
  traceId: string,
  ids: readonly string[],
  signal?: AbortSignal,
): Promise<PartDocuments> {
  const query: [string, string][] = [['traceId', traceId], ...ids.map((id): [string, string] => ['id', id])];
  return getJson(address('/_hatoba/traces/documents', scope, query), signal);
}

/** Ids of the rows that a filter expression selects. */
export async function getMatches(
  scope: Scope,
  traceId: string,
  filter: string,
  signal?: AbortSignal,
): Promise<string[]> {
  const query: [string, string][] = [
    ['traceId', traceId],
    ['filter', filter],
  ];
  return (await getJson<{ ids: string[] }>(address('/_hatoba/traces/matches', scope, query), signal)).ids;
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
  const query: [string, string][] = [
    ['traceId', traceId],
    ['end', String(Math.ceil(endMs))],
  ];
  const path = address('/_hatoba/traces/percentiles', scope, query);
  return (await getJson<{ percentiles: DurationPercentiles[] }>(path, signal)).percentiles;
}
