import type { QueryParameter, TelemetryStore } from '../../stores/telemetry/store.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import { startsIn } from '../graph/graph-sql.ts';
import type { Day } from './decide-thinning.ts';
import { backgroundSettings } from './settle-minutes.ts';

export const dayMs = 86_400_000;
/** Ids that one deletion holds in memory. */
const deletedAtOnce = 300_000;
/** Tables with rows of single traces. */
const traceTables = ['segments', 'calls', 'span_links', 'trace_summaries'] as const;
const pollMs = 500;

/** SQL: rows of one account and region. */
export const own = 'account = {account:String} AND region = {region:String}';

/** SQL: ids of what goes, of a day and a version of decisions. */
const goneSql = `SELECT trace_id FROM trace_weights WHERE ${own} AND start >= toDateTime({day:UInt32}, 'UTC')
  AND start < toDateTime({dayAfter:UInt32}, 'UTC') AND version = {version:UInt64} AND weight = 0`;

export const dateOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** Documents of one way in that are gone. */
export interface GoneDocuments {
  readonly source: string;
  readonly documents: number;
}

export interface DeletionDeps {
  readonly telemetry: TelemetryStore;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** Deletes what was decided to go: rows of `trace_weights` with weight 0, of a day and a version. Done again, it finds nothing. */
export class TraceDeletion {
  private readonly deps: DeletionDeps;

  constructor(deps: DeletionDeps) {
    this.deps = deps;
  }

  /** Documents on disk of what is to go, those after midnight included. */
  async countDocuments(scope: AccountRegion, day: Day, version: string, signal: AbortSignal): Promise<GoneDocuments[]> {
    const rows = await this.query<{ source: string; documents: string }>(
      `SELECT source, count() AS documents FROM segments WHERE ${own} AND ${startsIn([{ ...day, endMs: day.startMs + 2 * dayMs }])}
         AND trace_id IN (${goneSql}) GROUP BY source`,
      parametersOf(scope, day, version),
      signal,
    );
    return rows.map(({ source, documents }) => ({ source, documents: Number(documents) }));
  }

  /** A trace may go on after midnight: the day after loses its parts too, if there are any. */
  async delete(scope: AccountRegion, day: Day, version: string, signal: AbortSignal): Promise<GoneDocuments[]> {
    const parameters = parametersOf(scope, day, version);
    const [gone] = await this.query<{ ids: string }>(`SELECT count() AS ids FROM (${goneSql})`, parameters, signal);
    const parts = Math.ceil(Number(gone?.ids ?? 0) / deletedAtOnce);
    if (parts === 0) return [];
    const documents = await this.countDocuments(scope, day, version, signal);
    for (const table of traceTables) {
      for (const date of [dateOf(day.startMs), dateOf(day.startMs + dayMs)]) {
        for (let part = 0; part < parts; part += 1) {
          const condition = `${own} AND sipHash64(trace_id) % ${parts} = ${part} AND trace_id IN (
            ${goneSql} AND sipHash64(trace_id) % ${parts} = ${part})`;
          const [left] = await this.query<{ rows: string }>(
            `SELECT count() AS rows FROM ${table} WHERE _partition_id = {partition:String} AND ${condition}`,
            { ...parameters, partition: date.replaceAll('-', '') },
            signal,
          );
          if (Number(left?.rows ?? 0) === 0) continue;
          // One that a killed process began, or that fails for want of room, is not begun a second time.
          await this.untilDeleted(table, signal);
          await this.deps.telemetry.command(
            `ALTER TABLE ${table} DELETE IN PARTITION {date:String} WHERE ${condition}`,
            { ...parameters, date },
          );
          await this.untilDeleted(table, signal);
        }
      }
    }
    return documents;
  }

  /** The engine rewrites parts in the background; a deletion that was begun is finished even by the next process. */
  private async untilDeleted(table: string, signal: AbortSignal): Promise<void> {
    for (;;) {
      const rows = await this.query<{ reason: string }>(
        `SELECT latest_fail_reason AS reason FROM system.mutations
         WHERE database = currentDatabase() AND table = {table:String} AND NOT is_done`,
        { table },
        signal,
      );
      if (rows.length === 0) return;
      const reason = rows.find((row) => row.reason)?.reason;
      if (reason) throw new Error(`deletion from ${table}: ${reason.slice(0, 300)}`);
      await this.deps.sleep(pollMs, signal);
    }
  }

  private query<Row>(sql: string, parameters: Record<string, QueryParameter>, signal: AbortSignal): Promise<Row[]> {
    return this.deps.telemetry.query<Row>(sql, parameters, {
      timeoutMs: 300_000,
      settings: backgroundSettings,
      signal,
    });
  }
}

function parametersOf({ account, region }: AccountRegion, day: Day, version: string) {
  return { account, region, version, day: day.startMs / 1000, dayAfter: (day.startMs + dayMs) / 1000 };
}

/** Days with traces, and what all telemetry takes. */
export async function readDays(telemetry: TelemetryStore): Promise<{ days: Day[]; bytes: number }> {
  const rows = await telemetry.query<{ table: string; day: string; bytes: string }>(
    `SELECT table, partition AS day, sum(bytes_on_disk) AS bytes FROM system.parts
     WHERE active AND database = currentDatabase() GROUP BY table, partition`,
    {},
    { timeoutMs: 300_000, settings: backgroundSettings },
  );
  const days = new Map<number, number>();
  for (const { table, day, bytes } of rows) {
    const startMs = Date.parse(`${day}T00:00:00Z`);
    if (table !== 'segments' && table !== 'calls') continue;
    days.set(startMs, (days.get(startMs) ?? 0) + Number(bytes));
  }
  return {
    days: [...days].map(([startMs, bytes]) => ({ startMs, bytes })),
    bytes: rows.reduce((sum, { bytes }) => sum + Number(bytes), 0),
  };
}

/** Bytes of one of them now; 0 when nothing is left of it. */
export async function bytesOf(telemetry: TelemetryStore, startMs: number): Promise<number> {
  return (await readDays(telemetry)).days.find((day) => day.startMs === startMs)?.bytes ?? 0;
}

/** Accounts and regions with traces on a day. */
export function scopesOf(telemetry: TelemetryStore, { startMs }: { startMs: number }): Promise<AccountRegion[]> {
  return telemetry.query<AccountRegion>(
    `SELECT DISTINCT account, region FROM segments WHERE ${startsIn([{ startMs, endMs: startMs + dayMs }])}`,
    {},
    { timeoutMs: 300_000, settings: backgroundSettings },
  );
}
