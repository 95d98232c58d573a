import type { QueryParameter, TelemetryStore } from '../../stores/telemetry/store.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import type { StatusClass } from '../graph/build-graph.ts';
import { bucketSql } from '../graph/histogram.ts';
import { type TraceId, toXrayTraceId } from '../model.ts';
import type { LinkGroup } from './add-link-edges.ts';
import type { LinkedTrace, TraceLinks } from './model.ts';

/** Which links are read: those of segments that start in the range and whose trace the condition selects. */
export interface LinkSelection extends AccountRegion {
  readonly startMs: number;
  readonly endMs: number;
  readonly traceCondition?: string;
  readonly parameters?: Readonly<Record<string, QueryParameter>>;
  readonly asOfMs?: number;
}

/** Events that waited longer than this for whoever takes them are not drawn. */
const waitMs = 86_400_000;
const linksMax = 200_000;

const keyOf = (traceId: string, id: string) => `cityHash64(${traceId}, ${id})`;

/** Links whose other end is stored, counted by both ends, status and age. */
export async function readLinkGroups(
  telemetry: TelemetryStore,
  selection: LinkSelection,
  signal?: AbortSignal,
): Promise<LinkGroup[]> {
  const options = { timeoutMs: 30_000, ...(signal ? { signal } : {}) };
  const parameters = {
    ...selection.parameters,
    account: selection.account,
    region: selection.region,
    from: Math.round(selection.startMs * 1000),
    sentFrom: Math.round((selection.startMs - waitMs) * 1000),
    to: Math.round(selection.endMs * 1000),
    asOf: Math.round(selection.asOfMs ?? 0),
  };
  const scope = 'account = {account:String} AND region = {region:String}';
  const until = 'start < fromUnixTimestamp64Micro({to:Int64})';
  const stored = selection.asOfMs === undefined ? '' : 'AND stored <= fromUnixTimestamp64Milli({asOf:Int64})';
  const links = `span_links WHERE ${scope} AND start >= fromUnixTimestamp64Micro({from:Int64}) AND ${until}
    AND in_progress = 0 ${stored} ${selection.traceCondition ? `AND ${selection.traceCondition}` : ''}`;
  // Most ranges have none, which is found at once.
  const [any] = await telemetry.query<{ count: string }>(`SELECT count() AS count FROM ${links}`, parameters, options);
  if (Number(any?.count ?? 0) === 0) return [];
  const sent = `${scope} AND start >= fromUnixTimestamp64Micro({sentFrom:Int64}) AND ${until}
    AND trace_id IN (SELECT linked_trace_id FROM ${links} LIMIT ${linksMax})`;
  const rows = await telemetry.query<Record<string, string | number>>(
    `
WITH received AS (
  SELECT trace_id, id, linked_trace_id, linked_id, any(name) AS takerName, any(type) AS takerType, any(is_root) AS isRoot,
    min(start) AS first, max(end) AS last, argMax(fault * 4 + throttle * 2 + error, end) AS flags
  FROM ${links} GROUP BY trace_id, id, linked_trace_id, linked_id LIMIT ${linksMax}
), senders AS (
  SELECT ${keyOf('trace_id', 'id')} AS senderKey, any(target_name) AS senderName, any(target_type) AS senderType, max(end) AS sent
  FROM calls WHERE ${sent} GROUP BY senderKey
  UNION ALL
  SELECT ${keyOf('trace_id', 'id')} AS senderKey, any(name) AS senderName, any(type) AS senderType, max(end) AS sent
  FROM segments WHERE ${sent} AND kind = 'segment' GROUP BY senderKey
)
SELECT fromName, fromType, toName, toType, status, ${bucketSql('age')} AS ageBucket, count() AS count,
  sum(seconds) AS totalSeconds, sum(rootShare) AS rootSegments, min(startSeconds) AS firstSeconds, max(endSeconds) AS lastSeconds
FROM (
  SELECT senderName AS fromName, senderType AS fromType, takerName AS toName, takerType AS toType,
    multiIf(flags >= 4, 'fault', flags >= 2, 'throttle', flags = 1, 'error', 'ok') AS status,
    greatest(0, (toUnixTimestamp64Micro(first) - toUnixTimestamp64Micro(sent)) / 1e6) AS age,
    (toUnixTimestamp64Micro(last) - toUnixTimestamp64Micro(first)) / 1e6 AS seconds,
    isRoot / count() OVER (PARTITION BY received.trace_id, received.id) AS rootShare,
    toUnixTimestamp64Micro(first) / 1e6 AS startSeconds, toUnixTimestamp64Micro(last) / 1e6 AS endSeconds
  FROM received INNER JOIN senders ON ${keyOf('received.linked_trace_id', 'received.linked_id')} = senders.senderKey
) GROUP BY fromName, fromType, toName, toType, status, ageBucket`,
    parameters,
    options,
  );
  return rows.map((row) => ({
    fromName: String(row.fromName),
    fromType: String(row.fromType),
    toName: String(row.toName),
    toType: String(row.toType),
    status: row.status as StatusClass,
    bucket: 0,
    ageBucket: Number(row.ageBucket),
    count: Number(row.count),
    totalSeconds: Number(row.totalSeconds),
    rootSegments: Number(row.rootSegments),
    start: Number(row.firstSeconds),
    end: Number(row.lastSeconds),
  }));
}

