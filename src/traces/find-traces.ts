import type { QueryParameter, TelemetryStore } from '../stores/telemetry/store.ts';
import type { AccountRegion } from '../wire/aws/call-context.ts';
import { type CompiledFilter, compileFilter, traceAggregateColumns } from './filter/compile-filter.ts';
import { FilterExpressionError } from './filter/expression.ts';
import { SqlParameters } from './filter/sql-parameters.ts';
import { bucketSql } from './graph/histogram.ts';
import type { TraceId } from './model.ts';
import { weightsNear } from './settle/weights.ts';

export interface TraceQuery extends AccountRegion {
  readonly startMs: number;
  readonly endMs: number;
  /** What has to lie in the range: the trace's start, the end of a segment, or when something of it was stored. */
  readonly rangeType: 'TraceId' | 'Event' | 'Service';
  readonly filterExpression: string;
  readonly groups: ReadonlyMap<string, string>;
}

export interface TracePage extends TraceQuery {
  /** Only what was stored until then counts, so that pages fit together while data arrives. */
  readonly asOfMs?: number;
  readonly after?: { readonly startMicros: string; readonly traceId: TraceId };
  readonly limit: number;
  /** Summaries may be `RawJson`: they are passed on, not read. */
  readonly takesRawJson?: true;
  /** Keeps this share of the traces, 0 to 1. */
  readonly share?: number;
  /** Only traces that begin in these, beside what the range asks for. */
  readonly windowStartMs?: number;
  readonly windowEndMs?: number;
  /** SQL of the ids that may be found, an array or a statement; its parameters are in `amongParameters`. */
  readonly among?: string;
  readonly amongParameters?: Readonly<Record<string, QueryParameter>>;
}

export interface FoundTrace {
  readonly traceId: TraceId;
  readonly startMicros: string;
  /** Answers of the filter's atoms, when root causes are left to decide. */
  readonly atoms: readonly number[];
}

/** A trace may begin this long before, or go on this long after, the range that one of its segments lies in. */
export const beforeMs = 600_000;
export const afterMs = 3_600_000;

/** What is looked at first: enough for a page of a busy system. */
export const firstWindowMs = 900_000;

/**
 * A page of traces, newest first. The range is looked at in windows from its end, each as long as the share of matches
 * so far suggests, so that the newest of many are found without reading the rest. A trace that runs on from one window
 * into the next may then be found twice, the first time with a start that is too late.
 */
export async function findTraces(
  telemetry: TelemetryStore,
  query: TracePage,
  signal?: AbortSignal,
): Promise<{ found: FoundTrace[]; filter: CompiledFilter }> {
  const found: FoundTrace[] = [];
  const endMs = query.after ? Math.min(query.endMs, Number(query.after.startMicros) / 1000 + 1) : query.endMs;
  let window = { startMs: query.rangeType === 'TraceId' ? endMs - firstWindowMs : query.startMs, endMs };
  for (;;) {
    window = { ...window, startMs: Math.max(window.startMs, query.startMs) };
    const limit = query.limit - found.length;
    const part = await findInWindow(telemetry, { ...query, ...window, limit }, signal);
    found.push(...part.found);
    if (found.length >= query.limit || window.startMs <= query.startMs) return { found, filter: part.filter };
    window = { startMs: window.startMs - nextWindowMs(window, part.found.length, limit), endMs: window.startMs };
  }
}

/** Long enough for what is wanted if matches go on as they were; with none, soon everything. */
export function nextWindowMs(last: { startMs: number; endMs: number }, found: number, wanted: number): number {
  const factor = found === 0 ? 32 : Math.min(Math.max(((wanted - found) / found) * 1.3, 1), 64);
  return Math.ceil((last.endMs - last.startMs) * factor);
}

export async function findInWindow(
  telemetry: TelemetryStore,
  query: TracePage,
  signal?: AbortSignal,
): Promise<{ found: FoundTrace[]; filter: CompiledFilter }> {
  const candidates = await findCandidates(telemetry, query, signal);
  const { sql, values, filter } = tracesSql({ ...query, ...(candidates ? { candidates } : {}) });
  if (candidates?.length === 0) return { found: [], filter };
  const atoms = filter.rest?.atoms ?? [];
  const found = await telemetry.query<FoundTrace>(
    `SELECT traceId, startMicros, [${atoms.map((atom) => `toUInt8(${atom})`).join(', ')}]::Array(UInt8) AS atoms FROM (${sql})
     WHERE ${filter.condition}
       ${query.share === undefined ? '' : 'AND cityHash64(traceId) % 1000000 < {share:UInt32}'}
       ${query.after ? 'AND (startMicros, traceId) < ({afterMicros:Int64}, {afterId:String})' : ''}
     ORDER BY startMicros DESC, traceId DESC LIMIT {limit:UInt32}`,
    {
      ...values,
      limit: query.limit,
      share: Math.round((query.share ?? 1) * 1e6),
      afterMicros: query.after?.startMicros ?? '0',
      afterId: query.after?.traceId ?? '',
    },
    { timeoutMs: 30_000, settings: searchSettings, ...(signal ? { signal } : {}) },
  );
  return { found, filter };
}

