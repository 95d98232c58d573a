import type { TraceSummary } from '../../api/xray.ts';
import { usePreferences } from '../../app/preferences.tsx';
import { useTimeRange } from '../../app/scope.ts';
import { formatTime } from '../../i18n/format.ts';
import { useText } from '../../i18n/text.ts';
import { completeUpTo } from './complete-up-to.ts';

/** Up to when the list can be relied on: "complete up to 12:03:41". */
export function CompleteMark({ traces, readAtMs }: { traces: readonly TraceSummary[]; readAtMs: number }) {
  const t = useText();
  const { utc } = usePreferences();
  const { live, now } = useTimeRange();
  const { atMs, inProgress } = completeUpTo(traces, readAtMs, live ? readAtMs : now().end);
  return (
    <span className="hatoba-nowrap" title={t('traces.complete-hint', { count: inProgress })}>
      {t('traces.complete', { time: formatTime(atMs, { utc, now: readAtMs }) })}
    </span>
  );
}
