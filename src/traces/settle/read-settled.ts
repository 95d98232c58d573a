import type { QueryParameter, TelemetryStore } from '../../stores/telemetry/store.ts';
import type { EdgeKey, NodeKey, SummedGroup } from '../graph/build-graph.ts';
import { startsIn } from '../graph/graph-sql.ts';
import { bucketOfNumber } from '../graph/histogram.ts';
import { type GraphSelection, recentAfterMicros } from '../read-graph-groups.ts';
import { planReading, type ReadingPlan } from './plan-reading.ts';
import { hourMs, minuteMs } from './plan-settling.ts';
import { digestSql, keyColumns, settledIn, versionsOf } from './settled-sql.ts';
import type { Settler } from './settler.ts';

type Windowed = { readonly window: number };
export type SettledNode = NodeKey & SummedGroup & Windowed;
export type SettledEdge = EdgeKey & SummedGroup & Windowed;

export interface SettledGroups {
  readonly nodes: readonly SettledNode[];
  readonly edges: readonly SettledEdge[];
}

/** Which settled rows are wanted, as SQL on their columns, with its parameters. */
export interface SettledCondition {
  readonly sql: string;
  readonly parameters: Readonly<Record<string, QueryParameter>>;
}

/** What is settled and what is not, at one moment. */
export interface Reading {
  readonly plan: ReadingPlan;
  readonly versionMax: string;
}

/** Every statement carries its own constants: compiling it would take longer than running it. */
const uncompiled = { compile_expressions: 0, compile_aggregate_expressions: 0 };

/** Older snapshots are not kept. */
const snapshotAgeMsMax = 1_800_000;
const allVersions = '18446744073709551615';

/**
 * Decides what of a selection is read from settled minutes and hours, and what is counted from what was stored:
 * everything that has arrived and is not settled yet is among the latter. Undefined where nothing is settled for it.
 */
export async function planSelection(
  telemetry: TelemetryStore,
  settler: Settler,
  selection: GraphSelection,
  now: Date,
): Promise<Reading | undefined> {
  const { periodSeconds = 60, asOfMs } = selection;
  const isOld = asOfMs !== undefined && now.getTime() - asOfMs > snapshotAgeMsMax;
  const open = settler.open(selection);
  if (!open || selection.traceCondition || isOld || periodSeconds % 60 !== 0) return undefined;
  const parameters = {
    account: selection.account,
    region: selection.region,
    from: Math.floor(selection.startMs / hourMs) * 3600,
    to: Math.min(Math.ceil(selection.endMs / hourMs) * 3600, 4_294_000_000),
    versionMax: asOfMs === undefined ? allVersions : String((BigInt(Math.floor(asOfMs)) << 20n) | 0xfffffn),
    since: open.seenMs,
    asOf: Math.round(asOfMs ?? 0),
  };
  const openMinutes = new Set(open.minutes.keys());
  const useHours = periodSeconds % 3600 === 0 || selection.periodSeconds === undefined;
  // Of now, the settler knows what holds; of a moment that is over, the store does.
  const isOfNow = asOfMs === undefined;
  let settledHours = new Set(useHours && isOfNow ? open.settledHours : []);
  const ask = <Row>(sql: string) => telemetry.query<Row>(sql, parameters, { settings: uncompiled });
  const [arrived, invalid, hours] = await Promise.all([
    ask<{ minute: number }>(arrivedSql(selection)),
    isOfNow ? [] : ask<{ minute: number }>(invalidSql),
    isOfNow || !useHours ? [] : ask<{ hour: number }>(settledHoursSql),
  ]);
  for (const { minute } of [...arrived, ...invalid]) openMinutes.add(Number(minute) * 1000);
  if (!isOfNow) settledHours = new Set(hours.map(({ hour }) => Number(hour) * 1000));
  // What is stored of a thinned day is not all that there was: only its counts are.
  const { isThinned } = open;
  const counted = [...openMinutes].filter((minute) => !isThinned(minute));
  const whole = (ms: number) => (isThinned(ms) ? Math.round(ms / minuteMs) * minuteMs : ms);
  const range = { startMs: whole(selection.startMs), endMs: whole(selection.endMs) };
  for (const minute of openMinutes) if (isThinned(minute)) settledHours.delete(Math.floor(minute / hourMs) * hourMs);
  return { plan: planReading(range, settledHours, counted), versionMax: parameters.versionMax };
}

/** What has arrived since the settler looked last. */
function arrivedSql(selection: GraphSelection): string {
  const until = selection.asOfMs === undefined ? '' : 'AND stored <= fromUnixTimestamp64Milli({asOf:Int64})';
  const arrived = (table: string) => `SELECT intDiv(toUnixTimestamp(start), 60) * 60 AS minute FROM ${table}
    WHERE account = {account:String} AND region = {region:String} AND ${startsIn([selection])}
      AND stored > fromUnixTimestamp64Milli({since:Int64}) ${until}`;
  return `SELECT DISTINCT minute FROM (${arrived('segments')} UNION ALL ${arrived('calls')})`;
}

