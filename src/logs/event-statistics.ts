import type { TelemetryStore } from '../stores/telemetry/store.ts';
import type { AccountRegion } from '../wire/aws/call-context.ts';
import type { LogsStore } from './store.ts';

export interface StreamStatistics {
  readonly firstEventMs: number;
  readonly lastEventMs: number;
  readonly lastIngestionMs: number;
}

const ofGroup = 'account = {account:String} AND region = {region:String} AND log_group = {group:String}';

export async function statisticsByStream(
  telemetry: TelemetryStore,
  { account, region }: AccountRegion,
  group: string,
  streams: readonly string[],
): Promise<Map<string, StreamStatistics>> {
  if (streams.length === 0) return new Map();
  const rows = await telemetry.query<{ log_stream: string; first: string; last: string; ingested: string }>(
    `SELECT log_stream, toUnixTimestamp64Milli(min(ts)) AS first, toUnixTimestamp64Milli(max(ts)) AS last,
       toUnixTimestamp64Milli(max(ingestion)) AS ingested
     FROM log_events WHERE ${ofGroup} AND log_stream IN {streams:Array(String)} GROUP BY log_stream`,
    { account, region, group, streams },
  );
  return new Map(
    rows.map((row) => [
      row.log_stream,
      { firstEventMs: Number(row.first), lastEventMs: Number(row.last), lastIngestionMs: Number(row.ingested) },
    ]),
  );
}

export async function storedBytesByGroup(
  telemetry: TelemetryStore,
  { account, region }: AccountRegion,
  groups: readonly string[],
): Promise<Map<string, number>> {
  if (groups.length === 0) return new Map();
  const rows = await telemetry.query<{ log_group: string; bytes: string }>(
    `SELECT log_group, sum(bytes) AS bytes FROM log_events
     WHERE account = {account:String} AND region = {region:String} AND log_group IN {groups:Array(String)}
     GROUP BY log_group`,
    { account, region, groups },
  );
  return new Map(rows.map((row) => [row.log_group, Number(row.bytes)]));
}

/**
 * Deletes the events of a group, or of one stream. How far followed files had been read is kept: their tasks may still
 * run, and what was deleted must not come back with the next start.
 */
export async function forgetEvents(
  { store, telemetry }: { store: LogsStore; telemetry: TelemetryStore },
  { account, region }: AccountRegion,
  group: string,
  stream?: string,
): Promise<void> {
  const where = stream === undefined ? ofGroup : `${ofGroup} AND log_stream = {stream:String}`;
  const parameters = { account, region, group, ...(stream !== undefined && { stream }) };
  const sources = await telemetry.query<{ source_path: string; newest: [generation: number, end: string] }>(
    `SELECT source_path, max((source_generation, source_end)) AS newest FROM log_events
     WHERE ${where} AND source_path != '' GROUP BY source_path`,
    parameters,
  );
  for (const { source_path, newest } of sources) {
    await store.putSourceFloor(source_path, { generation: Number(newest[0]), end: Number(newest[1]) });
  }
  await telemetry.command(`DELETE FROM log_events WHERE ${where}`, parameters);
}

/** Deletes what a group's retention no longer allows. */
export async function deleteExpiredEvents(
  telemetry: TelemetryStore,
  { account, region }: AccountRegion,
  group: string,
  oldestKeptMs: number,
): Promise<void> {
  const where = `${ofGroup} AND ts < fromUnixTimestamp64Milli({oldestKeptMs:Int64})`;
  const parameters = { account, region, group, oldestKeptMs };
  const [expired] = await telemetry.query<{ n: string }>(
    `SELECT count() AS n FROM (SELECT 1 FROM log_events WHERE ${where} LIMIT 1)`,
    parameters,
  );
  if (expired && Number(expired.n) > 0) await telemetry.command(`DELETE FROM log_events WHERE ${where}`, parameters);
}
