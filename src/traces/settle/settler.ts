import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import type { StateStore } from '../../stores/state/store.ts';
import type { TelemetryStore } from '../../stores/telemetry/store.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import type { TimeRange } from '../graph/graph-sql.ts';
import { describeRun } from './describe-run.ts';
import { type Counted, findTouched, neighbourhood } from './find-touched.ts';
import type { OnSettled } from './index.ts';
import { Marks } from './marks.ts';
import {
  type Arrivals,
  addArrivals,
  chooseDue,
  cutRun,
  hourMs,
  minuteMs,
  type SettlePolicy,
  toRuns,
} from './plan-settling.ts';
import { addToMinute, backgroundSettings, backgroundSql, countRows, settleMinutes } from './settle-minutes.ts';
import { sumHourSql } from './settled-sql.ts';

const stepMs = 10_000;
const dayMs = 86_400_000;
/** What one counting statement reads at most, unless a single minute has more. */
const runRowsMax = 400_000;
const progressKind = 'xray-settling';
const progressIntervalMs = 60_000;

interface Scope extends AccountRegion {
  readonly pending: Map<number, Arrivals>;
  /** Days whose counts are more than what is stored: they are only ever added to. */
  readonly thinnedDays: Set<number>;
  /** Until when arrivals are in, for minutes that were counted since this process began. */
  readonly countedAsOf: Map<number, number>;
  /** Hours that hold, and hours whose minutes have changed since they were added up. */
  readonly settledHours: Set<number>;
  readonly staleHours: Set<number>;
}

/** What is not settled. */
export interface Open {
  /** What was stored later is not known of. */
  readonly seenMs: number;
  /** Minutes waiting for quiet, or for their turn. */
  readonly minutes: ReadonlyMap<number, Arrivals>;
  /** Hours that are added up. */
  readonly settledHours: ReadonlySet<number>;
  /** Whether the counts of that moment's day are more than what is stored. */
  isThinned(ms: number): boolean;
}

/**
 * Counts minutes that have become quiet, once and again when something arrives late. Everything it knows can be found
 * again in the store: arrivals since `appliedMs`, and which versions hold. So it may be killed at any moment.
 */
export class Settler {
  private readonly telemetry: TelemetryStore;
  private readonly marks: Marks;
  private readonly state: StateStore;
  private readonly clock: Clock;
  private readonly logger: Logger;
  private readonly policy: SettlePolicy;
  private readonly onSettled: readonly OnSettled[];
  private readonly afterStep: ((nowMs: number, signal: AbortSignal) => Promise<void>) | undefined;
  private readonly scopes = new Map<string, Scope>();
  /** Arrivals until then are known here. Undefined: the store has not been looked through yet. */
  private seenMs: number | undefined;
  private tellLooked: () => void = () => {};
  /** The store has been looked through once, or nobody will. */
  looked: Promise<void> = Promise.resolve();
  private savedAtMs = 0;

  constructor(deps: {
    telemetry: TelemetryStore;
    state: StateStore;
    clock: Clock;
    logger: Logger;
    policy: SettlePolicy;
    onSettled: readonly OnSettled[];
    /** What is done between two rounds. */
    afterStep?: (nowMs: number, signal: AbortSignal) => Promise<void>;
  }) {
    this.telemetry = deps.telemetry;
    this.marks = new Marks(deps.telemetry);
    this.state = deps.state;
    this.clock = deps.clock;
    this.logger = deps.logger;
    this.policy = deps.policy;
    this.onSettled = deps.onSettled;
    this.afterStep = deps.afterStep;
  }

  async run(signal: AbortSignal): Promise<void> {
    this.looked = new Promise((resolve) => {
      this.tellLooked = resolve;
    });
    while (!signal.aborted) {
      try {
        await this.step(signal);
        await this.clock.sleep(stepMs, signal);
      } catch (error) {
        if (signal.aborted) return;
        this.logger.warn({ error: String(error) }, 'settling traces');
        await this.clock.sleep(stepMs, signal).catch(() => {});
      }
    }
  }

  /** What is not settled: minutes waiting for quiet or their turn. Undefined until the store has been looked through. */
  open(scope: AccountRegion): Open | undefined {
    if (this.seenMs === undefined) return undefined;
    const known = this.scopes.get(keyOf(scope));
    return {
      seenMs: this.seenMs,
      minutes: known?.pending ?? new Map(),
      settledHours: known?.settledHours ?? new Set(),
      isThinned: (ms) => known?.thinnedDays.has(Math.floor(ms / dayMs) * dayMs) ?? false,
    };
  }

  /** Nothing of the range waits to be counted. */
  isSettled({ startMs, endMs }: TimeRange): boolean {
    if (this.seenMs === undefined || this.seenMs < endMs) return false;
    for (const { pending, staleHours } of this.scopes.values()) {
      for (const minute of [...pending.keys(), ...staleHours]) if (minute >= startMs && minute < endMs) return false;
    }
    return true;
  }

