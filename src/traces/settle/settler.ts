import type { Clock } from '../../platform/clock.ts';
import { newHexId } from '../../platform/ids.ts';
import type { Logger } from '../../platform/logger.ts';
import type { StateStore } from '../../stores/state/store.ts';
import type { TelemetryStore } from '../../stores/telemetry/store.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import { startsIn, type TimeRange } from '../graph/graph-sql.ts';
import type { TraceId } from '../model.ts';
import { type Counted, findTouched, neighbourhood } from './find-touched.ts';
import type { OnSettled, SettledMinutes } from './index.ts';
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
import { backgroundSettings, backgroundSql, countRows, settleMinutes } from './settle-minutes.ts';
import { digestSql, sumHourSql, versionsOf } from './settled-sql.ts';

const stepMs = 10_000;
/** What one counting statement reads at most, unless a single minute has more. */
const runRowsMax = 400_000;
const traceIdBatch = 5_000;
const progressKind = 'xray-settling';
const progressIntervalMs = 60_000;
const versionMaxOfAll = '18446744073709551615';

interface Scope extends AccountRegion {
  readonly pending: Map<number, Arrivals>;
  /** Until when arrivals are in, for minutes that were counted since this process began. */
  readonly countedAsOf: Map<number, number>;
  readonly staleHours: Set<number>;
}

/**
 * Counts minutes that have become quiet, once and again when something arrives late. Everything it knows can be found
 * again in the store: arrivals since `appliedMs`, and which versions hold. So it may be killed at any moment.
 */
export class Settler {
  private readonly telemetry: TelemetryStore;
  private readonly state: StateStore;
  private readonly clock: Clock;
  private readonly logger: Logger;
  private readonly policy: SettlePolicy;
  private readonly onSettled: readonly OnSettled[];
  private readonly scopes = new Map<string, Scope>();
  /** Arrivals until then are known here. Undefined: the store has not been looked through yet. */
  private seenMs: number | undefined;
  private savedAtMs = 0;
  private lastVersion = 0n;

  constructor(deps: {
    telemetry: TelemetryStore;
    state: StateStore;
    clock: Clock;
    logger: Logger;
    policy: SettlePolicy;
    onSettled: readonly OnSettled[];
  }) {
    this.telemetry = deps.telemetry;
    this.state = deps.state;
    this.clock = deps.clock;
    this.logger = deps.logger;
    this.policy = deps.policy;
    this.onSettled = deps.onSettled;
  }

