import { usePreferences } from '../../app/preferences.tsx';
import { formatDuration, formatTime } from '../../i18n/format.ts';
import { useText } from '../../i18n/text.ts';
import { colour } from '../../theme.ts';

export interface BarRun {
  passed: boolean;
  atMs: number;
  durationMs?: number;
  reason: string;
}

const shown = 90;

/** The last 90 runs, oldest on the left. A failed run is full height and red, a passed one lower and green. */
export function RunBars({ runs }: { runs: readonly BarRun[] }) {
  const t = useText();
  const { utc } = usePreferences();
  const newest = runs.slice(0, shown);
  const failed = newest.filter((run) => !run.passed).length;
  const words = t('canary.bars', { passed: newest.length - failed, failed });
  return (
    <span className="hatoba-runs" role="img" aria-label={words} title={words}>
      {[...newest].reverse().map((run) => (
        <span
          key={run.atMs}
          className="hatoba-run"
          style={{ height: run.passed ? 14 : 24, background: run.passed ? colour.ok : colour.fault }}
          title={`${formatTime(run.atMs, { utc })} ${run.passed ? t('canary.passed') : t('canary.failed')} ${
            run.durationMs === undefined ? '' : formatDuration(run.durationMs / 1000)
          } ${run.reason}`}
        />
      ))}
    </span>
  );
}
