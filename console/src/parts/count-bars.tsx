import { usePreferences } from '../app/preferences.tsx';
import type { TimeRange } from '../app/time-range.ts';
import { formatTime } from '../i18n/format.ts';
import { colour } from '../theme.ts';

const width = 900;
const height = 60;
const foot = 14;
const slots = 90;

/** How many of something there were over the range. */
export function CountBars({ times, range, label }: { times: readonly number[]; range: TimeRange; label: string }) {
  const { utc } = usePreferences();
  const step = (range.end - range.start) / slots;
  const counts = new Array<number>(slots).fill(0);
  for (const time of times) {
    const slot = Math.floor((time - range.start) / step);
    if (slot >= 0 && slot < slots) counts[slot] = (counts[slot] ?? 0) + 1;
  }
  const most = Math.max(1, ...counts);
  return (
    <svg className="hatoba-count-bars" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label}>
      {counts.map((count, slot) => {
        const size = (count / most) * (height - foot - 2);
        return count === 0 ? null : (
          <rect
            key={slot}
            x={(slot / slots) * width + 0.5}
            width={width / slots - 1}
            y={height - foot - size}
            height={size}
            fill={colour.accent}
          >
            <title>{`${formatTime(range.start + slot * step, { utc })}: ${count}`}</title>
          </rect>
        );
      })}
      <line x1={0} x2={width} y1={height - foot} y2={height - foot} stroke={colour.line} />
      <text x={0} y={height - 2} className="hatoba-axis">
        {formatTime(range.start, { utc, now: range.end })}
      </text>
      <text x={width} y={height - 2} textAnchor="end" className="hatoba-axis">
        {formatTime(range.end, { utc, now: range.end })}
      </text>
    </svg>
  );
}