  hasThinned(scope: AccountRegion, { startMs, endMs }: TimeRange): boolean {
    const days = this.scopes.get(keyOf(scope))?.thinnedDays ?? [];
    return [...days].some((day) => day < endMs && day + dayMs > startMs);
  }

  /** From now on, what arrives for that day is added to its counts. */
  async readThinnedDays(): Promise<void> {
    const rows = await this.telemetry.query<{ account: string; region: string; day: number }>(
      `SELECT DISTINCT account, region, toUnixTimestamp(day) AS day
       FROM (SELECT account, region, day FROM trace_thinned UNION ALL SELECT account, region, day FROM trace_removed)`,
    );
    for (const row of rows) this.scopeOf(row).thinnedDays.add(Number(row.day) * 1000);
  }

  /** Greater than every one before it. */
  newVersion(): string {
    return this.marks.nextVersion(this.seenMs ?? 0);
  }

  get hasLooked(): boolean {
    return this.seenMs !== undefined;
  }

  pendingCount(): number {
    return [...this.scopes.values()].reduce((sum, { pending }) => sum + pending.size, 0);
  }

  /** One round: looks what has arrived, counts what is due, adds up hours. */
  async step(signal: AbortSignal): Promise<void> {
    const nowMs = await this.look(signal);
    for (const scope of this.scopes.values()) {
      const due = chooseDue(scope.pending, nowMs, this.policy);
      for (const run of toRuns(due).reverse()) {
        const rows = await countRows(this.telemetry, scope, run);
        for (const part of cutRun(run, rows, runRowsMax)) {
          signal.throwIfAborted();
          await this.settle(scope, part, signal);
        }
      }
      await this.addUpHours(scope, nowMs, signal);
    }
    await this.saveProgress();
    await this.afterStep?.(nowMs, signal);
  }

  /** Arrivals since the last look, by minute. Rows are found up to `marginMs` late, so that much is looked at again. */
  private async look(signal: AbortSignal): Promise<number> {
    const [time] = await this.telemetry.query<{ nowMs: string }>('SELECT toUnixTimestamp64Milli(now64(3)) AS nowMs');
    const nowMs = Number(time?.nowMs);
    const isFirst = this.seenMs === undefined;
    const sinceMs = this.seenMs ?? (await this.readProgress());
    const counted = isFirst ? await this.marks.readAllCounted() : undefined;
    const arrivals = (table: string) =>
      `SELECT account, region, intDiv(toUnixTimestamp(start), 60) AS minute, min(stored) AS firstStored, max(stored) AS lastStored
       FROM ${table} WHERE stored > fromUnixTimestamp64Milli({since:Int64}) GROUP BY account, region, minute`;
    const rows = await this.telemetry.query<Record<'account' | 'region' | 'minute' | 'firstMs' | 'lastMs', string>>(
      `SELECT account, region, minute, toUnixTimestamp64Milli(min(firstStored)) AS firstMs, toUnixTimestamp64Milli(max(lastStored)) AS lastMs
       FROM (${arrivals('segments')} UNION ALL ${arrivals('calls')}) GROUP BY account, region, minute`,
      { since: sinceMs },
      { timeoutMs: 300_000, signal, settings: backgroundSettings },
    );
    for (const row of rows) {
      const scope = this.scopeOf(row);
      const minute = Number(row.minute) * minuteMs;
      const asOfMs = scope.countedAsOf.get(minute) ?? counted?.get(`${keyOf(row)}/${minute}`)?.asOfMs;
      addArrivals(scope.pending, minute, { firstMs: Number(row.firstMs), lastMs: Number(row.lastMs) }, asOfMs);
    }
    for (const [key, { isValid }] of counted ?? []) {
      if (isValid) continue;
      const [account = '', region = '', minute] = key.split('/');
      this.scopeOf({ account, region }).pending.set(Number(minute), dueAt(nowMs));
    }
    if (isFirst) {
      for (const row of await this.marks.readHours()) {
        const { settledHours, staleHours } = this.scopeOf(row);
        (Number(row.isSettled) === 1 ? settledHours : staleHours).add(Number(row.hour) * 1000);
      }
    }
    if (isFirst) await this.readThinnedDays();
    this.seenMs = nowMs - this.policy.marginMs;
    this.tellLooked();
    for (const { countedAsOf } of this.scopes.values()) {
      for (const [minute, asOfMs] of countedAsOf) if (asOfMs < this.seenMs - hourMs) countedAsOf.delete(minute);
    }
    return nowMs;
  }

