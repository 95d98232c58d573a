import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import type { InsightStore } from './insight-store.ts';
import type { InsightUpdate } from './model.ts';

type Watcher = (update: InsightUpdate) => Promise<void>;

const retryMs = 10_000;

/**
 * Hands on what has to be told of insights, in order and until it is confirmed. What waits is in the state store, written
 * together with the insight that it is about.
 */
export class InsightUpdates {
  private readonly deps: { store: InsightStore; clock: Clock; logger: Logger };
  private readonly stopping = new AbortController();
  private watcher: Watcher | undefined;
  private work: Promise<void> | undefined;
  private isWoken = false;

  constructor(deps: { store: InsightStore; clock: Clock; logger: Logger }) {
    this.deps = deps;
  }

  watch(watcher: Watcher): () => void {
    this.watcher = watcher;
    this.wake();
    return () => {
      if (this.watcher === watcher) this.watcher = undefined;
    };
  }

  /** Something may wait. */
  wake(): void {
    this.isWoken = true;
    this.work ??= this.handOn().finally(() => {
      this.work = undefined;
      if (this.isWoken && this.watcher && !this.stopping.signal.aborted) this.wake();
    });
  }

  async stop(): Promise<void> {
    this.stopping.abort(new Error('stopped'));
    await this.work;
  }

  private async handOn(): Promise<void> {
    const { store, clock, logger } = this.deps;
    while (this.isWoken && this.watcher && !this.stopping.signal.aborted) {
      this.isWoken = false;
      try {
        for (const { key, value } of await store.pendingUpdates()) {
          if (!this.watcher || this.stopping.signal.aborted) return;
          await this.watcher(value);
          await store.confirmUpdate(key);
        }
      } catch (error) {
        if (this.stopping.signal.aborted) return;
        logger.warn({ error: String(error) }, 'an insight could not be told');
        this.isWoken = true;
        await clock.sleep(retryMs, this.stopping.signal).catch(() => {});
      }
    }
  }
}
