import type { Logger } from '../../platform/logger.ts';
import type { QueryParameter, TelemetryStore } from '../../stores/telemetry/store.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import { startsIn, type TimeRange } from '../graph/graph-sql.ts';
import {
  chooseDay,
  type Day,
  type Decision,
  decideThinning,
  type Reason,
  type ThinningPolicy,
} from './decide-thinning.ts';
import { hourMs } from './plan-settling.ts';
import { readFacts } from './read-facts.ts';
import { backgroundSettings } from './settle-minutes.ts';

const dayMs = 86_400_000;
/** Ids that one deletion holds in memory. */
const deletedAtOnce = 300_000;
const insertRowsMax = 10_000;
/** Tables with rows of single traces. */
const traceTables = ['segments', 'calls', 'span_links', 'trace_summaries'] as const;
const pollMs = 500;
const own = 'account = {account:String} AND region = {region:String}';

export type ReasonCounts = Record<Reason, number>;

export interface ThinnerDeps {
  readonly telemetry: TelemetryStore;
  readonly logger: Logger;
  readonly diskBytesMax: number;
  policy(): Promise<ThinningPolicy>;
  /** Ids of traces of that time that a group wants kept. */
  groupedTraces(
    scope: AccountRegion,
    range: TimeRange,
    ageMs: number,
    signal: AbortSignal,
  ): Promise<ReadonlySet<string>>;
  /** Greater than every version before. */
  nextVersion(): string;
  /** Decisions for a day are complete: from here on its counts are more than what is stored. */
  onDecided(): Promise<void>;
  onThinned(source: string, documents: number): void;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/**
 * Thins one day after the other. First every decision is stored and marked as complete, then what goes is deleted, then
 * the day is marked as done. Killed before the first mark, the decisions do not count and are made again; killed
 * after it, the same deletion is done again.
 */
export class Thinner {
  private readonly deps: ThinnerDeps;

  constructor(deps: ThinnerDeps) {
    this.deps = deps;
  }

  /** Thins the next day that is due. `isSettled` tells whether all that a day's counts are made of is in them. */
  async step(nowMs: number, isSettled: (day: TimeRange) => boolean, signal: AbortSignal): Promise<Day | undefined> {
    const policy = await this.deps.policy();
    if (!policy.isOn) return undefined;
    const { days, bytes } = await this.readDays();
    const done = await this.readDone();
    const open = days.filter(({ startMs }) => !done.has(startMs) && isSettled({ startMs, endMs: startMs + dayMs }));
    const day = chooseDay(open, { bytes, bytesMax: this.deps.diskBytesMax }, policy, nowMs);
    if (day) await this.thinDay(day, policy, nowMs, signal);
    return day;
  }

  private async thinDay(day: Day, policy: ThinningPolicy, nowMs: number, signal: AbortSignal): Promise<void> {
    for (const scope of await this.scopesOf(day)) {
      const decided = (await this.readMark(scope, day)) ?? (await this.decideDay(scope, day, policy, nowMs, signal));
      if (decided.isDone) continue;
      await this.deps.onDecided();
      await this.deleteDay(scope, day, decided.version, signal);
      const { bytes } = (await this.readDays()).days.find(({ startMs }) => startMs === day.startMs) ?? { bytes: 0 };
      await this.mark(scope, day, { ...decided.counts, version: decided.version, is_done: 1, bytes_after: bytes });
    }
    this.deps.logger.info({ day: dateOf(day.startMs), bytesBefore: day.bytes }, 'traces thinned');
  }

  private async decideDay(scope: AccountRegion, day: Day, policy: ThinningPolicy, nowMs: number, signal: AbortSignal) {
    const version = this.deps.nextVersion();
    const reasons: ReasonCounts = { grouped: 0, problem: 0, slow: 0, rare: 0, sampled: 0, thinned: 0 };
    for (let startMs = day.startMs; startMs < day.startMs + dayMs; startMs += hourMs) {
      const hour = { startMs, endMs: startMs + hourMs };
      const grouped = await this.deps.groupedTraces(scope, hour, nowMs - startMs, signal);
      for await (const facts of readFacts(this.deps.telemetry, scope, hour, grouped, signal)) {
        const decisions = decideThinning(facts, policy);
        for (const { reason } of decisions) reasons[reason] += 1;
        await this.storeWeights(scope, startMs, decisions, version);
      }
    }
    const [gone] = await this.query<{ documents: string }>(
      `SELECT count() AS documents FROM segments WHERE ${own} AND ${startsIn([{ ...day, endMs: day.startMs + dayMs }])}
         AND trace_id IN (${goneSql})`,
      this.parametersOf(scope, day, version),
      signal,
    );
    const counts = { ...reasons, thinned_documents: Number(gone?.documents ?? 0), bytes_before: day.bytes };
    await this.mark(scope, day, { ...counts, version, is_done: 0, bytes_after: 0 });
    return { version, isDone: false, counts };
  }