/** The ids of all traces that can match, where a part of the filter has an index and leaves few. */
async function findCandidates(
  telemetry: TelemetryStore,
  query: TraceQuery,
  signal: AbortSignal | undefined,
): Promise<TraceId[] | undefined> {
  const { rows, values, filter } = tracesSql(query);
  if (filter.rareSegment === undefined) return undefined;
  const ids = await telemetry.query<{ traceId: TraceId }>(
    `SELECT DISTINCT toString(trace_id) AS traceId FROM segments WHERE ${rows} AND ${filter.rareSegment} LIMIT ${candidatesMax + 1}`,
    values,
    { timeoutMs: 30_000, ...(signal ? { signal } : {}) },
  );
  return ids.length > candidatesMax ? undefined : ids.map(({ traceId }) => traceId);
}

const candidatesMax = 2000;

/** More ids than this are in most granules anyway: looking each up in their filters takes longer than reading them. */
const searchSettings = { use_index_for_in_with_subqueries_max_values: 10_000 };

/** Ranges with more segments than this are counted by the traces of their newest ones. */
const exactRowsMax = 20_000;

/** How many traces the range holds, matching or not; of a large one, about how many. */
export async function countAllTraces(
  telemetry: TelemetryStore,
  query: TraceQuery & Pick<TracePage, 'asOfMs' | 'windowStartMs' | 'windowEndMs'>,
): Promise<number> {
  const values = {
    account: query.account,
    region: query.region,
    from: Math.round(Math.max(query.windowStartMs ?? 0, query.startMs)),
    to: Math.round(Math.min(query.windowEndMs ?? Number.POSITIVE_INFINITY, query.endMs)),
  };
  const inRange = `account = {account:String} AND region = {region:String}
    AND start >= fromUnixTimestamp64Milli({from:Int64}) AND start < fromUnixTimestamp64Milli({to:Int64})`;
  const [all] = await telemetry.query<{ rows: string }>(
    `SELECT count() AS rows FROM segments WHERE ${inRange}`,
    values,
    { timeoutMs: 30_000 },
  );
  const rows = Number(all?.rows ?? 0);
  if (rows > exactRowsMax) {
    const sample = { ...values, from: Math.round(values.to - ((values.to - values.from) * exactRowsMax) / rows) };
    const [part] = await telemetry.query<{ rows: string; traces: string }>(
      `SELECT count() AS rows, uniqExact(trace_id) AS traces FROM segments WHERE ${inRange}`,
      sample,
      { timeoutMs: 30_000 },
    );
    if (Number(part?.rows ?? 0) > 0) return Math.round((rows * Number(part!.traces)) / Number(part!.rows));
  }
  const { sql, values: exact } = tracesSql({ ...query, filterExpression: '' });
  const [row] = await telemetry.query<{ count: string }>(`SELECT count() AS count FROM (${sql})`, exact, {
    timeoutMs: 30_000,
  });
  return Number(row?.count ?? 0);
}

/** Matching traces by the minute of their start, thinned ones counted by those that stand for them; minutes without any are absent. */
export async function countTracesByMinute(
  telemetry: TelemetryStore,
  query: TraceQuery,
): Promise<{ timestampMs: number; count: number }[]> {
  const { sql, values, filter } = tracesSql(query);
  requireSql(filter);
  const rows = await telemetry.query<{ minute: number; count: string }>(
    `SELECT intDiv(startMicros, 60000000) AS minute, sum(if(kept.traces = 0, 1, kept.traces)) AS count
     FROM (SELECT * FROM (${sql}) WHERE ${filter.condition}) AS found
     LEFT JOIN (${weightsNear(query)}) AS kept ON found.trace_id = kept.trace_id GROUP BY minute ORDER BY minute`,
    values,
    { timeoutMs: 30_000 },
  );
  return rows.map(({ minute, count }) => ({ timestampMs: Number(minute) * 60_000, count: Number(count) }));
}

/** Matching traces of one outcome whose response times fall into one bucket (seconds, as `bucketSql` rounds). */
export interface TraceOutcomes {
  readonly fault: boolean;
  readonly error: boolean;
  readonly throttle: boolean;
  readonly bucket: number;
  readonly count: number;
}

