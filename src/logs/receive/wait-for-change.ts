import { type FSWatcher, watch } from 'node:fs';
import type { Clock } from '../../platform/clock.ts';

/** Wakes who follows a file: when the file changes, when somebody calls `wake`, or after a while in any case. */
export class ChangeWaiter {
  private readonly clock: Clock;
  private watcher: FSWatcher | undefined;
  private woken = false;
  private current = new AbortController();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Watches another file from now on. Where watching does not work (too many watches), the poll alone remains. */
  watch(path: string, onChange: () => void): void {
    this.watcher?.close();
    this.watcher = undefined;
    try {
      this.watcher = watch(path, { persistent: false }, () => {
        onChange();
        this.wake();
      });
      this.watcher.on('error', () => this.watcher?.close());
    } catch {
      this.watcher = undefined;
    }
  }

  wake(): void {
    this.woken = true;
    this.current.abort();
  }

  async wait(pollMs: number): Promise<void> {
    if (!this.woken) {
      this.current = new AbortController();
      await this.clock.sleep(pollMs, this.current.signal).catch(() => {});
    }
    this.woken = false;
  }

  close(): void {
    this.watcher?.close();
    this.wake();
  }
}
