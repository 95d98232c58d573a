import { bucketSql } from './histogram.ts';

/** Epoch milliseconds; `endMs` is exclusive. */
export interface TimeRange {
  readonly startMs: number;
  readonly endMs: number;
}

/** What the queries of a map select. Conditions are SQL; bound values are their author's business. */
export interface GraphSource {
  /** Of both tables: account, region, and whatever narrows the traces. */
  readonly scope: string;
  /** Requests that start in these are counted. */
  readonly ranges: readonly TimeRange[];
  /**
   * Whether callees and owners have to start near what they belong to. Then each minute's counts are the same whatever
   * range they are asked for with, and minutes can be added up. Without it, anything within the margins belongs.
   */
  readonly isByMinute: boolean;
}

/**
 * As far as a map is concerned, a callee starts this many minutes before (clocks differ) or after its call, and who
 * makes a call without recording it starts this many minutes before it.
 */
export const calleeMinutes = { before: 1, after: 60 } as const;
export const ownerMinutes = { before: 10, after: 1 } as const;
/** A segment that streams its subsegments may have begun long before them. */
export const streamMinutes = { before: 60, after: 60 } as const;

const minuteMs = 60_000;
const seconds = '(toUnixTimestamp64Micro(end) - toUnixTimestamp64Micro(start)) / 1e6';
const loopback = "match(callName, '^(127[.]|localhost$|.*::1)')";
const measures = `count() AS count, sum(seconds) AS totalSeconds,
  min(toUnixTimestamp64Micro(start)) / 1e6 AS startSeconds, max(toUnixTimestamp64Micro(end)) / 1e6 AS endSeconds`;
const windowSql = 'intDiv(toUnixTimestamp(start), {period:UInt32}) * {period:UInt32}';
const minuteSql = (time: string) => `intDiv(toUnixTimestamp(${time}), 60)`;

/** SQL: starts in one of the ranges. */
export const startsIn = (ranges: readonly TimeRange[]): string =>
  ranges.length === 0
    ? 'false'
    : `(${ranges
        .map(({ startMs, endMs }) => `(start >= ${micros(startMs)} AND start < ${micros(endMs)})`)
        .join(' OR ')})`;

const micros = (ms: number) => `fromUnixTimestamp64Micro(toInt64(${Math.round(ms * 1000)}), 'UTC')`;

/** Ranges with a margin of whole minutes, joined where they then overlap. */
export function widen(ranges: readonly TimeRange[], margin: { before: number; after: number }): TimeRange[] {
  const wide: { startMs: number; endMs: number }[] = [];
  for (const { startMs, endMs } of [...ranges].sort((a, b) => a.startMs - b.startMs)) {
    const next = {
      startMs: (Math.floor(startMs / minuteMs) - margin.before) * minuteMs,
      endMs: (Math.ceil(endMs / minuteMs) + margin.after) * minuteMs,
    };
    const last = wide.at(-1);
    if (last && next.startMs <= last.endMs) last.endMs = Math.max(last.endMs, next.endMs);
    else wide.push(next);
  }
  return wide;
}

const nearCallees = ({ ranges }: GraphSource) => startsIn(widen(ranges, calleeMinutes));
const nearStreams = ({ ranges }: GraphSource) => startsIn(widen(ranges, streamMinutes));
const nearOwners = ({ ranges }: GraphSource) => startsIn(widen(ranges, ownerMinutes));

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
function newestSegments({ scope, ranges }: GraphSource, condition: string, hasVersions: boolean): string {
  const rows = `FROM segments WHERE ${scope} AND ${startsIn(ranges)} AND kind = 'segment' AND in_progress = 0 AND ${condition}`;
  return hasVersions
    ? `
    SELECT any(trace_id) AS traceId, max(name) AS nodeName, max(type) AS nodeType, max(parent_id) AS parentId,
      max(start) AS first, max(end) AS last, ${newestFlags('tuple(end, hash)')}
    ${rows} GROUP BY ${keyOf('id')}`
    : `
    SELECT trace_id AS traceId, name AS nodeName, type AS nodeType, parent_id AS parentId, start AS first, end AS last, ${flags}
    ${rows}`;
}

/** Whether anything was stored more than once: mostly not, and then nothing needs to be put together. */
export function versionsSql(source: GraphSource): string {
  const count = (table: string, condition: string) =>
    `SELECT count() != uniqExact(${keyOf('id')}) FROM ${table} WHERE ${source.scope} AND ${startsIn(source.ranges)} AND in_progress = 0 AND ${condition}`;
  return `SELECT (${count('segments', "kind = 'segment'")}) AS segments, (${count('calls', 'true')}) AS calls,
    (${countUnownedSql(source)}) AS unowned`;
}

