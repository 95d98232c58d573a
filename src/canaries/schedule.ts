import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { CanaryRecord } from './model.ts';
import { parseRateMs } from './parse-schedule.ts';

/**
 * Runs each started canary in its rhythm. Runs of one canary never overlap: a slot that falls into a run is left out. A
 * run that throws is logged and the rhythm goes on.
 */
export class CanarySchedule {
  private readonly loops = new Map<string, AbortController>();
  /** The last loop of each canary, as long as it goes on: also after it was stopped, while its last run does. */
  private readonly underWay = new Map<string, Promise<void>>();
  private readonly ending = new AbortController();
  private readonly clock: Clock;
  private readonly logger: Logger;
  private readonly run: (canaryKey: string, signal: AbortSignal) => Promise<void>;
  private readonly finished: (canaryKey: string) => Promise<void>;

  constructor(deps: {
    clock: Clock;
    logger: Logger;
    /** `signal` ends a run without a result: nothing is known of what it watched. */
    run: (canaryKey: string, signal: AbortSignal) => Promise<void>;
    finished: (canaryKey: string) => Promise<void>;
  }) {
    this.clock = deps.clock;
    this.logger = deps.logger;
    this.run = deps.run;
    this.finished = deps.finished;
  }

  /** `key` names the canary to `run`; the first run is now, or when one that is still under way has ended. */
  start(key: string, canary: CanaryRecord): void {
    this.stop(key);
    const stopping = new AbortController();
    this.loops.set(key, stopping);
    const before = this.underWay.get(key) ?? Promise.resolve();
    const loop = before
      .then(() => this.loop(key, canary, stopping.signal))
      .finally(() => {
        if (this.underWay.get(key) === loop) this.underWay.delete(key);
      });
    this.underWay.set(key, loop);
  }

  stop(key: string): void {
    this.loops.get(key)?.abort();
    this.loops.delete(key);
  }

  async stopAll(): Promise<void> {
    for (const key of [...this.loops.keys()]) this.stop(key);
    this.ending.abort(new Error('stopped'));
    await Promise.all(this.underWay.values());
  }

  private async loop(key: string, canary: CanaryRecord, signal: AbortSignal): Promise<void> {
    const periodMs = parseRateMs(canary.scheduleExpression) ?? 0;
    const endMs = canary.durationSeconds > 0 ? (canary.startedMs ?? 0) + canary.durationSeconds * 1000 : Infinity;
    let nextMs = this.clock.monotonicMs();
    while (!signal.aborted) {
      await this.run(key, this.ending.signal).catch((error) => {
        if (!this.ending.signal.aborted) this.logger.error({ error, canary: key }, 'canary run failed to complete');
      });
      if (periodMs === 0 || this.clock.now().getTime() + periodMs > endMs) break;
      do nextMs += periodMs;
      while (nextMs <= this.clock.monotonicMs());
      await this.clock.sleep(nextMs - this.clock.monotonicMs(), signal).catch(() => {});
    }
    if (signal.aborted) return;
    this.loops.delete(key);
    await this.finished(key).catch((error) =>
      this.logger.error({ error, canary: key }, 'cannot mark canary as stopped'),
    );
  }
}
