import type { QueryParameter, TelemetryStore } from '../../stores/telemetry/store.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import type { CountGroup, EdgeKey } from '../graph/build-graph.ts';
import { type GraphSource, startsIn, type TimeRange, versionsSql } from '../graph/graph-sql.ts';
import { denseBuckets, numberOfBucket } from '../graph/histogram.ts';
import { readUnowned } from '../read-graph-groups.ts';
import { copyMinutesSql, settleStatements } from './settled-sql.ts';

/**
 * A settling run is nobody's wait: one processor, and memory that leaves room for queries. Its statements carry their
 * own constants, so each would be compiled anew: that takes longer than it saves.
 */
export const backgroundSettings = {
  max_threads: 1,
  max_memory_usage: 600_000_000,
  compile_expressions: 0,
  compile_aggregate_expressions: 0,
};
export const backgroundSql = ` SETTINGS ${Object.entries({
  ...backgroundSettings,
  max_execution_time: 300,
  // Counts are made again; what senders wait for comes first.
  min_free_disk_bytes_to_perform_insert: 134_217_728,
})
  .map(([name, value]) => `${name} = ${value}`)
  .join(', ')}`;

/**
 * Counts the minutes of a run from what is stored and writes them under the version. Nothing of it counts before the
 * version is marked as holding; what was written for a version that never is, is taken away later.
 */
export async function settleMinutes(
  telemetry: TelemetryStore,
  scope: AccountRegion,
  run: TimeRange,
  version: string,
  signal: AbortSignal,
  sinceMs = 0,
): Promise<void> {
  const since = sinceMs === 0 ? '' : ` AND stored > fromUnixTimestamp64Milli(toInt64(${Math.round(sinceMs)}))`;
  const source: GraphSource = {
    scope: `account = {account:String} AND region = {region:String}${since}`,
    ranges: [run],
    isByMinute: true,
  };
  const parameters = {
    account: scope.account,
    region: scope.region,
    period: 60,
    // Whether a call is recent is decided when the map is read.
    recentAfter: '9000000000000000',
    version,
  };
  const query = <T>(sql: string, more: Record<string, QueryParameter> = {}) =>
    telemetry.query<T>(sql, { ...parameters, ...more }, { timeoutMs: 300_000, signal, settings: backgroundSettings });
  const [found] = await query<{ segments: number; calls: number; unowned: string }>(versionsSql(source));
  const versions = { segments: Number(found?.segments) !== 0, calls: Number(found?.calls) !== 0 };
  for (const statement of settleStatements(source, versions)) {
    signal.throwIfAborted();
    await telemetry.command(statement + backgroundSql, parameters);
  }
  if (Number(found?.unowned) === 0) return;
  const rows = toMinuteRows(await readUnowned(query, source), scope, version);
  await telemetry.insert('trace_map_minutes', rows, { acknowledged: true });
}

/** Counts what arrived for a minute since it was counted, and adds that to what was: all else may be gone by now. */
export async function addToMinute(
  telemetry: TelemetryStore,
  scope: AccountRegion,
  minute: TimeRange,
  version: string,
  countedAsOfMs: number,
  signal: AbortSignal,
): Promise<void> {
  const { account, region } = scope;
  const [from, to] = [minute.startMs / 1000, minute.endMs / 1000];
  const parameters = { account, region, from, to, version, versionMax: '18446744073709551615' };
  if (countedAsOfMs > 0) await telemetry.command(copyMinutesSql + backgroundSql, parameters);
  await settleMinutes(telemetry, scope, minute, version, signal, countedAsOfMs);
}

/** Calls whose owner was found by following parents, as the engine writes the others: a row for each key and minute. */
function toMinuteRows(
  groups: readonly (EdgeKey & CountGroup & { window: number })[],
  scope: AccountRegion,
  version: string,
): object[] {
  return groups.map((group) => {
    const number = numberOfBucket(group.bucket);
    const isLong = number >= denseBuckets;
    return {
      account: scope.account,
      region: scope.region,
      kind: 'edge',
      name: group.ownerName,
      type: group.ownerType,
      is_root: 0,
      call_name: group.callName,
      hint: group.hint,
      callee_name: group.calleeName,
      callee_type: group.calleeType,
      target_name: group.targetName,
      target_type: group.targetType,
      start: group.window,
      version,
      [group.status]: group.count,
      total_micros: Math.round(group.totalSeconds * 1e6),
      first_start: Math.round(group.start * 1e6),
      last_end: Math.round(group.end * 1e6),
      histogram: isLong ? [] : [...new Array<number>(number).fill(0), group.count],
      long_buckets: isLong ? [number] : [],
      long_counts: isLong ? [group.count] : [],
    };
  });
}

/** Rows of each minute of a run, for cutting it. */
export async function countRows(
  telemetry: TelemetryStore,
  scope: AccountRegion,
  run: TimeRange,
): Promise<Map<number, number>> {
  const count = (
    table: string,
  ) => `SELECT intDiv(toUnixTimestamp(start), 60) * 60 AS minute, count() AS rows FROM ${table}
    WHERE account = {account:String} AND region = {region:String} AND ${startsIn([run])} GROUP BY minute`;
  const rows = await telemetry.query<{ minute: number; rows: string }>(
    `SELECT minute, sum(rows) AS rows FROM (${count('segments')} UNION ALL ${count('calls')}) GROUP BY minute`,
    { account: scope.account, region: scope.region },
    { timeoutMs: 60_000, settings: backgroundSettings },
  );
  return new Map(rows.map((row) => [Number(row.minute) * 1000, Number(row.rows)]));
}
