import type { Clock } from './clock.ts';

export interface RepeatOptions {
  readonly clock: Clock;
  /** Between the end of one run and the start of the next. */
  readonly pauseMs: number;
  readonly onError: (error: unknown) => void;
}

/** Runs something again and again, beginning at once; a run that fails is reported and is not the last one. */
export class Repeat {
  private readonly run: () => Promise<void>;
  private readonly options: RepeatOptions;
  private readonly stopped = new AbortController();
  private running: Promise<void> | undefined;

  constructor(run: () => Promise<void>, options: RepeatOptions) {
    this.run = run;
    this.options = options;
  }

  start(): void {
    this.running ??= this.loop();
  }

  /** Resolves when the run that is under way has ended. */
  async stop(): Promise<void> {
    this.stopped.abort();
    await this.running;
  }

  private async loop(): Promise<void> {
    const { clock, pauseMs, onError } = this.options;
    while (!this.stopped.signal.aborted) {
      await this.run().catch(onError);
      await clock.sleep(pauseMs, this.stopped.signal).catch(() => {});
    }
  }
}
