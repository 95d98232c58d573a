import type { QueryOptions, QueryParameter, TelemetryStore } from '../stores/telemetry/store.ts';
import type { AccountRegion } from '../wire/aws/call-context.ts';
import type { CountGroup, EdgeKey, NodeKey, StatusClass } from './graph/build-graph.ts';
import { countRequests } from './graph/count-requests.ts';
import {
  countUnownedSql,
  directEdgesSql,
  edgesSql,
  type GraphSource,
  nodesSql,
  structureSql,
  type TimeRange,
  unownedCallsSql,
  versionsSql,
} from './graph/graph-sql.ts';
import { resolveOwners, type StructureRow, type UnownedCalls } from './graph/resolve-owners.ts';
import { readRequests } from './read-requests.ts';

/** Which part of the store a map is made of. */
export interface GraphSelection extends AccountRegion {
  readonly startMs: number;
  readonly endMs: number;
  /** A condition on `trace_id` with its parameters. */
  readonly traceCondition?: string;
  readonly parameters?: Readonly<Record<string, QueryParameter>>;
  /** Only what was stored until then. */
  readonly asOfMs?: number;
  /** Adds the start of the window of this many seconds to each group. */
  readonly periodSeconds?: number;
  /** Edges are not asked for: they are left out of what is counted. */
  readonly withoutEdges?: boolean;
  /** The traces are named: whatever belongs to them belongs together, however far apart. */
  readonly isOfWholeTraces?: boolean;
}

type Windowed = { readonly window: number };

/** Requests read one status and bucket at a time. */
export interface GraphGroups {
  readonly nodes: readonly (NodeKey & CountGroup & Windowed)[];
  readonly edges: readonly (EdgeKey & CountGroup & Windowed)[];
}

/** The map would take more time or memory than one answer may; the message says so. */
export class MapTooLargeError extends Error {}

/** What the queries of a map may take at a time, three of them side by side. */
const querySettings = { max_memory_usage: 500_000_000, max_bytes_before_external_group_by: 200_000_000 };
/** Every statement carries its own constants: compiled, a short range would take longer. A long scan is worth it. */
const uncompiled = { compile_expressions: 0, compile_aggregate_expressions: 0 };
const longMs = 3_600_000;
const shortMs = 600_000;
const queryMs = 30_000;
const recentMs = 30_000;
const unownedMax = 50_000;
const noWindow = 1_000_000_000;

type Row = Record<string, string | number>;

/**
 * Counts of all requests of a range, by service, by call and callee, status and duration. Only completed documents count,
 * each once however often it was sent.
 */
