import type { Clock } from '../platform/clock.ts';

const WAIT_MAX_MS = 5_000;

/** Holds calls back until everything behind the gateway serves. */
export class Readiness {
  private ready = false;
  private readonly opened = new AbortController();
  private readonly clock: Clock;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  get isReady(): boolean {
    return this.ready;
  }

  setReady(): void {
    this.ready = true;
    this.opened.abort();
  }

  /** True as soon as we are ready; false if that takes longer than five seconds. */
  async wait(): Promise<boolean> {
    if (!this.ready) await this.clock.sleep(WAIT_MAX_MS, this.opened.signal).catch(() => undefined);
    return this.ready;
  }
}