const invalidSql = `SELECT toUnixTimestamp(start) AS minute FROM trace_map_settled
  WHERE account = {account:String} AND region = {region:String} AND tier = 'minute' AND version <= {versionMax:UInt64}
    AND start >= toDateTime({from:UInt32}, 'UTC') AND start < toDateTime({to:UInt32}, 'UTC')
  GROUP BY minute HAVING argMax(is_valid, version) = 0`;

/** Hours that were added up from the very minutes that hold. */
const settledHoursSql = `SELECT hour FROM (
    SELECT toUnixTimestamp(toStartOfHour(start)) AS hour, ${digestSql} AS digest FROM (${versionsOf('minute')}) GROUP BY hour) AS minutes
  INNER JOIN (
    SELECT toUnixTimestamp(start) AS hour, argMax(digest, version) AS digest FROM trace_map_settled
    WHERE account = {account:String} AND region = {region:String} AND tier = 'hour' AND version <= {versionMax:UInt64}
      AND start >= toDateTime({from:UInt32}, 'UTC') AND start < toDateTime({to:UInt32}, 'UTC')
    GROUP BY start) AS hours ON minutes.hour = hours.hour AND minutes.digest = hours.digest`;

type Row = Record<string, string | number> & { histogram: number[]; longBuckets: number[]; longCounts: number[] };

/** Settled counts of a plan, by key and, with a period, by window. */
export async function readSettled(
  telemetry: TelemetryStore,
  { plan, versionMax }: Reading,
  selection: GraphSelection,
  now: Date,
  condition: SettledCondition = { sql: 'true', parameters: {} },
): Promise<SettledGroups> {
  const { hours, minutes } = plan;
  if (hours.length + minutes.length === 0) return { nodes: [], edges: [] };
  const scope = 'account = {account:String} AND region = {region:String}';
  const tier = (name: 'minute' | 'hour', ranges: ReadingPlan['hours']) => `
    SELECT * FROM trace_map_${name}s WHERE ${scope} AND ${settledIn(ranges)} AND ${condition.sql}
      AND (start, version) IN (${versionsOf(name)})`;
  const parts = [
    ...(hours.length > 0 ? [tier('hour', hours)] : []),
    ...(minutes.length > 0 ? [tier('minute', minutes)] : []),
  ];
  const rows = await telemetry.query<Row>(
    `SELECT ${keyColumns}, intDiv(toUnixTimestamp(start), {period:UInt32}) * {period:UInt32} AS window, sum(ok) AS countOk,
       sum(error) AS countError, sum(throttle) AS countThrottle, sum(fault) AS countFault, sum(total_micros) AS micros,
       min(first_start) AS firstStart, max(last_end) AS lastEnd, CAST(sumForEach(histogram), 'Array(Float64)') AS histogram,
       (sumMap(long_buckets, long_counts) AS long).1 AS longBuckets, CAST(long.2, 'Array(Float64)') AS longCounts
     FROM (${parts.join(' UNION ALL ')}) GROUP BY ${keyColumns}, window`,
    {
      ...condition.parameters,
      account: selection.account,
      region: selection.region,
      from: Math.max(0, Math.floor(selection.startMs / hourMs) * 3600),
      to: Math.min(Math.ceil(selection.endMs / hourMs) * 3600, 4_294_000_000),
      versionMax,
      period: selection.periodSeconds ?? 1_000_000_000,
    },
    { timeoutMs: 30_000, settings: uncompiled },
  );
  const recentAfter = recentAfterMicros(now);
  return {
    nodes: rows.filter(({ kind }) => kind === 'node').map((row) => ({ ...toNodeKey(row), ...toSums(row) })),
    edges: rows
      .filter(({ kind }) => kind === 'edge')
      .map((row) => ({ ...toEdgeKey(row, recentAfter), ...toSums(row) })),
  };
}

function toNodeKey(row: Row): NodeKey {
  return { name: String(row.name), type: String(row.type), isRoot: Number(row.is_root) === 1 };
}

function toEdgeKey(row: Row, recentAfter: number): EdgeKey {
  return {
    ownerName: String(row.name),
    ownerType: String(row.type),
    callName: String(row.call_name),
    hint: String(row.hint),
    calleeName: String(row.callee_name),
    calleeType: String(row.callee_type),
    targetName: String(row.target_name),
    targetType: String(row.target_type),
    isRecent: Number(row.lastEnd) > recentAfter,
  };
}

function toSums(row: Row): SummedGroup & Windowed {
  const histogram: [number, number][] = [];
  for (const [number, count] of row.histogram.entries()) if (count > 0) histogram.push([bucketOfNumber(number), count]);
  for (const [index, number] of row.longBuckets.entries()) {
    histogram.push([bucketOfNumber(number), row.longCounts[index]!]);
  }
  return {
    ok: Number(row.countOk),
    error: Number(row.countError),
    throttle: Number(row.countThrottle),
    fault: Number(row.countFault),
    totalSeconds: Number(row.micros) / 1e6,
    start: Number(row.firstStart) / 1e6,
    end: Number(row.lastEnd) / 1e6,
    histogram,
    window: Number(row.window),
  };
}