/** Calls that do not say whose they are. */
export const countUnownedSql = ({ scope, ranges }: GraphSource): string =>
  `SELECT count() AS count FROM calls WHERE ${scope} AND ${startsIn(ranges)} AND owner_known = 0`;

/** Segments by service: name, type, isRoot, status, bucket, window. */
export function nodesSql(source: GraphSource, hasVersions: boolean): string {
  return `
SELECT name, type, isRoot, status, bucket, window, ${measures} FROM (
  SELECT nodeName AS name, nodeType AS type, parentId = '' AS isRoot, first AS start, last AS end, ${statusOfFlags} AS status,
    ${seconds} AS seconds, ${bucketSql('seconds')} AS bucket, ${windowSql} AS window
  FROM (${newestSegments(source, 'true', hasVersions)})
) GROUP BY name, type, isRoot, status, bucket, window`;
}

function newestCalls({ scope, ranges }: GraphSource, condition: string, hasVersions: boolean): string {
  const rows = `FROM calls WHERE ${scope} AND ${startsIn(ranges)} AND in_progress = 0 AND ${condition}`;
  return hasVersions
    ? `
  SELECT any(trace_id) AS traceId, any(id) AS callId, ${keyOf('id')} AS callKey, max(owner_name) AS ownerName,
    max(owner_type) AS ownerType, max(name) AS callName, max(path) AS callPath, max(target_name) AS targetName,
    max(target_type) AS targetType, max(start) AS first, max(end) AS last, max(parent_id) AS parentId, ${newestFlags('end')}
  ${rows} GROUP BY callKey`
    : `
  SELECT trace_id AS traceId, id AS callId, ${keyOf('id')} AS callKey, owner_name AS ownerName, owner_type AS ownerType,
    name AS callName, path AS callPath, target_name AS targetName, target_type AS targetType, start AS first, end AS last,
    parent_id AS parentId, ${flags}
  ${rows}`;
}

/** Segments that answer a call. Their versions may start at different times. */
function callees(source: GraphSource): string {
  return `
  SELECT ${keyOf('parent_id')} AS callKey, name AS calleeName, type AS calleeType,
    min(${minuteSql('start')}) AS firstMinute, max(${minuteSql('start')}) AS lastMinute FROM segments
  WHERE ${source.scope} AND ${nearCallees(source)} AND kind = 'segment' AND parent_id != ''
  GROUP BY callKey, calleeName, calleeType`;
}

const calleeIsNear = `callee.firstMinute <= call.minute + ${calleeMinutes.after} AND callee.lastMinute + ${calleeMinutes.before} >= call.minute`;

/** A call directly inside an AWS call is how that call was made, unless it reached a service of its own. */
const insideAwsCall = (source: GraphSource) =>
  `cityHash64(traceId, parentId) IN (SELECT ${keyOf('id')} FROM calls WHERE ${source.scope} AND ${nearOwners(source)} AND namespace = 'aws')`;

/** Calls by owner, name and callee: ownerName ... targetType, isRecent, status, bucket, window. */
export function edgesSql(source: GraphSource, hasVersions: boolean): string {
  const calls = `SELECT *, ${minuteSql('first')} AS minute FROM (${newestCalls(source, 'owner_known = 1', hasVersions)})`;
  return `
SELECT ownerName, ownerType, callName, hint, calleeName, calleeType, targetName, targetType, isRecent, status, bucket, window, ${measures}
FROM (
  SELECT ownerName, ownerType, callName, if(${loopback}, replaceRegexpAll(callPath, '[0-9]+', '#'), '') AS hint,
    calleeName, calleeType, targetName, targetType, last > fromUnixTimestamp64Micro({recentAfter:Int64}) AS isRecent,
    first AS start, last AS end, ${statusOfFlags} AS status, ${seconds} AS seconds, ${bucketSql('seconds')} AS bucket,
    ${windowSql} AS window
  FROM (${calls}) AS call
  LEFT JOIN (${callees(source)}) AS callee
    ON call.callKey = callee.callKey ${source.isByMinute ? `AND ${calleeIsNear}` : ''}
  WHERE calleeName != '' OR NOT ${insideAwsCall(source)}
) GROUP BY ownerName, ownerType, callName, hint, calleeName, calleeType, targetName, targetType, isRecent, status, bucket, window`;
}

