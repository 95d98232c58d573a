import { createHash } from 'node:crypto';
import type { Logger } from '../../platform/logger.ts';
import type { TelemetryStore } from '../../stores/telemetry/store.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import { traceCondition } from '../find-traces.ts';
import { startsIn, type TimeRange } from '../graph/graph-sql.ts';
import { decideRemoval, expressionsOf, type GroupDays, type Removal } from './decide-removal.ts';
import type { Day } from './decide-thinning.ts';
import { bytesOf, dateOf, dayMs, own, readDays, scopesOf, TraceDeletion } from './delete-traces.ts';
import { hourMs } from './plan-settling.ts';
import { backgroundSettings, backgroundSql } from './settle-minutes.ts';

/** Groups of an account and region that say how long they keep their traces. */
export interface KeptGroups extends AccountRegion {
  readonly groups: readonly GroupDays[];
  /** Of all groups, by name and by ARN. */
  readonly expressions: ReadonlyMap<string, string>;
  /** Groups of `groups` that cannot be asked for their traces, and why. */
  readonly problems: ReadonlyMap<string, string>;
}

export interface GroupRetentionDeps {
  readonly telemetry: TelemetryStore;
  readonly logger: Logger;
  /** Of what no group keeps. */
  readonly retentionDays: number;
  keptGroups(): Promise<readonly KeptGroups[]>;
  /** Greater than every version before. */
  nextVersion(): string;
  /** From here on the day's counts are more than what is stored. */
  onDecided(): Promise<void>;
  onRemoved(source: string, documents: number): void;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

interface Mark {
  readonly version: string;
  readonly isDone: boolean;
  readonly asOfMs: number;
  readonly counts: object;
}

/** A row is found so much later than the time that it was stored at says. */
const visibleMs = 60_000;
/** How often it is looked whether something came for days that were done. */
const lateLookMs = 3_600_000;
const options = { timeoutMs: 300_000, settings: backgroundSettings };

/**
 * Removes what its groups keep no longer, one day and account after the other. As in thinning, decisions are stored and
 * marked as complete before anything is deleted, so that a process may be killed at any moment. A day is gone through
 * again when its groups have changed, or when something came late.
 */
export class GroupRetention {
  private readonly deps: GroupRetentionDeps;
  private readonly deletion: TraceDeletion;
  /** Nothing was begun, and no group says anything. */
  private isIdle = false;
  private late = new Map<string, number>();
  private lateLookedMs = 0;

  constructor(deps: GroupRetentionDeps) {
    this.deps = deps;
    this.deletion = new TraceDeletion(deps);
  }

  /** Removes what is due of the next day. `isSettled` tells whether all that counts are made of is in them. */
  async step(nowMs: number, isSettled: (days: TimeRange) => boolean, signal: AbortSignal): Promise<Day | undefined> {
    const kept = await this.deps.keptGroups();
    if (kept.length === 0 && this.isIdle) return undefined;
    await this.finishBegun(await this.readMarks(), signal);
    this.isIdle = kept.length === 0;
    if (this.isIdle) return undefined;
    const marks = await this.readMarks();
    const { retentionDays } = this.deps;
    const longestDays = Math.max(retentionDays, ...kept.flatMap(({ groups }) => groups.map(({ days }) => days)));
    const { days } = await readDays(this.deps.telemetry);
    await this.lookForLate(marks, nowMs);
    for (const day of days.sort((a, b) => a.startMs - b.startMs)) {
      const ageMs = nowMs - day.startMs - dayMs;
      // Older days are dropped by the store as a whole.
      if (ageMs < 0 || ageMs >= longestDays * dayMs) continue;
      // Traces that go on after midnight lose what they have there.
      if (!isSettled({ startMs: day.startMs, endMs: day.startMs + 2 * dayMs })) continue;
      const others = ageMs >= retentionDays * dayMs ? await this.othersOf(day, kept) : [];
      for (const groups of [...kept, ...others]) {
        const removal = decideRemoval(groups.groups, retentionDays, ageMs);
        if (!removal || !this.canDecide(groups, removal)) continue;
        const rule = ruleOf(removal, groups.expressions);
        const mark = marks.get(keyOf(groups, day.startMs))?.get(rule);
        if (mark?.isDone && (this.late.get(keyOf(groups, day.startMs)) ?? 0) <= mark.asOfMs) continue;
        this.late.delete(keyOf(groups, day.startMs));
        await this.removeFrom(groups, day, withoutProblems(removal, groups), rule, nowMs, signal);
        return day;
      }
    }
    return undefined;
  }

