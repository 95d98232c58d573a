import { useState } from 'react';
import type { TraceSummary } from '../../api/xray.ts';
import { usePreferences } from '../../app/preferences.tsx';
import { absoluteRange, type TimeRange } from '../../app/time-range.ts';
import { formatTime } from '../../i18n/format.ts';
import { useText } from '../../i18n/text.ts';
import type { Outcome } from '../../parts/health.tsx';
import { colour } from '../../theme.ts';

const width = 480;
const height = 96;
const foot = 16;
const slots = 48;
const order: readonly Outcome[] = ['ok', 'error', 'throttle', 'fault'];

export function outcomeOf(trace: TraceSummary): Outcome {
  if (trace.HasFault) return 'fault';
  if (trace.HasThrottle) return 'throttle';
  return trace.HasError ? 'error' : 'ok';
}

interface OverTimeProps {
  traces: readonly TraceSummary[];
  range: TimeRange;
  onRange: (range: string) => void;
}

/** Traces over the range, stacked by outcome. Drag to look at a part of it. */
export function OverTime({ traces, range, onRange }: OverTimeProps) {
  const t = useText();
  const { utc } = usePreferences();
  const [drag, setDrag] = useState<{ from: number; to: number } | null>(null);
  const step = (range.end - range.start) / slots;
  const columns = Array.from({ length: slots }, () => ({ ok: 0, error: 0, throttle: 0, fault: 0 }));
  for (const trace of traces) {
    const at = ((trace.StartTime ?? 0) * 1000 - range.start) / step;
    const column = columns[Math.floor(at)];
    if (column) column[outcomeOf(trace)] += 1;
  }
  const most = Math.max(1, ...columns.map((column) => column.ok + column.error + column.throttle + column.fault));
  const slotAt = (event: React.PointerEvent<SVGSVGElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    return Math.max(0, Math.min(1, (event.clientX - box.left) / box.width)) * slots;
  };
  const finish = () => {
    if (!drag) return;
    const [from, to] = [Math.min(drag.from, drag.to), Math.max(drag.from, drag.to)];
    setDrag(null);
    const start = to - from < 0.5 ? Math.floor(from) : from;
    const end = to - from < 0.5 ? Math.floor(from) + 1 : to;
    onRange(absoluteRange({ start: range.start + start * step, end: range.start + end * step }));
  };
  return (
    <div>
      <div className="hatoba-label">{t('traces.over-time')}</div>
      <svg
        className="hatoba-histogram"
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={t('traces.over-time')}
        onPointerDown={(event) => {
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
                width={width / slots - 1}
                y={base}
                height={size}
                fill={colour[outcome]}
              >
                <title>{`${t(`outcome.${outcome}`)}: ${column[outcome]}`}</title>
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
    </div>
  );
}
