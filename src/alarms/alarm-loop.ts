import type { Metrics } from '../metrics/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import { StaleVersionError, type Versioned } from '../stores/state/store.ts';
import type { Traces } from '../traces/index.ts';
import type { ChangeAlarmState } from './change-alarm-state.ts';
import { findCircular } from './find-circular.ts';
import { judgeCompositeAlarm, judgeMetricAlarm } from './judge-alarm.ts';
import { type Alarm, initialReason, type MetricAlarm } from './model.ts';
import { periodOf, readDatapoints } from './read-datapoints.ts';
import type { AlarmStore } from './store.ts';

export interface AlarmLoopOptions {
  readonly store: AlarmStore;
  readonly metrics: Metrics;
  readonly traces: Traces;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly changeState: ChangeAlarmState;
}

const tickMs = 10_000;
const minuteMs = 60_000;
/** Data of a period arrive a little after its end: our own within a second, a canary's within two. */
const settleMs = 3_000;
const trimEveryTicks = 360;
const compositeDepthMax = 100;

/** Evaluates alarms: those with short periods every ten seconds, the others every minute, composites after them. */
export class AlarmLoop {
  private readonly options: AlarmLoopOptions;
  private readonly stopping = new AbortController();
  private loop: Promise<void> = Promise.resolve();
  private ticks = 0;

  constructor(options: AlarmLoopOptions) {
    this.options = options;
  }

  start(): void {
    this.loop = this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.loop;
  }

  private async run(): Promise<void> {
    const { clock, logger, store } = this.options;
    const ended = () => Math.floor((clock.now().getTime() - settleMs) / tickMs) * tickMs;
    let doneMs = ended();
    while (!this.stopping.signal.aborted) {
      const waitMs = doneMs + tickMs + settleMs - clock.now().getTime();
      // Timers wake a little early: whoever rounds down then does one tick twice and leaves out the next.
      if (waitMs > 0) {
        await clock.sleep(waitMs, this.stopping.signal).catch(() => {});
        continue;
      }
      const atMs = ended();
      const isNewMinute = Math.floor(atMs / minuteMs) > Math.floor(doneMs / minuteMs);
      doneMs = atMs;
      try {
        const now = clock.now();
        await this.evaluate(new Date(atMs), isNewMinute);
        this.ticks += 1;
        if (this.ticks % trimEveryTicks === 1) await store.trimHistory(now);
      } catch (error) {
        if (!this.stopping.signal.aborted) logger.error({ error: String(error) }, 'alarms could not be evaluated');
      }
    }
  }

  /** One pass over everything that is due at `at` (a multiple of ten seconds), the first of its minute or not. */
  async evaluate(at: Date, isNewMinute: boolean): Promise<void> {
    const { store, metrics, traces } = this.options;
    const alarms = await store.list();
    const due = alarms.filter(
      (found): found is Versioned<MetricAlarm> =>
        found.value.kind === 'metric' &&
        (isNewMinute || periodOf(found.value) < 60 || found.value.state.reason === initialReason),
    );
    // Long periods slide by whole minutes.
    const minute = new Date(Math.floor(at.getTime() / minuteMs) * minuteMs);
    const short = due.filter(({ value }) => periodOf(value) < 60);
    const long = due.filter(({ value }) => periodOf(value) >= 60);
    for (const [group, end] of [
      [short, at],
      [long, minute],
    ] as const) {
      const points = await readDatapoints(
        group.map(({ value }) => value),
        end,
        { metrics, traces },
        (failed, error) => this.warn(failed, error),
      );
      for (const found of group) {
        const own = points.get(found.value);
        if (own) await this.settle(found, judgeMetricAlarm(found.value, own, this.options.clock.now()));
      }
    }
    if (alarms.some(({ value }) => value.kind === 'composite')) await this.evaluateComposites();
  }

  private warn(failed: readonly MetricAlarm[], error: unknown): void {
    if (this.stopping.signal.aborted) return;
    const names = failed.slice(0, 10).map(({ name }) => name);
    this.options.logger.warn({ alarms: names, count: failed.length, error: String(error) }, 'alarms keep their state');
  }

  /** Composites may watch composites: passes until nothing changes. Those in a circle stay as they are. */
  private async evaluateComposites(): Promise<void> {
    for (let pass = 0; pass < compositeDepthMax; pass += 1) {
      let changed = false;
      for (const ofScope of groupByScope(await this.options.store.list())) {
        const known = new Map<string, Alarm>(
          ofScope.flatMap(({ value }) => [
            [value.name, value],
            [value.arn, value],
          ]),
        );
        const circular = findCircular(known);
        for (const found of ofScope) {
          const { value } = found;
          if (value.kind !== 'composite' || circular.has(value.arn)) continue;
          if (await this.settle(found, judgeCompositeAlarm(value, known, this.options.clock.now()))) changed = true;
        }
      }
      if (!changed) return;
    }
  }

  private async settle(found: Versioned<Alarm>, next: Alarm['state'] | undefined): Promise<boolean> {
    if (!next) return false;
    try {
      await this.options.changeState(found, next);
      return true;
    } catch (error) {
      // Somebody changed or deleted the alarm meanwhile; the next pass sees what it is now.
      if (error instanceof StaleVersionError) return false;
      throw error;
    }
  }
}

function groupByScope(alarms: readonly Versioned<Alarm>[]): Iterable<Versioned<Alarm>[]> {
  const scopes = new Map<string, Versioned<Alarm>[]>();
  for (const found of alarms) {
    const key = `${found.value.account}/${found.value.region}`;
    const scope = scopes.get(key);
    if (scope) scope.push(found);
    else scopes.set(key, [found]);
  }
  return scopes.values();
}
