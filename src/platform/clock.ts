/** The only source of time. Parts that decide take a `Date`; parts that wait take a `Clock`. */
export interface Clock {
  now(): Date;
  /** Milliseconds that only grow; for measuring durations. */
  monotonicMs(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = () => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      }, ms);
      signal?.addEventListener('abort', onAbort, { once: true });
    }),
};

/** A clock that stands still until it is moved: for tests. Sleepers wake in order of their time. */
export class ManualClock implements Clock {
  private currentMs: number;
  private sleepers: { atMs: number; wake: () => void }[] = [];

  constructor(start: Date = new Date('2026-01-01T00:00:00Z')) {
    this.currentMs = start.getTime();
  }

  now(): Date {
    return new Date(this.currentMs);
  }

  monotonicMs(): number {
    return this.currentMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = () => {
        this.sleepers = this.sleepers.filter((other) => other !== sleeper);
        reject(signal?.reason);
      };
      const wake = () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      };
      const sleeper = { atMs: this.currentMs + ms, wake };
      this.sleepers.push(sleeper);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  advance(ms: number): void {
    this.currentMs += ms;
    const due = this.sleepers.filter((s) => s.atMs <= this.currentMs).sort((a, b) => a.atMs - b.atMs);
    this.sleepers = this.sleepers.filter((s) => s.atMs > this.currentMs);
    for (const sleeper of due) sleeper.wake();
  }
}