  /** What stands for itself needs no row. */
  private async storeWeights(scope: AccountRegion, startMs: number, decisions: readonly Decision[], version: string) {
    const rows = decisions
      .filter(({ weight }) => weight !== 1)
      .map(({ traceId, weight }) => ({
        account: scope.account,
        region: scope.region,
        start: startMs / 1000,
        trace_id: traceId,
        weight,
        version,
      }));
    for (let first = 0; first < rows.length; first += insertRowsMax) {
      const part = rows.slice(first, first + insertRowsMax);
      await this.deps.telemetry.insert('trace_weights', part, { acknowledged: true });
    }
  }

  /** A trace may go on after midnight: the day after loses its parts too, if there are any. */
  private async deleteDay(scope: AccountRegion, day: Day, version: string, signal: AbortSignal): Promise<void> {
    const parameters = this.parametersOf(scope, day, version);
    const [gone] = await this.query<{ ids: string }>(`SELECT count() AS ids FROM (${goneSql})`, parameters, signal);
    const parts = Math.ceil(Number(gone?.ids ?? 0) / deletedAtOnce);
    const sources = await this.query<{ source: string; documents: string }>(
      `SELECT source, count() AS documents FROM segments WHERE ${own} AND ${startsIn([{ ...day, endMs: day.startMs + dayMs }])}
         AND trace_id IN (${goneSql}) GROUP BY source`,
      parameters,
      signal,
    );
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
            {
              ...parameters,
              date,
            },
          );
          await this.untilDeleted(table, signal);
        }
      }
    }
    for (const { source, documents } of sources) this.deps.onThinned(source, Number(documents));
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

  private async readMark(scope: AccountRegion, day: Day) {
    const [row] = await this.query<Record<string, string>>(
      `SELECT version, is_done, grouped, problem, slow, rare, sampled, thinned, thinned_documents, bytes_before
       FROM trace_thinned WHERE ${own} AND day = toDateTime({day:UInt32}, 'UTC') ORDER BY is_done DESC, version DESC LIMIT 1`,
      this.parametersOf(scope, day, '0'),
    );
    if (!row) return undefined;
    const { version, is_done, ...counts } = row;
    return { version: String(version), isDone: Number(is_done) === 1, counts };
  }

  private async mark(scope: AccountRegion, day: Day, row: object): Promise<void> {
    const { account, region } = scope;
    const rows = [{ account, region, day: day.startMs / 1000, ...row }];
    await this.deps.telemetry.insert('trace_thinned', rows, { acknowledged: true });
  }

  /** Days with traces, and what all telemetry takes. */
  private async readDays(): Promise<{ days: Day[]; bytes: number }> {
    const rows = await this.query<{ table: string; day: string; bytes: string }>(
      `SELECT table, partition AS day, sum(bytes_on_disk) AS bytes FROM system.parts
       WHERE active AND database = currentDatabase() GROUP BY table, partition`,
      {},
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

  /** Days of which every account's and region's part is done. */
  private async readDone(): Promise<Set<number>> {
    const rows = await this.query<{ day: number }>(
      `SELECT toUnixTimestamp(day) AS day FROM (
         SELECT account, region, day, max(is_done) AS done FROM trace_thinned GROUP BY account, region, day)
       GROUP BY day HAVING min(done) = 1`,
      {},
    );
    return new Set(rows.map(({ day }) => Number(day) * 1000));
  }

  private scopesOf(day: Day): Promise<AccountRegion[]> {
    return this.query<{ account: string; region: string }>(
      `SELECT DISTINCT account, region FROM segments WHERE ${startsIn([{ ...day, endMs: day.startMs + dayMs }])}`,
      {},
    );
  }

  private parametersOf({ account, region }: AccountRegion, day: Day, version: string) {
    return { account, region, version, day: day.startMs / 1000, dayAfter: (day.startMs + dayMs) / 1000 };
  }

  private query<Row>(sql: string, parameters: Record<string, QueryParameter>, signal?: AbortSignal): Promise<Row[]> {
    const options = { timeoutMs: 300_000, settings: backgroundSettings, ...(signal ? { signal } : {}) };
    return this.deps.telemetry.query<Row>(sql, parameters, options);
  }
}

/** Ids of what goes, of a day and a version. */
const goneSql = `SELECT trace_id FROM trace_weights WHERE ${own} AND start >= toDateTime({day:UInt32}, 'UTC')
  AND start < toDateTime({dayAfter:UInt32}, 'UTC') AND version = {version:UInt64} AND weight = 0`;

const dateOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