  private async settle(scope: Scope, run: TimeRange, signal: AbortSignal): Promise<void> {
    const [time] = await this.telemetry.query<{ nowMs: string }>('SELECT toUnixTimestamp64Milli(now64(3)) AS nowMs');
    const asOfMs = Number(time?.nowMs) - this.policy.marginMs;
    const near = neighbourhood(run);
    const counted = await this.marks.readCounted(scope, near);
    const isThinned = (minute: number) => scope.thinnedDays.has(Math.floor(minute / dayMs) * dayMs);
    const touched = await findTouched(this.telemetry, scope, run, counted, signal);
    const again = touched.filter((minute) => !isThinned(minute));
    if (again.length > 0) await this.invalidate(scope, again, counted);
    const minutes: number[] = [];
    for (let minute = run.startMs; minute < run.endMs; minute += minuteMs) minutes.push(minute);
    const toldAsOfMs = Math.min(...minutes.map((minute) => counted.get(minute)?.asOfMs ?? 0));
    for (const listener of this.onSettled)
      await listener(describeRun(this.telemetry, scope, run, asOfMs, toldAsOfMs, signal), signal);
    const version = this.marks.nextVersion(asOfMs);
    if (isThinned(run.startMs)) {
      for (let minute = run.startMs; minute < run.endMs; minute += minuteMs) {
        const only = { startMs: minute, endMs: minute + minuteMs };
        await addToMinute(this.telemetry, scope, only, version, counted.get(minute)?.asOfMs ?? 0, signal);
      }
    } else await settleMinutes(this.telemetry, scope, run, version, signal);
    await this.marks.mark(scope, 'minute', minutes, { version, asOfMs, isValid: true, digest: '0' });
    for (const minute of minutes) {
      const known = scope.pending.get(minute);
      if (known && known.lastMs <= asOfMs) scope.pending.delete(minute);
      else if (known) scope.pending.set(minute, { firstMs: known.lastMs, lastMs: known.lastMs });
      scope.countedAsOf.set(minute, asOfMs);
    }
    outdate(scope, run.startMs);
  }

  /** Minutes that have to be counted anew are known as such before what made them so is settled. */
  private async invalidate(scope: Scope, minutes: readonly number[], counted: ReadonlyMap<number, Counted>) {
    for (const minute of minutes) {
      const asOfMs = counted.get(minute)!.asOfMs;
      const version = this.marks.nextVersion(asOfMs);
      await this.marks.mark(scope, 'minute', [minute], { version, asOfMs, isValid: false, digest: '0' });
      scope.countedAsOf.delete(minute);
      outdate(scope, minute);
      if (!scope.pending.has(minute)) scope.pending.set(minute, dueAt(this.seenMs ?? 0));
    }
  }

  private async addUpHours(scope: Scope, nowMs: number, signal: AbortSignal): Promise<void> {
    for (const hour of [...scope.staleHours].sort((a, b) => b - a)) {
      signal.throwIfAborted();
      if (hour + hourMs + this.policy.waitMsMax > nowMs) continue;
      if ([...scope.pending.keys()].some((minute) => minute >= hour && minute < hour + hourMs)) continue;
      const parameters = { ...this.marks.hourParameters(scope, hour), version: this.marks.nextVersion(nowMs) };
      const digest = await this.marks.digestOf(scope, hour);
      await this.telemetry.command(sumHourSql + backgroundSql, parameters);
      const { version } = parameters;
      await this.marks.mark(scope, 'hour', [hour], { version, asOfMs: nowMs, isValid: true, digest });
      scope.staleHours.delete(hour);
      scope.settledHours.add(hour);
    }
  }

  /** Until when everything that arrived is settled: where to look from after a restart. */
  private async saveProgress(): Promise<void> {
    const nowMs = this.clock.now().getTime();
    if (nowMs - this.savedAtMs < progressIntervalMs) return;
    const pending = [...this.scopes.values()].flatMap((scope) => [...scope.pending.values()]);
    const firstMs = pending.reduce((first, arrivals) => Math.min(first, arrivals.firstMs), Number.POSITIVE_INFINITY);
    const appliedMs = Math.max(0, Math.min(this.seenMs ?? 0, firstMs - 1));
    await this.state.commit([{ kind: progressKind, key: 'applied', expect: 'any', put: { appliedMs } }]);
    this.savedAtMs = nowMs;
  }

  private async readProgress(): Promise<number> {
    return (await this.state.get<{ appliedMs: number }>(progressKind, 'applied'))?.value.appliedMs ?? 0;
  }

  private scopeOf({ account, region }: AccountRegion): Scope {
    const key = keyOf({ account, region });
    let scope = this.scopes.get(key);
    if (!scope) {
      scope = {
        account,
        region,
        pending: new Map(),
        thinnedDays: new Set(),
        countedAsOf: new Map(),
        settledHours: new Set(),
        staleHours: new Set(),
      };
      this.scopes.set(key, scope);
    }
    return scope;
  }
}

function outdate({ settledHours, staleHours }: Scope, minute: number): void {
  const hour = Math.floor(minute / hourMs) * hourMs;
  settledHours.delete(hour);
  staleHours.add(hour);
}

/** Invalid minutes need not wait, nor be found again by what arrived. */
const dueAt = (nowMs: number): Arrivals => ({ firstMs: nowMs, lastMs: 0 });

const keyOf = ({ account, region }: AccountRegion): string => `${account}/${region}`;
