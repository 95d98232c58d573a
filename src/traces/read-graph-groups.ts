import type { QueryParameter, TelemetryStore } from '../stores/telemetry/store.ts';
import type { AccountRegion } from '../wire/aws/call-context.ts';
import type { EdgeGroup, NodeGroup, StatusClass } from './graph/build-graph.ts';
import { bucketSql } from './graph/histogram.ts';
import { resolveOwners, type StructureRow, type UnownedCall } from './graph/resolve-owners.ts';

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
}

export interface GraphGroups {
  readonly nodes: (NodeGroup & { window: number })[];
  readonly edges: (EdgeGroup & { window: number })[];
}

/** A callee starts this much before (clocks differ) or after its call, as far as a map is concerned. */
const calleeBeforeMs = 60_000;
const calleeAfterMs = 3_600_000;
const recentMs = 30_000;
const unownedMax = 50_000;

const seconds = '(toUnixTimestamp64Micro(end) - toUnixTimestamp64Micro(start)) / 1e6';
const loopback = "match(callName, '^(127[.]|localhost$|.*::1)')";
const measures = `count() AS count, sum(seconds) AS totalSeconds,
  min(toUnixTimestamp64Micro(start)) / 1e6 AS startSeconds, max(toUnixTimestamp64Micro(end)) / 1e6 AS endSeconds`;

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
): Promise<GraphGroups> {
  const parameters = {
    ...selection.parameters,
    account: selection.account,
    region: selection.region,
    from: Math.round(selection.startMs * 1000),
    to: Math.round(selection.endMs * 1000),
    calleeFrom: Math.round((selection.startMs - calleeBeforeMs) * 1000),
    calleeTo: Math.round((selection.endMs + calleeAfterMs) * 1000),
    recentAfter: Math.round((now.getTime() - recentMs) * 1000),
    period: selection.periodSeconds ?? 1_000_000_000,
    asOf: Math.round(selection.asOfMs ?? 0),
  };
  const scope = `account = {account:String} AND region = {region:String}${
    selection.traceCondition ? ` AND ${selection.traceCondition}` : ''
  }${selection.asOfMs === undefined ? '' : ' AND stored <= fromUnixTimestamp64Milli({asOf:Int64})'}`;
  const options = { ...(signal ? { signal } : {}), timeoutMs: 30_000 };
  const [versions] = await telemetry.query<{ segments: number; calls: number }>(
    `SELECT (${versionsSql('segments', scope, "kind = 'segment'")}) AS segments, (${versionsSql('calls', scope, 'true')}) AS calls`,
    parameters,
    options,
  );
  const ofSegments = Number(versions?.segments) !== 0;
  const [nodes, edges, direct, resolved] = await Promise.all([
    telemetry.query<Row>(nodesSql(scope, ofSegments), parameters, options),
    telemetry.query<Row>(edgesSql(scope, Number(versions?.calls) !== 0), parameters, options),
    telemetry.query<Row>(directEdgesSql(scope, ofSegments), parameters, options),
    readUnowned(telemetry, scope, parameters, options),
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

const range = 'start >= fromUnixTimestamp64Micro({from:Int64}) AND start < fromUnixTimestamp64Micro({to:Int64})';
const calleeRange =
  'start >= fromUnixTimestamp64Micro({calleeFrom:Int64}) AND start < fromUnixTimestamp64Micro({calleeTo:Int64})';
const windowSql = 'intDiv(toUnixTimestamp(start), {period:UInt32}) * {period:UInt32}';

/**
 * A segment or call by one number: grouping and joining by it costs a quarter of what the two texts cost. Two of a
 * million have the same one once in forty million maps.
 */
const keyOf = (id: string) => `cityHash64(trace_id, ${id})`;

// Versions of one id agree in all but times and flags; a maximum of each column costs a fraction of argMax over
// all of them, and as independent of their order.
const newestFlags = (version: string) => `argMax(fault * 4 + throttle * 2 + error, ${version}) AS flags`;
const statusOfFlags = "multiIf(flags >= 4, 'fault', flags >= 2, 'throttle', flags = 1, 'error', 'ok')";

const flags = 'fault * 4 + throttle * 2 + error AS flags';

/** Completed segments, each once; with `hasVersions` false they are known to be there once only. */
const newestSegments = (scope: string, condition: string, hasVersions: boolean) =>
  hasVersions
    ? `
    SELECT any(trace_id) AS traceId, max(name) AS nodeName, max(type) AS nodeType, max(parent_id) AS parentId,
      max(start) AS first, max(end) AS last, ${newestFlags('tuple(end, hash)')}
    FROM segments WHERE ${scope} AND ${range} AND kind = 'segment' AND in_progress = 0 AND ${condition}
    GROUP BY ${keyOf('id')}`
    : `
    SELECT trace_id AS traceId, name AS nodeName, type AS nodeType, parent_id AS parentId, start AS first, end AS last, ${flags}
    FROM segments WHERE ${scope} AND ${range} AND kind = 'segment' AND in_progress = 0 AND ${condition}`;

/** Whether anything was stored more than once: mostly not, and then nothing needs to be put together. */
const versionsSql = (table: string, scope: string, condition: string) =>
  `SELECT count() != uniqExact(${keyOf('id')}) FROM ${table} WHERE ${scope} AND ${range} AND in_progress = 0 AND ${condition}`;

function nodesSql(scope: string, hasVersions: boolean): string {
  return `
SELECT name, type, isRoot, status, bucket, window, ${measures} FROM (
  SELECT nodeName AS name, nodeType AS type, parentId = '' AS isRoot, first AS start, last AS end, ${statusOfFlags} AS status,
    ${seconds} AS seconds, ${bucketSql('seconds')} AS bucket, ${windowSql} AS window
  FROM (${newestSegments(scope, 'true', hasVersions)})
) GROUP BY name, type, isRoot, status, bucket, window`;
}

const newestCalls = (scope: string, condition: string, hasVersions: boolean) =>
  hasVersions
    ? `
  SELECT any(trace_id) AS traceId, any(id) AS callId, ${keyOf('id')} AS callKey, max(owner_name) AS ownerName,
    max(owner_type) AS ownerType, max(name) AS callName, max(path) AS callPath, max(target_name) AS targetName,
    max(target_type) AS targetType, max(start) AS first, max(end) AS last, max(parent_id) AS parentId, ${newestFlags('end')}
  FROM calls WHERE ${scope} AND ${range} AND in_progress = 0 AND ${condition}
  GROUP BY callKey`
    : `
  SELECT trace_id AS traceId, id AS callId, ${keyOf('id')} AS callKey, owner_name AS ownerName, owner_type AS ownerType,
    name AS callName, path AS callPath, target_name AS targetName, target_type AS targetType, start AS first, end AS last,
    parent_id AS parentId, ${flags}
  FROM calls WHERE ${scope} AND ${range} AND in_progress = 0 AND ${condition}`;

const callees = (scope: string) => `
  SELECT DISTINCT ${keyOf('parent_id')} AS callKey, name AS calleeName, type AS calleeType FROM segments
  WHERE ${scope} AND ${calleeRange} AND kind = 'segment' AND parent_id != ''`;

/** A call directly inside an AWS call is how that call was made, unless it reached a service of its own. */
const insideAwsCall = (scope: string) =>
  `cityHash64(traceId, parentId) IN (SELECT ${keyOf('id')} FROM calls WHERE ${scope} AND ${calleeRange} AND namespace = 'aws')`;

function edgesSql(scope: string, hasVersions: boolean): string {
  return `
SELECT ownerName, ownerType, callName, hint, calleeName, calleeType, targetName, targetType, isRecent, status, bucket, window, ${measures}
FROM (
  SELECT ownerName, ownerType, callName, if(${loopback}, replaceRegexpAll(callPath, '[0-9]+', '#'), '') AS hint,
    calleeName, calleeType, targetName, targetType, last > fromUnixTimestamp64Micro({recentAfter:Int64}) AS isRecent,
    first AS start, last AS end, ${statusOfFlags} AS status, ${seconds} AS seconds, ${bucketSql('seconds')} AS bucket,
    ${windowSql} AS window
  FROM (${newestCalls(scope, 'owner_known = 1', hasVersions)}) AS call
  LEFT JOIN (${callees(scope)}) AS callee ON call.callKey = callee.callKey
  WHERE calleeName != '' OR NOT ${insideAwsCall(scope)}
) GROUP BY ownerName, ownerType, callName, hint, calleeName, calleeType, targetName, targetType, isRecent, status, bucket, window`;
}

/** Segments whose parent is a segment itself: the callee's own time stands for the call. */
function directEdgesSql(scope: string, hasVersions: boolean): string {
  const owners = `FROM segments WHERE ${scope} AND ${calleeRange} AND kind = 'segment'`;
  const isOwned = `parent_id != '' AND ${keyOf('parent_id')} IN (SELECT ${keyOf('id')} ${owners})`;
  return `
SELECT ownerName, ownerType, '' AS callName, '' AS hint, calleeName, calleeType, calleeName AS targetName,
  'remote' AS targetType, 0 AS isRecent, status, bucket, window, ${measures}
FROM (
  SELECT owner.name AS ownerName, owner.type AS ownerType, callee.nodeName AS calleeName, callee.nodeType AS calleeType,
    callee.first AS start, callee.last AS end, ${statusOfFlags} AS status, ${seconds} AS seconds,
    ${bucketSql('seconds')} AS bucket, ${windowSql} AS window
  FROM (SELECT *, cityHash64(traceId, parentId) AS ownerKey FROM (${newestSegments(scope, isOwned, hasVersions)})) AS callee
  INNER JOIN (SELECT DISTINCT ${keyOf('id')} AS ownerKey, name, type ${owners}) AS owner ON callee.ownerKey = owner.ownerKey
) GROUP BY ownerName, ownerType, calleeName, calleeType, status, bucket, window`;
}

function unownedCallsSql(scope: string): string {
  return `
SELECT toString(call.traceId) AS traceId, toString(callId) AS id, parentId, callName, callPath AS path, targetName, targetType,
  first AS start, last AS end, ${statusOfFlags} AS status,
  ${seconds} AS seconds, ${bucketSql('seconds')} AS bucket, toUnixTimestamp64Micro(start) / 1e6 AS startSeconds,
  toUnixTimestamp64Micro(end) / 1e6 AS endSeconds, end > fromUnixTimestamp64Micro({recentAfter:Int64}) AS isRecent, ${windowSql} AS window
FROM (${newestCalls(scope, 'owner_known = 0', true)}) AS call WHERE NOT ${insideAwsCall(scope)}
ORDER BY traceId, id LIMIT ${unownedMax}`;
}

/** Calls of streamed subsegments; most ranges have none, which one narrow column tells. */
async function readUnowned(
  telemetry: TelemetryStore,
  scope: string,
  parameters: Record<string, QueryParameter>,
  options: { timeoutMs: number; signal?: AbortSignal },
): Promise<(EdgeGroup & { window: number })[]> {
  const [any] = await telemetry.query<{ count: string }>(
    `SELECT count() AS count FROM calls WHERE ${scope} AND ${range} AND owner_known = 0`,
    parameters,
    options,
  );
  if (Number(any?.count ?? 0) === 0) return [];
  const calls = await telemetry.query<UnownedCall>(unownedCallsSql(scope), parameters, options);
  if (calls.length === 0) return [];
  const structure = await telemetry.query<StructureRow>(
    `SELECT toString(trace_id) AS traceId, toString(id) AS id, parent_id AS parentId, kind, name, type,
      arrayMap(x -> toString(x), subsegment_ids) AS subsegmentIds
     FROM segments WHERE account = {account:String} AND region = {region:String} AND ${calleeRange}
       AND trace_id IN {traceIds:Array(String)} ORDER BY trace_id, id, stored`,
    { ...parameters, traceIds: [...new Set(calls.map(({ traceId }) => traceId))] },
  );
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

function toEdgeGroup(row: Row): EdgeGroup & { window: number } {
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
