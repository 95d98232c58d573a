import type { Clock } from '../../platform/clock.ts';

/** One waiter that others can wake. A wake-up while nobody waits is kept for the next wait. */
export class Wakeup {
  private readonly clock: Clock;
  private pending = false;
  private waiting: AbortController | undefined;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  wake(): void {
    if (this.waiting === undefined) this.pending = true;
    else this.waiting.abort();
  }

  /** Resolves when woken, or after `timeoutMs`. */
  async wait(timeoutMs: number): Promise<void> {
    if (this.pending) {
      this.pending = false;
      return;
    }
    this.waiting = new AbortController();
    // An abort is how a wake-up arrives here; it is no failure.
    await this.clock.sleep(timeoutMs, this.waiting.signal).catch(() => {});
    this.waiting = undefined;
  }
}
