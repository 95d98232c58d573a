import type { Clock } from './clock.ts';

export interface EveryMinuteOptions {
  readonly clock: Clock;
  /** How long after the end of a minute. */
  readonly delayMs: number;
  readonly onError: (error: unknown) => void;
}

const minuteMs = 60_000;

/**
 * Runs something for each minute, some time after its end, with the first and last moment of what has ended since the
 * run before. Timers wake up early or late; no minute is left out and none comes twice.
 */
export class EveryMinute {
  private readonly run: (fromMs: number, toMs: number) => Promise<void>;
  private readonly options: EveryMinuteOptions;
  private readonly stopped = new AbortController();
  private running: Promise<void> | undefined;

  constructor(run: (fromMs: number, toMs: number) => Promise<void>, options: EveryMinuteOptions) {
    this.run = run;
    this.options = options;
  }

  start(): void {
    this.running ??= this.loop();
  }

  get signal(): AbortSignal {
    return this.stopped.signal;
  }

  /** Resolves when the run that is under way has ended. */
  async stop(): Promise<void> {
    this.stopped.abort(new Error('stopped'));
    await this.running;
  }

  private async loop(): Promise<void> {
    const { clock, delayMs, onError } = this.options;
    const { signal } = this.stopped;
    const ended = () => Math.floor((clock.now().getTime() - delayMs) / minuteMs) * minuteMs;
    let doneMs = ended();
    while (!signal.aborted) {
      const waitMs = doneMs + minuteMs + delayMs - clock.now().getTime();
      if (waitMs > 0) {
        await clock.sleep(waitMs, signal).catch(() => {});
        continue;
      }
      const toMs = ended();
      await this.run(doneMs, toMs).catch((error) => {
        if (!signal.aborted) onError(error);
      });
      doneMs = toMs;
    }
  }
}
