import type { CanaryRun } from '../../api/synthetics.ts';
import { toMs } from '../../i18n/format.ts';
import type { BarRun } from './run-bars.tsx';

/** Runs as the API has them, for the bars; newest first. */
export function toBarRuns(runs: readonly CanaryRun[]): BarRun[] {
  return runs
    .flatMap((run): BarRun[] => {
      const started = toMs(run.Timeline?.Started);
      const completed = toMs(run.Timeline?.Completed);
      if (started === undefined || run.Status?.State === 'RUNNING') return [];
      return [
        {
          passed: run.Status?.State === 'PASSED',
          atMs: started,
          reason: run.Status?.StateReason ?? '',
          ...(completed === undefined ? {} : { durationMs: completed - started }),
        },
      ];
    })
    .sort((a, b) => b.atMs - a.atMs);
}