/** What became of the matching traces, and how long they took to answer. */
export async function countTraceOutcomes(telemetry: TelemetryStore, query: TraceQuery): Promise<TraceOutcomes[]> {
  const { sql, values, filter } = tracesSql(query);
  requireSql(filter);
  const isAll = filter.condition === 'true' && filter.prefilter === 'true';
  const traces = `SELECT root.1 AS fault, root.2 AS error, any_throttle AS throttle, root.8 AS seconds FROM (${sql}) WHERE ${filter.condition}`;
  const rows = await telemetry.query<Record<'fault' | 'error' | 'throttle' | 'bucket' | 'count', string | number>>(
    `SELECT fault, error, throttle, ${bucketSql('seconds')} AS bucket, count() AS count FROM (${isAll ? allTracesSql : traces})
     GROUP BY fault, error, throttle, bucket`,
    values,
    { timeoutMs: 30_000, settings: { use_index_for_in_with_subqueries_max_values: 2_000 } },
  );
  return rows.map((row) => ({
    fault: Number(row.fault) === 1,
    error: Number(row.error) === 1,
    throttle: Number(row.throttle) === 1,
    bucket: Number(row.bucket),
    count: Number(row.count),
  }));
}

const ofScope = 'account = {account:String} AND region = {region:String}';
const inRange = `${ofScope} AND start >= fromUnixTimestamp64Milli({rangeFrom:Int64}) AND start < fromUnixTimestamp64Milli({rangeTo:Int64})`;

/**
 * All traces that begin in a range, without putting them together. The root is the one that filters ask, as far as it
 * begins in the range. What has begun before is left out: of the minute before, all ids are read for that; of earlier
 * ones those of traces without a root here, which an index finds. So a trace whose root comes a minute after all else
 * of it is counted twice.
 */
const allTracesSql = `
  SELECT root.1 AS fault, root.2 AS error, traceId IN (
    SELECT trace_id FROM segments WHERE ${ofScope} AND throttle = 1
      AND start >= fromUnixTimestamp64Milli({rangeFrom:Int64}) AND start < fromUnixTimestamp64Milli({wideTo:Int64})) AS throttle,
    root.3 AS seconds
  FROM (
    SELECT trace_id AS traceId, argMinIf(
      tuple(fault, error, (toUnixTimestamp64Micro(end) - toUnixTimestamp64Micro(start)) / 1e6),
      tuple(parent_id != '', start, id, in_progress, -toUnixTimestamp64Micro(end)), kind = 'segment') AS root
    FROM segments WHERE ${inRange}
      AND trace_id NOT IN (SELECT trace_id FROM segments WHERE ${ofScope}
        AND start >= fromUnixTimestamp64Milli({rangeFrom:Int64} - 60000) AND start < fromUnixTimestamp64Milli({rangeFrom:Int64})
        AND trace_id IN (SELECT trace_id FROM segments WHERE ${inRange}))
      AND trace_id NOT IN (SELECT trace_id FROM segments WHERE ${ofScope}
        AND start >= fromUnixTimestamp64Milli({wideFrom:Int64}) AND start < fromUnixTimestamp64Milli({rangeFrom:Int64} - 60000)
        AND trace_id IN (SELECT trace_id FROM segments WHERE ${inRange} GROUP BY trace_id HAVING min(parent_id != '')))
    GROUP BY trace_id)`;

/** A condition on `trace_id` that holds for the traces of the range that match the filter. */
export function traceCondition(query: TraceQuery & { readonly asOfMs?: number }): {
  condition: string;
  values: Record<string, QueryParameter>;
} {
  const { sql, values, filter } = tracesSql(query);
  requireSql(filter);
  return { condition: `trace_id IN (SELECT trace_id FROM (${sql}) WHERE ${filter.condition})`, values };
}

/** Counts and maps are made by the engine, which knows no root causes. */
function requireSql(filter: CompiledFilter): void {
  if (filter.rest) throw new FilterExpressionError('Root causes can only be used to list traces; this starts', 0);
}

/** No insert is on its way for longer. */
const insertMsMax = 60_000;

/**
 * What is visible now: rows are stored one batch after the other, so nothing older appears later. Where it is known until
 * when arrivals have been looked at (`seenMs`), only what came since has to be looked through.
 */
export async function readNewestStored(telemetry: TelemetryStore, now: Date, seenMs = 0): Promise<number> {
  const since = Math.max(now.getTime() - 86_400_000, seenMs - insertMsMax);
  const [row] = await telemetry.query<{ newest: string }>(
    'SELECT toUnixTimestamp64Milli(max(stored)) AS newest FROM segments WHERE stored > fromUnixTimestamp64Milli({since:Int64})',
    { since },
  );
  return Math.max(Number(row?.newest ?? 0), since);
}

