import type { Logger } from '../../platform/logger.ts';
import type { QueryParameter, TelemetryStore } from '../../stores/telemetry/store.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import type { TimeRange } from '../graph/graph-sql.ts';
import {
  chooseDay,
  type Day,
  type Decision,
  decideThinning,
  type Reason,
  type ThinningPolicy,
} from './decide-thinning.ts';
import { bytesOf, dateOf, dayMs, own, readDays, scopesOf, TraceDeletion } from './delete-traces.ts';
import { hourMs } from './plan-settling.ts';
import { readFacts } from './read-facts.ts';
import { backgroundSettings } from './settle-minutes.ts';

const insertRowsMax = 10_000;

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
  private readonly deletion: TraceDeletion;

  constructor(deps: ThinnerDeps) {
    this.deps = deps;
    this.deletion = new TraceDeletion(deps);
  }

  /** Thins the next day that is due. `isSettled` tells whether all that a day's counts are made of is in them. */
  async step(nowMs: number, isSettled: (day: TimeRange) => boolean, signal: AbortSignal): Promise<Day | undefined> {
    const policy = await this.deps.policy();
    if (!policy.isOn) return undefined;
    const { days, bytes } = await readDays(this.deps.telemetry);
    const done = await this.readDone();
    const open = days.filter(({ startMs }) => !done.has(startMs) && isSettled({ startMs, endMs: startMs + dayMs }));
    const day = chooseDay(open, { bytes, bytesMax: this.deps.diskBytesMax }, policy, nowMs);
    if (day) await this.thinDay(day, policy, nowMs, signal);
    return day;
  }

  /** Deletes what was decided to go, of days that a process left half done: whatever the policy says by now. */
  async finishBegun(signal: AbortSignal): Promise<void> {
    const rows = await this.query<{ account: string; region: string; day: number }>(
      `SELECT account, region, toUnixTimestamp(day) AS day FROM trace_thinned
       GROUP BY account, region, day HAVING max(is_done) = 0`,
      {},
      signal,
    );
    for (const { account, region, day } of rows) {
      const startMs = Number(day) * 1000;
      const begun = await this.readMark({ account, region }, { startMs, bytes: 0 });
      if (begun) await this.finish({ account, region }, { startMs, bytes: 0 }, begun, signal);
    }
  }

  private async thinDay(day: Day, policy: ThinningPolicy, nowMs: number, signal: AbortSignal): Promise<void> {
    for (const scope of await scopesOf(this.deps.telemetry, day)) {
      const decided = (await this.readMark(scope, day)) ?? (await this.decideDay(scope, day, policy, nowMs, signal));
      if (!decided.isDone) await this.finish(scope, day, decided, signal);
    }
    this.deps.logger.info({ day: dateOf(day.startMs), bytesBefore: day.bytes }, 'traces thinned');
  }

  private async finish(
    scope: AccountRegion,
    day: Day,
    decided: { version: string; counts: object },
    signal: AbortSignal,
  ) {
    await this.deps.onDecided();
    const gone = await this.deletion.delete(scope, day, decided.version, signal);
    for (const { source, documents } of gone) this.deps.onThinned(source, documents);
    const bytes = await bytesOf(this.deps.telemetry, day.startMs);
    await this.mark(scope, day, { ...decided.counts, version: decided.version, is_done: 1, bytes_after: bytes });
  }

  private async decideDay(scope: AccountRegion, day: Day, policy: ThinningPolicy, nowMs: number, signal: AbortSignal) {
    const version = this.deps.nextVersion();
    const reasons: ReasonCounts = { grouped: 0, problem: 0, slow: 0, rare: 0, sampled: 0, thinned: 0 };
    for (let startMs = day.startMs; startMs < day.startMs + dayMs; startMs += hourMs) {
      const hour = { startMs, endMs: startMs + hourMs };
      const grouped = await this.deps.groupedTraces(scope, hour, nowMs - day.startMs - dayMs, signal);
      for await (const facts of readFacts(this.deps.telemetry, scope, hour, grouped, signal)) {
        const decisions = decideThinning(facts, policy);
        for (const { reason } of decisions) reasons[reason] += 1;
        await this.storeWeights(scope, startMs, decisions, version);
      }
    }
    const gone = await this.deletion.countDocuments(scope, day, version, signal);
    const documents = gone.reduce((sum, one) => sum + one.documents, 0);
    const counts = { ...reasons, thinned_documents: documents, bytes_before: day.bytes };
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

  private async readMark(scope: AccountRegion, day: Day) {
    const [row] = await this.query<Record<string, string>>(
      `SELECT version, is_done, grouped, problem, slow, rare, sampled, thinned, thinned_documents, bytes_before
       FROM trace_thinned WHERE ${own} AND day = toDateTime({day:UInt32}, 'UTC') ORDER BY is_done DESC, version DESC LIMIT 1`,
      { account: scope.account, region: scope.region, day: day.startMs / 1000 },
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

  private query<Row>(sql: string, parameters: Record<string, QueryParameter>, signal?: AbortSignal): Promise<Row[]> {
    const options = { timeoutMs: 300_000, settings: backgroundSettings, ...(signal ? { signal } : {}) };
    return this.deps.telemetry.query<Row>(sql, parameters, options);
  }
}
