import type { QueryParameter, TelemetryStore } from '../stores/telemetry/store.ts';
import type { AccountRegion } from '../wire/aws/call-context.ts';
import { decodeEventId, type EventPosition, encodeEventId } from './event-id.ts';
import type { StoredLogEvent } from './index.ts';
import { eventOverheadBytes } from './partition-batch.ts';

export interface EventRange extends AccountRegion {
  readonly logGroupName: string;
  readonly logStreamNames?: readonly string[] | undefined;
  readonly logStreamNamePrefix?: string | undefined;
  /** Inclusive. */
  readonly startMs?: number | undefined;
  /** Exclusive. */
  readonly endMs?: number | undefined;
  readonly after?: EventPosition | undefined;
  readonly before?: EventPosition | undefined;
  /** As `after` and `before`, with the event itself. */
  readonly from?: EventPosition | undefined;
  readonly to?: EventPosition | undefined;
  /** Texts that each message must contain. */
  readonly containing?: readonly string[] | undefined;
}

export interface PageLimits {
  readonly eventsMax: number;
  readonly bytesMax: number;
  readonly newestFirst: boolean;
}

interface Row {
  readonly log_stream: string;
  readonly ts_ms: string;
  readonly ingestion_ms: string;
  readonly sequence: string;
  readonly message: string;
}

/**
 * One page of a group's events in the order of time, or against it. At least one event when there is any; then as many
 * as fit the limits. Sizes are read first: ten thousand events may be ten gigabytes.
 */
export async function readEvents(
  telemetry: TelemetryStore,
  range: EventRange,
  limits: PageLimits,
  signal?: AbortSignal,
): Promise<StoredLogEvent[]> {
  const { where, parameters } = rangeCondition(range);
  const direction = limits.newestFirst ? 'DESC' : 'ASC';
  const options = signal ? { signal } : {};
  const sizes = await telemetry.query<{ ts_ms: string; sequence: string; bytes: number }>(
    `SELECT toUnixTimestamp64Milli(ts) AS ts_ms, sequence, bytes FROM log_events
     WHERE ${where} ORDER BY ts ${direction}, sequence ${direction} LIMIT {eventsMax:UInt32}`,
    { ...parameters, eventsMax: limits.eventsMax },
    options,
  );
  const count = countThatFits(sizes, limits.bytesMax);
  const last = sizes[count - 1];
  if (!last) return [];
  const end = { timestampMs: Number(last.ts_ms), sequence: BigInt(last.sequence) };
  // What is stored between the two queries may come in between: the page is cut where it was measured.
  const upTo = rangeCondition({ ...range, [limits.newestFirst ? 'from' : 'to']: end });
  const rows = await telemetry.query<Row>(
    `SELECT log_stream, toUnixTimestamp64Milli(ts) AS ts_ms, toUnixTimestamp64Milli(ingestion) AS ingestion_ms, sequence,
       message
     FROM log_events WHERE ${upTo.where} ORDER BY ts ${direction}, sequence ${direction} LIMIT {eventsMax:UInt32}`,
    { ...upTo.parameters, eventsMax: limits.eventsMax },
    options,
  );
  return rows.map((row) => toStoredEvent(row, range.logGroupName));
}

function countThatFits(sizes: readonly { bytes: number }[], bytesMax: number): number {
  let total = 0;
  for (const [index, { bytes }] of sizes.entries()) {
    total += bytes + eventOverheadBytes;
    if (total > bytesMax && index > 0) return index;
  }
  return sizes.length;
}

function toStoredEvent(row: Row, logGroupName: string): StoredLogEvent {
  const timestampMs = Number(row.ts_ms);
  return {
    timestampMs,
    message: row.message,
    eventId: encodeEventId({ timestampMs, sequence: BigInt(row.sequence) }),
    ingestionTimeMs: Number(row.ingestion_ms),
    logGroupName,
    logStreamName: row.log_stream,
  };
}

export const positionOf = (event: StoredLogEvent): EventPosition => decodeEventId(event.eventId)!;

function rangeCondition(range: EventRange): { where: string; parameters: Record<string, QueryParameter> } {
  const conditions = ['account = {account:String}', 'region = {region:String}', 'log_group = {group:String}'];
  const parameters: Record<string, QueryParameter> = {
    account: range.account,
    region: range.region,
    group: range.logGroupName,
  };
  const add = (condition: string, more: Record<string, QueryParameter>) => {
    conditions.push(condition);
    Object.assign(parameters, more);
  };
  if (range.logStreamNames) add('log_stream IN {streams:Array(String)}', { streams: range.logStreamNames });
  if (range.logStreamNamePrefix) add('startsWith(log_stream, {prefix:String})', { prefix: range.logStreamNamePrefix });
  if (range.startMs !== undefined) add('ts >= fromUnixTimestamp64Milli({start:Int64})', { start: range.startMs });
  if (range.endMs !== undefined) add('ts < fromUnixTimestamp64Milli({end:Int64})', { end: range.endMs });
  for (const [name, position, sign] of [
    ['after', range.after, '>'],
    ['before', range.before, '<'],
    ['from', range.from, '>='],
    ['to', range.to, '<='],
  ] as const) {
    if (!position) continue;
    // The first half is implied by the second; it lets the engine skip granules.
    add(
      `ts ${sign[0]}= fromUnixTimestamp64Milli({${name}Ms:Int64}) AND (ts, sequence) ${sign} (fromUnixTimestamp64Milli({${name}Ms:Int64}), {${name}Sequence:UInt64})`,
      { [`${name}Ms`]: position.timestampMs, [`${name}Sequence`]: position.sequence.toString() },
    );
  }
  for (const [index, text] of (range.containing ?? []).entries()) {
    add(`message LIKE {text${index}:String}`, { [`text${index}`]: `%${text.replace(/[\\%_]/g, '\\$&')}%` });
  }
  return { where: conditions.join(' AND '), parameters };
}

/** Events that name a trace, and those that its tasks wrote meanwhile without naming another one. */
export async function readEventsOfTrace(
  telemetry: TelemetryStore,
  scope: AccountRegion,
  trace: { traceHex: string; startMs: number; endMs: number; taskArns: readonly string[] },
  limit: number,
): Promise<StoredLogEvent[]> {
  const rows = await telemetry.query<Row & { log_group: string }>(
    `SELECT log_group, log_stream, toUnixTimestamp64Milli(ts) AS ts_ms, toUnixTimestamp64Milli(ingestion) AS ingestion_ms,
       sequence, message
     FROM log_events
     WHERE account = {account:String} AND region = {region:String}
       AND ts BETWEEN fromUnixTimestamp64Milli({start:Int64} - {marginMs:Int64})
                  AND fromUnixTimestamp64Milli({end:Int64} + {marginMs:Int64})
       AND (trace_id = {trace:String}
         OR (task IN {tasks:Array(String)} AND trace_id = ''
           AND ts BETWEEN fromUnixTimestamp64Milli({start:Int64}) AND fromUnixTimestamp64Milli({end:Int64} + {readDelayMs:Int64})))
     ORDER BY ts, sequence LIMIT {limit:UInt32}`,
    {
      account: scope.account,
      region: scope.region,
      start: Math.floor(trace.startMs),
      end: Math.ceil(trace.endMs),
      marginMs: 300_000,
      readDelayMs: 1_000,
      trace: trace.traceHex,
      tasks: trace.taskArns,
      limit,
    },
  );
  return rows.map((row) => toStoredEvent(row, row.log_group));
}