/** Which traces each service of a selection took up, and in which of its own. */
export async function readServiceLinks(
  telemetry: TelemetryStore,
  selection: LinkSelection,
  signal?: AbortSignal,
): Promise<{ name: string; type: string; before: TraceId; after: TraceId[] }[]> {
  return telemetry.query(
    `SELECT name, type, toString(linked_trace_id) AS before, arraySort(groupUniqArray(${linkedTracesMax})(toString(trace_id))) AS after
     FROM span_links WHERE account = {account:String} AND region = {region:String} AND ${selection.traceCondition ?? 'true'}
       AND start >= fromUnixTimestamp64Milli({from:Int64}) AND start < fromUnixTimestamp64Milli({to:Int64})
       ${selection.asOfMs === undefined ? '' : 'AND stored <= fromUnixTimestamp64Milli({asOf:Int64})'}
     GROUP BY name, type, before ORDER BY name, type, before LIMIT ${linksMax}`,
    {
      ...selection.parameters,
      account: selection.account,
      region: selection.region,
      from: Math.round(selection.startMs),
      to: Math.round(selection.endMs),
      asOf: Math.round(selection.asOfMs ?? 0),
    },
    { timeoutMs: 30_000, ...(signal ? { signal } : {}) },
  );
}

const linkedTracesMax = 200;

/** What one trace continues and what continues it. */
export async function readTraceLinks(
  telemetry: TelemetryStore,
  scope: AccountRegion,
  traceId: TraceId,
): Promise<TraceLinks> {
  const parameters = { account: scope.account, region: scope.region, traceId };
  const inScope = 'account = {account:String} AND region = {region:String}';
  const read = (other: 'before' | 'after') => {
    const [own, far] = other === 'before' ? ['', 'linked_'] : ['linked_', ''];
    return telemetry.query<{
      ownId: string;
      farTrace: string;
      farId: string;
      name: string;
      type: string;
      micros: string;
    }>(
      `WITH found AS (
         SELECT DISTINCT ${own}id AS ownId, ${far}trace_id AS farTrace, ${far}id AS farId FROM span_links
         WHERE ${inScope} AND ${own}trace_id = {traceId:String} LIMIT ${linkedTracesMax}
       ), known AS (
         SELECT trace_id AS knownTrace, argMin(name, start) AS firstName, argMin(type, start) AS firstType,
           toUnixTimestamp64Micro(min(start)) AS micros
         FROM segments WHERE ${inScope} AND kind = 'segment' AND trace_id IN (SELECT farTrace FROM found) GROUP BY trace_id
       )
       SELECT toString(ownId) AS ownId, toString(farTrace) AS farTrace, toString(farId) AS farId, firstName AS name, firstType AS type, micros
       FROM found LEFT JOIN known ON found.farTrace = known.knownTrace ORDER BY micros, farTrace, farId`,
      parameters,
      { timeoutMs: 30_000 },
    );
  };
  const [before, after] = await Promise.all([read('before'), read('after')]);
  const toLinked = (row: (typeof before)[number]): LinkedTrace => ({
    traceId: toXrayTraceId(row.farTrace),
    id: row.farId,
    name: row.name,
    type: row.type,
    ...(Number(row.micros) > 0 ? { startTime: Number(row.micros) / 1e6 } : {}),
    ownId: row.ownId,
  });
  return { before: before.map(toLinked), after: after.map(toLinked) };
}