export async function readGraphGroups(
  telemetry: TelemetryStore,
  selection: GraphSelection,
  now: Date,
  signal?: AbortSignal,
  ranges: readonly TimeRange[] = [selection],
  leftMs: () => number = () => queryMs,
): Promise<GraphGroups> {
  const parameters = {
    ...selection.parameters,
    account: selection.account,
    region: selection.region,
    recentAfter: recentAfterMicros(now),
    period: selection.periodSeconds ?? noWindow,
    asOf: Math.round(selection.asOfMs ?? 0),
  };
  const scope = `account = {account:String} AND region = {region:String}${
    selection.traceCondition ? ` AND ${selection.traceCondition}` : ''
  }${selection.asOfMs === undefined ? '' : ' AND stored <= fromUnixTimestamp64Milli({asOf:Int64})'}`;
  const source: GraphSource = { scope, ranges, isByMinute: selection.isOfWholeTraces !== true };
  const lengthMs = ranges.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0);
  const settings = lengthMs > longMs ? querySettings : { ...querySettings, ...uncompiled };
  const within = async <T>(ask: (options: QueryOptions) => Promise<T>): Promise<T> => {
    const timeoutMs = leftMs();
    if (timeoutMs <= 0) throw new MapTooLargeError('time');
    return ask({ timeoutMs, settings, ...(signal ? { signal } : {}) }).catch((error: unknown) => {
      const limit = limitOf(error);
      throw limit ? new MapTooLargeError(limit) : error;
    });
  };
  const query = <T = Row>(sql: string, more: Record<string, QueryParameter> = {}) =>
    within((options) => telemetry.query<T>(sql, { ...parameters, ...more }, options));
  const isShort = lengthMs <= shortMs && !selection.traceCondition && source.isByMinute;
  const queryBytes = (sql: string) => within((options) => telemetry.queryBytes(sql, parameters, options));
  const rows = isShort ? await readRequests(queryBytes, source, selection.withoutEdges === true) : undefined;
  if (rows) {
    const { nodes, edges } = countRequests(rows, ranges, {
      periodSeconds: parameters.period,
      recentAfterMicros: parameters.recentAfter,
    });
    const hasUnowned = rows.calls.some(({ ownerKnown }) => !ownerKnown);
    return { nodes, edges: hasUnowned ? [...edges, ...(await readUnowned(query, source))] : edges };
  }
  // Of little, putting versions together takes less time than asking whether there are any.
  const [versions] = lengthMs > shortMs ? await query(versionsSql(source)) : [undefined];
  const ofSegments = Number(versions?.segments ?? 1) !== 0;
  const ofCalls = Number(versions?.calls ?? 1) !== 0;
  const [nodes, edges, direct, resolved] = await Promise.all([
    query(nodesSql(source, ofSegments)),
    selection.withoutEdges ? [] : query(edgesSql(source, ofCalls)),
    selection.withoutEdges ? [] : query(directEdgesSql(source, ofSegments)),
    selection.withoutEdges ? [] : readAnyUnowned(query, source, ofCalls, versions?.unowned),
  ]);
  return {
    nodes: nodes.map((row) => ({
      ...toCounts(row),
      name: text(row.name),
      type: text(row.type),
      isRoot: Number(row.isRoot) === 1,
    })),
    edges: [...[...edges, ...direct].map(toEdgeGroup), ...resolved],
  };
}

/** Which of its limits the engine stopped a query at. */
function limitOf(error: unknown): string | undefined {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? engineLimits[code] : undefined;
}

const engineLimits: Readonly<Record<string, string>> = {
  158: 'rows',
  159: 'time',
  160: 'time',
  191: 'memory',
  241: 'memory',
  307: 'rows',
  396: 'rows',
};

/** What ended after this may still have a callee on its way. */
export const recentAfterMicros = (now: Date): number => Math.round((now.getTime() - recentMs) * 1000);

async function readAnyUnowned(query: Query, source: GraphSource, hasVersions: boolean, known?: string | number) {
  const count = known ?? (await query<{ count: string }>(countUnownedSql(source)))[0]?.count;
  return Number(count) === 0 ? [] : readUnowned(query, source, hasVersions);
}

type Query = <T>(sql: string, more?: Record<string, QueryParameter>) => Promise<T[]>;

/** Calls of streamed subsegments: whose they are is found by following parents. Most ranges have none. */
export async function readUnowned(
  query: Query,
  source: GraphSource,
  hasVersions = true,
): Promise<(EdgeKey & CountGroup & Windowed)[]> {
  const calls = await query<UnownedCalls>(unownedCallsSql(source, hasVersions, unownedMax));
  if (calls.length === 0) return [];
  const structure = await query<StructureRow>(structureSql(source), {
    traceIds: [...new Set(calls.map(({ traceId }) => traceId))],
  });
  return resolveOwners(calls, structure);
}

function toCounts(row: Row) {
  return {
    status: row.status as StatusClass,
    bucket: Number(row.bucket),
    count: Number(row.count),
    totalSeconds: Number(row.totalSeconds),
    start: Number(row.startSeconds),
    end: Number(row.endSeconds),
    window: Number(row.window),
  };
}

function toEdgeGroup(row: Row): EdgeKey & CountGroup & Windowed {
  return {
    ...toCounts(row),
    ownerName: text(row.ownerName),
    ownerType: text(row.ownerType),
    callName: text(row.callName),
    hint: text(row.hint),
    calleeName: text(row.calleeName),
    calleeType: text(row.calleeType),
    targetName: text(row.targetName),
    targetType: text(row.targetType),
    isRecent: Number(row.isRecent) === 1,
  };
}

const text = (value: unknown): string => String(value ?? '');