  /** Accounts and regions whose traces are on the disk for the sake of others. */
  private async othersOf(day: Day, kept: readonly KeptGroups[]): Promise<KeptGroups[]> {
    const known = new Set(kept.map(({ account, region }) => `${account}/${region}`));
    const scopes = await scopesOf(this.deps.telemetry, day);
    return scopes
      .filter(({ account, region }) => !known.has(`${account}/${region}`))
      .map((scope) => ({ ...scope, groups: [], expressions: new Map(), problems: new Map() }));
  }

  /** What a group keeps whose traces cannot be told must not go: then nothing does. */
  private canDecide(groups: KeptGroups, removal: Removal): boolean {
    const unclear = removal.keeping.find((group) => groups.problems.has(group));
    if (unclear === undefined) return true;
    const { account, region } = groups;
    this.deps.logger.warn({ account, region, group: unclear, reason: groups.problems.get(unclear) }, 'group retention');
    return false;
  }

  private async removeFrom(
    groups: KeptGroups,
    day: Day,
    removal: Removal,
    rule: string,
    nowMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    const version = this.deps.nextVersion();
    const asOfMs = nowMs - visibleMs;
    const counts: { group: string; count: number }[] = [];
    let removed = 0;
    const hours = await this.hoursOf(groups, day);
    for (const { group, expression } of expressionsOf(removal)) {
      for (const hour of hours) {
        signal.throwIfAborted();
        await this.decideHour(groups, hour, expression, version);
      }
      const all = await this.countDecided(groups, day, version);
      counts.push({ group, count: all - removed });
      removed = all;
    }
    const documents = await this.deletion.countDocuments(groups, day, version, signal);
    const row = {
      rule,
      groups: counts.map(({ group }) => group),
      counts: counts.map(({ count }) => count),
      removed,
      removed_documents: documents.reduce((sum, one) => sum + one.documents, 0),
      bytes_before: day.bytes,
    };
    await this.mark(groups, day.startMs, { ...row, version, as_of: asOfMs, is_done: 0, bytes_after: 0 });
    await this.finish(groups, day.startMs, { version, isDone: false, asOfMs, counts: row }, signal);
  }

  /** Hours of a day in which something begins. */
  private async hoursOf({ account, region }: AccountRegion, { startMs }: Day): Promise<TimeRange[]> {
    const rows = await this.deps.telemetry.query<{ hour: number }>(
      `SELECT DISTINCT toUnixTimestamp(toStartOfHour(start)) AS hour FROM segments
       WHERE ${own} AND ${startsIn([{ startMs, endMs: startMs + dayMs }])} ORDER BY hour`,
      { account, region },
      options,
    );
    return rows.map(({ hour }) => ({ startMs: Number(hour) * 1000, endMs: Number(hour) * 1000 + hourMs }));
  }

  /** A trace that goes on from the hour before was decided about with that hour. */
  private async decideHour(groups: KeptGroups, hour: TimeRange, filterExpression: string, version: string) {
    const { account, region, expressions } = groups;
    const query = { account, region, ...hour, groups: expressions, filterExpression, rangeType: 'TraceId' } as const;
    const { condition, values } = traceCondition(query);
    const before = startsIn([{ startMs: hour.startMs - hourMs, endMs: hour.startMs }]);
    await this.deps.telemetry.command(
      `INSERT INTO trace_weights (account, region, start, trace_id, weight, version)
       SELECT {account:String}, {region:String}, toDateTime({hour:UInt32}, 'UTC'), trace_id, 0, {version:UInt64}
       FROM (
         SELECT DISTINCT trace_id FROM segments WHERE ${own} AND ${startsIn([hour])} AND ${condition}
           AND trace_id NOT IN (SELECT trace_id FROM segments WHERE ${own} AND ${before})
           AND trace_id NOT IN (SELECT trace_id FROM trace_weights WHERE ${own}
             AND start = toDateTime({hour:UInt32}, 'UTC') AND version = {version:UInt64})
       )${backgroundSql}`,
      { ...values, hour: hour.startMs / 1000, version },
    );
  }

  private async countDecided({ account, region }: AccountRegion, { startMs }: Day, version: string): Promise<number> {
    const [row] = await this.deps.telemetry.query<{ traces: string }>(
      `SELECT count() AS traces FROM trace_weights WHERE ${own} AND version = {version:UInt64}
         AND start >= toDateTime({from:UInt32}, 'UTC') AND start < toDateTime({to:UInt32}, 'UTC')`,
      { account, region, version, from: startMs / 1000, to: (startMs + dayMs) / 1000 },
      options,
    );
    return Number(row?.traces ?? 0);
  }

  /** What was decided is done, even if the groups have changed since. */
  private async finishBegun(marks: ReadonlyMap<string, ReadonlyMap<string, Mark>>, signal: AbortSignal): Promise<void> {
    for (const [key, ofDay] of marks) {
      const [account = '', region = '', day] = key.split('/');
      for (const mark of ofDay.values()) {
        if (!mark.isDone) await this.finish({ account, region }, Number(day), mark, signal);
      }
    }
  }

