import { useText } from '../../i18n/text.ts';
import type { BuiltTrace } from './build-trace.ts';
import type { Stretch } from './critical-path.ts';
import { useLogLines } from './use-trace.ts';

/** Marks nearer than this share of the lane are one. */
const step = 0.005;

interface Mark {
  share: number;
  eventIds: string[];
  message: string;
}

/** The request's log lines on the axis of the timeline; a mark leads to its lines below. */
export function LogLane({ built, window }: { built: BuiltTrace; window: Stretch }) {
  const t = useText();
  const lines = useLogLines(built).data ?? [];
  const marks = new Map<number, Mark>();
  for (const { eventId, timestampMs, message } of lines) {
    const share = (timestampMs / 1000 - window.from) / (window.to - window.from);
    if (share < 0 || share > 1) continue;
    const at = Math.round(share / step);
    const mark = marks.get(at);
    if (mark) mark.eventIds.push(eventId);
    else marks.set(at, { share: at * step, eventIds: [eventId], message });
  }
  if (marks.size === 0) return null;
  return (
    <div className="hatoba-timeline-head hatoba-log-lane">
      <span className="hatoba-label">{t('trace.logs')}</span>
      <span className="hatoba-soft">{t('trace.lines-here', { count: lines.length })}</span>
      <span className="hatoba-row-bars">
        {[...marks.values()].map(({ share, eventIds, message }) => (
          <button
            key={share}
            type="button"
            className="hatoba-log-mark"
            style={{ left: `${share * 100}%` }}
            title={eventIds.length > 1 ? t('trace.lines-here', { count: eventIds.length }) : message}
            aria-label={message}
            onClick={() => {
              const line = document.getElementById(`line-${eventIds[0]}`);
              line?.scrollIntoView({ block: 'center' });
              line?.querySelector<HTMLElement>('a[href]')?.focus();
            }}
          />
        ))}
      </span>
    </div>
  );
}
