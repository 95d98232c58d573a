import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import { StateDiskFullError } from '../../stores/state/store.ts';

const retryMs = 1000;

/**
 * Does `write` again and again while the state's disk is full: what has happened to a task stays true, and is written
 * down as soon as it can be. Rejects with anything else that goes wrong, or when `signal` is aborted.
 */
export async function whenThereIsRoom<Result>(
  write: () => Promise<Result>,
  { clock, logger }: { clock: Clock; logger: Logger },
  signal: AbortSignal,
): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await write();
    } catch (error) {
      if (!(error instanceof StateDiskFullError)) throw error;
      if (attempt === 1) logger.error({ err: error }, 'a task waits until there is room on the disk');
      await clock.sleep(retryMs, signal);
    }
  }
}