  private async finish(scope: AccountRegion, startMs: number, mark: Mark, signal: AbortSignal): Promise<void> {
    await this.deps.onDecided();
    const gone = await this.deletion.delete(scope, { startMs, bytes: 0 }, mark.version, signal);
    for (const { source, documents } of gone) this.deps.onRemoved(source, documents);
    const bytes_after = await bytesOf(this.deps.telemetry, startMs);
    const { version, asOfMs } = mark;
    await this.mark(scope, startMs, { ...mark.counts, version, as_of: asOfMs, is_done: 1, bytes_after });
    this.deps.logger.info(
      { account: scope.account, region: scope.region, day: dateOf(startMs), ...mark.counts },
      'traces of groups removed',
    );
  }

  private async mark({ account, region }: AccountRegion, startMs: number, row: object): Promise<void> {
    const rows = [{ account, region, day: startMs / 1000, ...row }];
    await this.deps.telemetry.insert('trace_removed', rows, { acknowledged: true });
  }

  /** By day, and in it by rule: what was decided last. */
  private async readMarks(): Promise<Map<string, Map<string, Mark>>> {
    const rows = await this.deps.telemetry.query<Record<string, string> & { names: string[]; traces: string[] }>(
      `SELECT account, region, toUnixTimestamp(day) AS dayStart, version, rule, max(is_done) AS done,
         toUnixTimestamp64Milli(any(as_of)) AS asOfMs, any(groups) AS names, any(counts) AS traces, any(removed) AS gone,
         any(removed_documents) AS documents, any(bytes_before) AS bytesBefore
       FROM trace_removed GROUP BY account, region, day, version, rule ORDER BY version`,
      {},
      options,
    );
    const marks = new Map<string, Map<string, Mark>>();
    for (const row of rows) {
      const { account = '', region = '', rule = '' } = row;
      const key = keyOf({ account, region }, Number(row.dayStart) * 1000);
      const ofDay = marks.get(key) ?? new Map<string, Mark>();
      const counts = {
        rule,
        groups: row.names,
        counts: row.traces.map(Number),
        removed: Number(row.gone),
        removed_documents: Number(row.documents),
        bytes_before: Number(row.bytesBefore),
      };
      const isDone = Number(row.done) === 1;
      ofDay.set(rule, { version: String(row.version), isDone, asOfMs: Number(row.asOfMs), counts });
      marks.set(key, ofDay);
    }
    return marks;
  }

  /** When something was stored last of days that were done: of most of them before that. */
  private async lookForLate(marks: ReadonlyMap<string, ReadonlyMap<string, Mark>>, nowMs: number): Promise<void> {
    if (nowMs - this.lateLookedMs < lateLookMs || marks.size === 0) return;
    const asOf = [...marks.values()].flatMap((ofDay) => [...ofDay.values()].map(({ asOfMs }) => asOfMs));
    const newestDay = Math.max(...[...marks.keys()].map((key) => Number(key.split('/')[2])));
    const rows = await this.deps.telemetry.query<Record<'account' | 'region' | 'day' | 'storedMs', string>>(
      `SELECT account, region, toUnixTimestamp(toStartOfDay(start)) AS day, toUnixTimestamp64Milli(max(stored)) AS storedMs
       FROM segments WHERE stored > fromUnixTimestamp64Milli({since:Int64}) AND ${startsIn([{ startMs: 0, endMs: newestDay + dayMs }])}
       GROUP BY account, region, day`,
      { since: Math.min(...asOf) },
      options,
    );
    this.late = new Map(rows.map((row) => [keyOf(row, Number(row.day) * 1000), Number(row.storedMs)]));
    this.lateLookedMs = nowMs;
  }
}

const keyOf = ({ account, region }: AccountRegion, dayStartMs: number): string => `${account}/${region}/${dayStartMs}`;

/** Groups whose time is over and whose traces cannot be told lose nothing. */
function withoutProblems(removal: Removal, { problems }: KeptGroups): Removal {
  return { ...removal, over: removal.over.filter((group) => !problems.has(group)) };
}

/** The same for the same groups with the same expressions: what would be decided about the same traces. */
function ruleOf(removal: Removal, expressions: ReadonlyMap<string, string>): string {
  const named = [...removal.over, ...removal.keeping].map((group) => [group, expressions.get(group) ?? '']);
  // An expression may ask for other groups.
  const refersToGroups = named.some(([, expression]) => /group\.(name|arn)/i.test(expression!));
  const text = JSON.stringify([removal, named, refersToGroups ? [...expressions] : []]);
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
