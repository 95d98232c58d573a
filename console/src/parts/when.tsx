import { usePreferences } from '../app/preferences.tsx';
import { formatTime, toMs } from '../i18n/format.ts';

interface WhenProps {
  at: number | string | undefined;
  milliseconds?: boolean;
}

/** A moment: the clock time if it is of today, the exact time on hover. */
export function When({ at, milliseconds = false }: WhenProps) {
  const { utc } = usePreferences();
  const ms = toMs(at);
  if (ms === undefined) return <span>-</span>;
  return (
    <time dateTime={new Date(ms).toISOString()} title={new Date(ms).toISOString()} className="hatoba-nowrap">
      {formatTime(ms, { utc, now: Date.now(), milliseconds })}
    </time>
  );
}