/** Segments whose parent is a segment itself: the callee's own time stands for the call. */
export function directEdgesSql(source: GraphSource, hasVersions: boolean): string {
  const owners = `FROM segments WHERE ${source.scope} AND ${nearOwners(source)} AND kind = 'segment'`;
  const isOwned = `parent_id != '' AND ${keyOf('parent_id')} IN (SELECT ${keyOf('id')} ${owners})`;
  const isNear = `owner.firstMinute <= intDiv(toUnixTimestamp(callee.first), 60) + ${ownerMinutes.after} AND owner.lastMinute + ${ownerMinutes.before} >= intDiv(toUnixTimestamp(callee.first), 60)`;
  return `
SELECT ownerName, ownerType, '' AS callName, '' AS hint, calleeName, calleeType, calleeName AS targetName,
  'remote' AS targetType, 0 AS isRecent, status, bucket, window, ${measures}
FROM (
  SELECT owner.name AS ownerName, owner.type AS ownerType, callee.nodeName AS calleeName, callee.nodeType AS calleeType,
    callee.first AS start, callee.last AS end, ${statusOfFlags} AS status, ${seconds} AS seconds,
    ${bucketSql('seconds')} AS bucket, ${windowSql} AS window
  FROM (SELECT *, cityHash64(traceId, parentId) AS ownerKey FROM (${newestSegments(source, isOwned, hasVersions)})) AS callee
  INNER JOIN (SELECT ${keyOf('id')} AS ownerKey, name, type, min(${minuteSql('start')}) AS firstMinute,
      max(${minuteSql('start')}) AS lastMinute ${owners} GROUP BY ownerKey, name, type) AS owner
    ON callee.ownerKey = owner.ownerKey ${source.isByMinute ? `WHERE ${isNear}` : ''}
) GROUP BY ownerName, ownerType, calleeName, calleeType, status, bucket, window`;
}

/** Calls of streamed subsegments by what they are directly inside of, call and callee. */
export function unownedCallsSql(source: GraphSource, hasVersions: boolean, max: number): string {
  const calls = `SELECT * FROM (${newestCalls(source, 'owner_known = 0', hasVersions)}) WHERE NOT ${insideAwsCall(source)}`;
  const keys =
    'traceId, parentId, callName, targetName, targetType, calleeName, calleeType, isRecent, status, bucket, window';
  return `
SELECT ${keys}, ${measures}
FROM (
  SELECT toString(call.traceId) AS traceId, parentId, callName, targetName, targetType, calleeName, calleeType,
    last > fromUnixTimestamp64Micro({recentAfter:Int64}) AS isRecent, first AS start, last AS end, ${statusOfFlags} AS status,
    ${seconds} AS seconds, ${bucketSql('seconds')} AS bucket, ${windowSql} AS window
  FROM (${calls}) AS call
  LEFT JOIN (SELECT ${keyOf('parent_id')} AS callKey, argMax(name, tuple(id, stored)) AS calleeName,
      argMax(type, tuple(id, stored)) AS calleeType
    FROM segments WHERE ${source.scope} AND ${nearStreams(source)} AND kind = 'segment' AND parent_id != '' GROUP BY callKey) AS callee
    ON call.callKey = callee.callKey
) GROUP BY ${keys} ORDER BY ${keys} LIMIT ${max}`;
}

/**
 * Who is inside whom in the traces `{traceIds}`, near the ranges: documents that hold others, which of a large trace are
 * few.
 */
export function structureSql(source: GraphSource): string {
  const rows = `${source.scope} AND ${nearStreams(source)} AND trace_id IN {traceIds:Array(String)}`;
  const held = `SELECT ${keyOf('parent_id')} FROM segments WHERE ${rows} AND parent_id != ''
    UNION ALL SELECT ${keyOf('parent_id')} FROM calls WHERE ${source.scope} AND ${startsIn(source.ranges)} AND owner_known = 0`;
  return `SELECT toString(trace_id) AS traceId, toString(id) AS id, parent_id AS parentId, kind, name, type,
      arrayMap(x -> toString(x), subsegment_ids) AS subsegmentIds
     FROM segments WHERE ${rows} AND (kind = 'segment' OR notEmpty(subsegment_ids) OR ${keyOf('id')} IN (${held}))
     ORDER BY trace_id, id, stored`;
}
