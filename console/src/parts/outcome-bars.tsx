import { type PointerEvent, useState } from 'react';
import { usePreferences } from '../app/preferences.tsx';
import type { TimeRange } from '../app/time-range.ts';
import { formatCount, formatTime } from '../i18n/format.ts';
import { useText } from '../i18n/text.ts';
import { colour } from '../theme.ts';
import { type Outcome, outcomeText } from './health.tsx';

const width = 480;
const height = 96;
const foot = 16;
const order: readonly Outcome[] = ['ok', 'error', 'throttle', 'fault'];

export type OutcomeCounts = Record<Outcome, number>;
export const noOutcomes = (): OutcomeCounts => ({ ok: 0, error: 0, throttle: 0, fault: 0 });

interface OutcomeBarsProps {
  /** One for each equal part of the range. */
  columns: readonly OutcomeCounts[];
  range: TimeRange;
  label: string;
  /** Called with the part of the range that was dragged over. */
  onRange?: (range: TimeRange) => void;
}

/** Counts over the range, stacked by outcome. */
export function OutcomeBars({ columns, range, label, onRange }: OutcomeBarsProps) {
  const t = useText();
  const { utc } = usePreferences();
  const [drag, setDrag] = useState<{ from: number; to: number } | null>(null);
  const slots = columns.length;
  const step = (range.end - range.start) / slots;
  const sumOf = (column: OutcomeCounts) => order.reduce((sum, outcome) => sum + column[outcome], 0);
  const most = Math.max(1, ...columns.map(sumOf));
  const slotAt = (event: PointerEvent<SVGSVGElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    return Math.max(0, Math.min(1, (event.clientX - box.left) / box.width)) * slots;
  };
  const finish = () => {
    if (!drag) return;
    const [from, to] = [Math.min(drag.from, drag.to), Math.max(drag.from, drag.to)];
    setDrag(null);
    const start = to - from < 0.5 ? Math.floor(from) : from;
    const end = to - from < 0.5 ? Math.floor(from) + 1 : to;
    onRange?.({ start: range.start + start * step, end: range.start + end * step });
  };
  return (
    <svg
      className={onRange ? 'hatoba-histogram' : 'hatoba-bars'}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={label}
      onPointerDown={(event) => {
        if (!onRange) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        setDrag({ from: slotAt(event), to: slotAt(event) });
      }}
      onPointerMove={(event) => drag && setDrag({ ...drag, to: slotAt(event) })}
      onPointerUp={finish}
      onPointerCancel={() => setDrag(null)}
    >
      {drag && (
        <rect
          x={(Math.min(drag.from, drag.to) / slots) * width}
          width={(Math.abs(drag.to - drag.from) / slots) * width}
          height={height - foot}
          fill={colour.selected}
        />
      )}
      {columns.map((column, index) => {
        let base = height - foot;
        return order.map((outcome) => {
          const size = (column[outcome] / most) * (height - foot - 4);
          base -= size;
          return size === 0 ? null : (
            <rect
              key={`${index} ${outcome}`}
              x={(index / slots) * width + 0.5}
              width={Math.max(0.5, width / slots - 1)}
              y={base}
              height={size}
              fill={colour[outcome]}
            >
              <title>
                {`${formatTime(range.start + index * step, { utc })} ${t(outcomeText[outcome])}: ${formatCount(column[outcome])}`}
              </title>
            </rect>
          );
        });
      })}
      <line x1={0} x2={width} y1={height - foot} y2={height - foot} stroke={colour.line} />
      <text x={0} y={height - 3} className="hatoba-axis">
        {formatTime(range.start, { utc, now: range.end })}
      </text>
      <text x={width} y={height - 3} textAnchor="end" className="hatoba-axis">
        {formatTime(range.end, { utc, now: range.end })}
      </text>
    </svg>
  );
}
