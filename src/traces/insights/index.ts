import { InsightLoop, type InsightLoopDeps } from './insight-loop.ts';
import { InsightStore } from './insight-store.ts';
import { InsightUpdates } from './insight-updates.ts';
import type { InsightUpdate } from './model.ts';

export interface Insights {
  readonly store: InsightStore;
  /** Looks at everything up to a whole minute; what `start` does every minute. */
  lookAt(endMs: number): Promise<void>;
  watch(onUpdate: (update: InsightUpdate) => Promise<void>): () => void;
  start(): void;
  stop(): Promise<void>;
}

/** Finds insights and keeps them. */
export function createInsights(deps: Omit<InsightLoopDeps, 'store' | 'onUpdate'>): Insights {
  const store = new InsightStore(deps.state);
  const updates = new InsightUpdates({ store, clock: deps.clock, logger: deps.logger });
  const loop = new InsightLoop({ ...deps, store, onUpdate: () => updates.wake() });
  return {
    store,
    lookAt: (endMs) => loop.lookAt(endMs),
    watch: (onUpdate) => updates.watch(onUpdate),
    start() {
      loop.start();
      updates.wake();
    },
    async stop() {
      await loop.stop();
      await updates.stop();
    },
  };
}