type SelectedTraces = TraceQuery &
  Pick<TracePage, 'asOfMs' | 'windowStartMs' | 'windowEndMs' | 'among' | 'amongParameters'> & {
    readonly candidates?: readonly TraceId[];
  };

function tracesSql(query: SelectedTraces): {
  sql: string;
  /** What selects the segments of the range, with some margin. */
  rows: string;
  values: Record<string, QueryParameter>;
  filter: CompiledFilter;
} {
  const snapshot = query.asOfMs === undefined ? '' : ' AND stored <= fromUnixTimestamp64Milli({asOf:Int64})';
  const isWindowed = query.windowStartMs !== undefined;
  const startMs = query.windowStartMs ?? query.startMs;
  const endMs = query.windowEndMs ?? query.endMs;
  const window =
    query.rangeType === 'Event' && !isWindowed
      ? 'start < fromUnixTimestamp64Milli({rangeTo:Int64} + 86400000)'
      : 'start >= fromUnixTimestamp64Milli({wideFrom:Int64}) AND start < fromUnixTimestamp64Milli({wideTo:Int64})';
  const scope = 'account = {account:String} AND region = {region:String}';
  const named = query.candidates ? ' AND trace_id IN {candidates:Array(String)}' : '';
  const among = `${named}${query.among === undefined ? '' : ` AND trace_id IN ${query.among}`}`;
  const rows = `${scope} AND ${window}${snapshot}${among}`;
  const parameters = new SqlParameters();
  const filter = compileFilter(
    query.filterExpression,
    { rows, callRows: `${scope} AND ${window}${among}`, groups: query.groups, accountId: query.account },
    parameters,
  );
  // What begins a trace of this range lies before its end; all else is asked only by a condition on whole traces.
  const startsOnly = query.rangeType === 'TraceId' && filter.condition === 'true' && !filter.rest;
  const startRows = `${scope} AND start >= fromUnixTimestamp64Milli({wideFrom:Int64}) AND start < fromUnixTimestamp64Milli({rangeTo:Int64})${snapshot}${among}`;
  const inRange = {
    TraceId: 'startMicros >= {rangeFrom:Int64} * 1000 AND startMicros < {rangeTo:Int64} * 1000',
    Event: `countIf(stored >= fromUnixTimestamp64Milli({rangeFrom:Int64}) AND stored < fromUnixTimestamp64Milli({rangeTo:Int64})) > 0`,
    Service: `countIf(in_progress = 0 AND end >= fromUnixTimestamp64Milli({rangeFrom:Int64}) AND end < fromUnixTimestamp64Milli({rangeTo:Int64})) > 0`,
  }[query.rangeType];
  const sql = `
    SELECT trace_id, toString(trace_id) AS traceId, toUnixTimestamp64Micro(min(start)) AS startMicros, ${traceAggregateColumns}
    FROM segments WHERE ${startsOnly ? startRows : rows} AND ${newestVersion(rows)} AND ${filter.prefilter}
    GROUP BY trace_id HAVING ${inRange}
      ${isWindowed ? 'AND startMicros >= {windowFrom:Int64} * 1000 AND startMicros < {windowTo:Int64} * 1000' : ''}`;
  return {
    sql,
    rows,
    filter,
    values: {
      ...(query.candidates ? { candidates: [...query.candidates] } : {}),
      ...parameters.values,
      account: query.account,
      region: query.region,
      rangeFrom: Math.round(query.startMs),
      rangeTo: Math.round(query.endMs),
      windowFrom: Math.round(startMs),
      windowTo: Math.round(endMs),
      wideFrom: Math.round(startMs - beforeMs),
      wideTo: Math.round(endMs + afterMs),
      ...query.amongParameters,
      asOf: Math.round(query.asOfMs ?? 0),
    },
  };
}

/**
 * Leaves out in-progress documents whose complete document has come. The count is known before the rest is planned:
 * where nothing is in progress the whole condition is a constant and costs nothing.
 */
export function newestVersion(rows: string): string {
  return `((SELECT count() FROM segments WHERE ${rows} AND in_progress = 1) = 0 OR in_progress = 0 OR (trace_id, id) NOT IN (
      SELECT trace_id, id FROM segments WHERE ${rows} AND in_progress = 0 AND (trace_id, id) IN (
        SELECT trace_id, id FROM segments WHERE ${rows} AND in_progress = 1)))`;
}
