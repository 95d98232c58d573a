import { directEdgesSql, edgesSql, type GraphSource, nodesSql, type TimeRange } from '../graph/graph-sql.ts';
import { bucketNumberSql, denseBuckets } from '../graph/histogram.ts';

/** What a row of a settled table is about; the other columns are counts. */
export const keyColumns =
  'kind, name, type, is_root, call_name, hint, callee_name, callee_type, target_name, target_type';
const countColumns =
  'ok, error, throttle, fault, total_micros, first_start, last_end, histogram, long_buckets, long_counts';

const nodeKey = `'node' AS kind, name, type, isRoot AS is_root, '' AS call_name, '' AS hint, '' AS callee_name,
  '' AS callee_type, '' AS target_name, '' AS target_type`;
const edgeKey = `'edge' AS kind, ownerName AS name, ownerType AS type, 0 AS is_root, callName AS call_name, hint,
  calleeName AS callee_name, calleeType AS callee_type, targetName AS target_name, targetType AS target_type`;

/** SQL: a minute, or hour, that begins in one of the ranges. */
export const settledIn = (ranges: readonly TimeRange[]): string =>
  ranges.length === 0
    ? 'false'
    : `(${ranges.map(({ startMs, endMs }) => `(start >= ${second(startMs)} AND start < ${second(endMs)})`).join(' OR ')})`;

const second = (ms: number) => `toDateTime(${Math.floor(ms / 1000)}, 'UTC')`;

/**
 * Counts the minutes of the source's ranges: statements that add rows to `trace_map_minutes`. They take the parameters
 * of the map's queries with a period of 60, and `version`.
 */
export function settleStatements(source: GraphSource, versions: { segments: boolean; calls: boolean }): string[] {
  return [
    settleSql(nodeKey, nodesSql(source, versions.segments)),
    settleSql(edgeKey, edgesSql(source, versions.calls)),
    settleSql(edgeKey, directEdgesSql(source, versions.segments)),
  ];
}

function settleSql(key: string, groups: string): string {
  return `INSERT INTO trace_map_minutes (account, region, version, start, ${keyColumns}, ${countColumns})
SELECT {account:String}, {region:String}, {version:UInt64}, toDateTime(minute, 'UTC'), ${keyColumns},
  sum(countOk), sum(countError), sum(countThrottle), sum(countFault), sum(micros), min(firstStart), max(lastEnd),
  groupArrayInsertAtIf(0)(toUInt32(countAll), bucketNumber, bucketNumber < ${denseBuckets}),
  groupArrayIf(bucketNumber, bucketNumber >= ${denseBuckets}), groupArrayIf(countAll, bucketNumber >= ${denseBuckets})
FROM (
  SELECT ${keyColumns}, toUInt32(window) AS minute, ${bucketNumberSql('bucket')} AS bucketNumber, sum(count) AS countAll,
    sumIf(count, status = 'ok') AS countOk, sumIf(count, status = 'error') AS countError,
    sumIf(count, status = 'throttle') AS countThrottle, sumIf(count, status = 'fault') AS countFault,
    sum(toUInt64(round(totalSeconds * 1000000))) AS micros, min(toInt64(round(startSeconds * 1000000))) AS firstStart,
    max(toInt64(round(endSeconds * 1000000))) AS lastEnd
  FROM (SELECT ${key}, status, bucket, window, count, totalSeconds, startSeconds, endSeconds FROM (${groups}))
  GROUP BY ${keyColumns}, minute, bucketNumber
) GROUP BY ${keyColumns}, minute`;
}

/**
 * The newest valid version of each minute, or hour, of the range `from`, `to` (epoch seconds), as far as `versionMax`. A
 * minute that has just become invalid is read as it was, not left out.
 */
export const versionsOf = (tier: 'minute' | 'hour'): string => `
  SELECT start, maxIf(version, is_valid = 1) AS holds FROM trace_map_settled
  WHERE account = {account:String} AND region = {region:String} AND tier = '${tier}' AND version <= {versionMax:UInt64}
    AND start >= toDateTime({from:UInt32}, 'UTC') AND start < toDateTime({to:UInt32}, 'UTC')
  GROUP BY start HAVING holds > 0`;

/** Tells the same minutes under the same versions from any other. Over rows of `versionsOf('minute')`. */
export const digestSql = 'groupBitXor(cityHash64(toUnixTimestamp(start), holds))';

/** The minutes `from` to `to` once more, under another version. Takes `version`. */
export const copyMinutesSql = `INSERT INTO trace_map_minutes (account, region, version, start, ${keyColumns}, ${countColumns})
SELECT account, region, {version:UInt64}, start, ${keyColumns}, ${countColumns} FROM trace_map_minutes
WHERE account = {account:String} AND region = {region:String} AND start >= toDateTime({from:UInt32}, 'UTC')
  AND start < toDateTime({to:UInt32}, 'UTC') AND (start, version) IN (${versionsOf('minute')})`;

const sums = `sum(ok), sum(error), sum(throttle), sum(fault), sum(total_micros), min(first_start), max(last_end),
  CAST(sumForEach(histogram), 'Array(UInt32)'), (sumMap(long_buckets, long_counts) AS long).1, long.2`;

/** Adds up the minutes of the hour `from` to `to`: a row for `trace_map_hours` of each key. Takes `version`. */
export const sumHourSql = `INSERT INTO trace_map_hours (account, region, version, start, ${keyColumns}, ${countColumns})
SELECT {account:String}, {region:String}, {version:UInt64}, toDateTime({from:UInt32}, 'UTC'), ${keyColumns}, ${sums}
FROM trace_map_minutes
WHERE account = {account:String} AND region = {region:String} AND start >= toDateTime({from:UInt32}, 'UTC')
  AND start < toDateTime({to:UInt32}, 'UTC') AND (start, version) IN (${versionsOf('minute')})
GROUP BY ${keyColumns}`;