  async run(signal: AbortSignal): Promise<void> {
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
  open(scope: AccountRegion): { seenMs: number; minutes: ReadonlyMap<number, Arrivals> } | undefined {
    if (this.seenMs === undefined) return undefined;
    return { seenMs: this.seenMs, minutes: this.scopes.get(keyOf(scope))?.pending ?? new Map() };
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
  }

  /** Arrivals since the last look, by minute. Rows are found up to `marginMs` late, so that much is looked at again. */
  private async look(signal: AbortSignal): Promise<number> {
    const [time] = await this.telemetry.query<{ nowMs: string }>('SELECT toUnixTimestamp64Milli(now64(3)) AS nowMs');
    const nowMs = Number(time?.nowMs);
    const isFirst = this.seenMs === undefined;
    const sinceMs = this.seenMs ?? (await this.readProgress());
    const counted = isFirst ? await this.readAllCounted() : undefined;
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
    if (isFirst) await this.findStaleHours();
    this.seenMs = nowMs - this.policy.marginMs;
    for (const { countedAsOf } of this.scopes.values()) {
      for (const [minute, asOfMs] of countedAsOf) if (asOfMs < this.seenMs - hourMs) countedAsOf.delete(minute);
    }
    return nowMs;
  }

  private async settle(scope: Scope, run: TimeRange, signal: AbortSignal): Promise<void> {
    const [time] = await this.telemetry.query<{ nowMs: string }>('SELECT toUnixTimestamp64Milli(now64(3)) AS nowMs');
    const asOfMs = Number(time?.nowMs) - this.policy.marginMs;
    const near = neighbourhood(run);
    const counted = await this.readCounted(scope, near);
    const touched = await findTouched(this.telemetry, scope, run, counted, signal);
    if (touched.length > 0) await this.invalidate(scope, touched, counted);
    for (const listener of this.onSettled) await listener(this.describe(scope, run, asOfMs, signal), signal);
    const version = this.nextVersion(asOfMs);
    await settleMinutes(this.telemetry, scope, run, version, signal);
    const minutes: number[] = [];
    for (let minute = run.startMs; minute < run.endMs; minute += minuteMs) minutes.push(minute);
    await this.mark(scope, 'minute', minutes, { version, asOfMs, isValid: true, digest: '0' });
    for (const minute of minutes) {
      const known = scope.pending.get(minute);
      if (known && known.lastMs <= asOfMs) scope.pending.delete(minute);
      else if (known) scope.pending.set(minute, { firstMs: known.lastMs, lastMs: known.lastMs });
      scope.countedAsOf.set(minute, asOfMs);
    }
    scope.staleHours.add(Math.floor(run.startMs / hourMs) * hourMs);
  }

  /** Minutes that have to be counted anew are known as such before what made them so is settled. */
  private async invalidate(scope: Scope, minutes: readonly number[], counted: ReadonlyMap<number, Counted>) {
    for (const minute of minutes) {
      const asOfMs = counted.get(minute)!.asOfMs;
      const version = this.nextVersion(asOfMs);
      await this.mark(scope, 'minute', [minute], { version, asOfMs, isValid: false, digest: '0' });
      scope.countedAsOf.delete(minute);
      if (!scope.pending.has(minute)) scope.pending.set(minute, dueAt(this.seenMs ?? 0));
    }
  }

  private async addUpHours(scope: Scope, nowMs: number, signal: AbortSignal): Promise<void> {
    for (const hour of [...scope.staleHours].sort((a, b) => b - a)) {
      signal.throwIfAborted();
      if (hour + hourMs + this.policy.waitMsMax > nowMs) continue;
      if ([...scope.pending.keys()].some((minute) => minute >= hour && minute < hour + hourMs)) continue;
      const parameters = { ...this.hourParameters(scope, hour), version: this.nextVersion(nowMs) };
      const digest = await this.digestOf(scope, hour);
      await this.telemetry.command(sumHourSql + backgroundSql, parameters);
      const { version } = parameters;
      await this.mark(scope, 'hour', [hour], { version, asOfMs: nowMs, isValid: true, digest });
      scope.staleHours.delete(hour);
    }
  }

  private async digestOf(scope: Scope, hour: number): Promise<string> {
    const [row] = await this.telemetry.query<{ digest: string }>(
      `SELECT ${digestSql} AS digest FROM (${versionsOf('minute')})`,
      this.hourParameters(scope, hour),
    );
    return row?.digest ?? '0';
  }

  private hourParameters({ account, region }: Scope, hour: number) {
    return { account, region, from: hour / 1000, to: (hour + hourMs) / 1000, versionMax: versionMaxOfAll };
  }

  /** Hours whose minutes are not the ones that were added up. */
  private async findStaleHours(): Promise<void> {
    const rows = await this.telemetry.query<{ account: string; region: string; hour: number }>(
      `SELECT account, region, hour FROM (
         SELECT account, region, toUnixTimestamp(toStartOfHour(start)) AS hour, ${digestSql} AS digest FROM (
           SELECT account, region, start, max(version) AS holds FROM trace_map_settled WHERE tier = 'minute'
           GROUP BY account, region, start HAVING argMax(is_valid, version) = 1
         ) GROUP BY account, region, hour) AS wanted
       LEFT JOIN (SELECT account, region, toUnixTimestamp(start) AS hour, argMax(digest, version) AS digest
         FROM trace_map_settled WHERE tier = 'hour' GROUP BY account, region, start) AS known USING (account, region, hour)
       WHERE wanted.digest != known.digest`,
      {},
      { timeoutMs: 60_000, settings: backgroundSettings },
    );
    for (const row of rows) this.scopeOf(row).staleHours.add(Number(row.hour) * 1000);
  }

  private async mark(
    { account, region }: AccountRegion,
    tier: 'minute' | 'hour',
    starts: readonly number[],
    mark: { version: string; asOfMs: number; isValid: boolean; digest: string },
  ): Promise<void> {
    const rows = starts.map((start) => ({
      account,
      region,
      tier,
      start: start / 1000,
      version: mark.version,
      as_of: mark.asOfMs,
      is_valid: mark.isValid ? 1 : 0,
      digest: mark.digest,
    }));
    await this.telemetry.insert('trace_map_settled', rows, { acknowledged: true });
  }

  /** Greater than every one before it, whatever the clock does; different from those of others at the same time. */
  private nextVersion(asOfMs: number): string {
    const wanted = (BigInt(Math.max(asOfMs, 0)) << 20n) | (BigInt(`0x${newHexId(3)}`) & 0xfffffn);
    this.lastVersion = wanted > this.lastVersion ? wanted : this.lastVersion + 1n;
    return String(this.lastVersion);
  }

  private async readCounted(scope: AccountRegion, range: TimeRange): Promise<Map<number, Counted>> {
    const rows = await this.telemetry.query<{ minute: number; asOfMs: string; isValid: number }>(
      `SELECT toUnixTimestamp(start) AS minute, toUnixTimestamp64Milli(argMax(as_of, version)) AS asOfMs,
         argMax(is_valid, version) AS isValid FROM trace_map_settled
       WHERE account = {account:String} AND region = {region:String} AND tier = 'minute'
         AND start >= toDateTime({from:UInt32}, 'UTC') AND start < toDateTime({to:UInt32}, 'UTC') GROUP BY minute`,
      {
        account: scope.account,
        region: scope.region,
        from: Math.max(0, range.startMs / 1000),
        to: Math.max(0, range.endMs / 1000),
      },
    );
    return new Map(
      rows.map((row) => [
        Number(row.minute) * 1000,
        { asOfMs: Number(row.asOfMs), isValid: Number(row.isValid) === 1 },
      ]),
    );
  }

  /** All counted minutes, by scope and minute; versions go on from the greatest. */
  private async readAllCounted(): Promise<Map<string, Counted>> {
    const rows = await this.telemetry.query<Record<string, string>>(
      `SELECT account, region, toUnixTimestamp(start) AS minute, toUnixTimestamp64Milli(argMax(as_of, version)) AS asOfMs,
         argMax(is_valid, version) AS isValid, max(version) AS holds
       FROM trace_map_settled WHERE tier = 'minute' GROUP BY account, region, minute`,
      {},
      { timeoutMs: 60_000, settings: backgroundSettings },
    );
    for (const { holds } of rows) if (BigInt(holds!) > this.lastVersion) this.lastVersion = BigInt(holds!);
    return new Map(
      rows.map((row) => [
        `${row.account}/${row.region}/${Number(row.minute) * 1000}`,
        { asOfMs: Number(row.asOfMs), isValid: Number(row.isValid) === 1 },
      ]),
    );
  }

  private describe(
    { account, region }: AccountRegion,
    run: TimeRange,
    asOfMs: number,
    signal: AbortSignal,
  ): SettledMinutes {
    const { telemetry } = this;
    return {
      account,
      region,
      ...run,
      asOfMs,
      async *traceIds() {
        let after = '';
        for (;;) {
          const rows: { traceId: TraceId }[] = await telemetry.query(
            `SELECT DISTINCT toString(trace_id) AS traceId FROM segments WHERE account = {account:String}
               AND region = {region:String} AND ${startsIn([run])} AND trace_id > {after:String}
             ORDER BY traceId LIMIT ${traceIdBatch}`,
            { account, region, after },
            { timeoutMs: 60_000, signal, settings: backgroundSettings },
          );
          if (rows.length > 0) yield rows.map(({ traceId }) => traceId);
          if (rows.length < traceIdBatch) return;
          after = rows.at(-1)!.traceId;
        }
      },
    };
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
      scope = { account, region, pending: new Map(), countedAsOf: new Map(), staleHours: new Set() };
      this.scopes.set(key, scope);
    }
    return scope;
  }
}

/** Invalid minutes need not wait, nor be found again by what arrived. */
const dueAt = (nowMs: number): Arrivals => ({ firstMs: nowMs, lastMs: 0 });

const keyOf = ({ account, region }: AccountRegion): string => `${account}/${region}`;
