import { type PointerEvent, useState } from 'react';
import type { TraceSummary } from '../../api/xray.ts';
import { usePreferences } from '../../app/preferences.tsx';
import type { TimeRange } from '../../app/time-range.ts';
import { formatDuration, formatTime } from '../../i18n/format.ts';
import { useText } from '../../i18n/text.ts';
import type { Outcome } from '../../parts/health.tsx';
import { colour } from '../../theme.ts';
import { outcomeOf } from './over-time.tsx';
import type { Selection } from './selection.ts';

const width = 1000;
const height = 170;
const left = 56;
const foot = 18;
const floorSeconds = 0.001;

interface ScatterProps {
  traces: readonly TraceSummary[];
  range: TimeRange;
  selection: Selection | undefined;
  onSelect: (selection: Selection | undefined) => void;
}

interface Point {
  x: number;
  y: number;
}

/** Each outcome has a shape of its own, so that colour is not needed to tell them apart. */
function Mark({ outcome, x, y }: Point & { outcome: Outcome }) {
  const paint = { fill: colour[outcome], fillOpacity: outcome === 'ok' ? 0.55 : 0.9 };
  if (outcome === 'fault') return <path d={`M${x - 4} ${y + 3.5}h8l-4-7Z`} {...paint} />;
  if (outcome === 'error') return <rect x={x - 3} y={y - 3} width="6" height="6" {...paint} />;
  if (outcome === 'throttle') return <path d={`M${x - 4} ${y}l4-4 4 4-4 4Z`} {...paint} />;
  return <circle cx={x} cy={y} r="2.5" {...paint} />;
}

/** Every trace by its start and its response time (logarithmic). Drag a rectangle to ask what is different in it. */
export function Scatter({ traces, range, selection, onSelect }: ScatterProps) {
  const t = useText();
  const { utc } = usePreferences();
  const [drag, setDrag] = useState<{ from: Point; to: Point } | null>(null);
  const top = Math.max(1, ...traces.map((trace) => trace.ResponseTime ?? 0)) * 1.3;
  const decades = Math.log10(top / floorSeconds);
  const plot = height - foot;
  const xOf = (ms: number) => left + ((ms - range.start) / (range.end - range.start)) * (width - left);
  const yOf = (seconds: number) => plot - (Math.log10(Math.max(seconds, floorSeconds) / floorSeconds) / decades) * plot;
  const msAt = (x: number) => range.start + ((x - left) / (width - left)) * (range.end - range.start);
  const secondsAt = (y: number) => (y >= plot ? 0 : floorSeconds * 10 ** (((plot - y) / plot) * decades));
  const pointAt = (event: PointerEvent<SVGSVGElement>): Point => {
    const box = event.currentTarget.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * width;
    const y = ((event.clientY - box.top) / box.height) * height;
    return { x: Math.max(left, Math.min(width, x)), y: Math.max(0, Math.min(plot, y)) };
  };
  const finish = () => {
    if (!drag) return;
    const { from, to } = drag;
    setDrag(null);
    if (Math.abs(from.x - to.x) < 4 && Math.abs(from.y - to.y) < 4) return onSelect(undefined);
    onSelect({
      fromMs: msAt(Math.min(from.x, to.x)),
      toMs: msAt(Math.max(from.x, to.x)),
      fromSeconds: secondsAt(Math.max(from.y, to.y)),
      toSeconds: secondsAt(Math.min(from.y, to.y)),
    });
  };
  const shown = drag ?? (selection && cornersOf(selection));
  function cornersOf(chosen: Selection) {
    return {
      from: { x: Math.max(left, xOf(chosen.fromMs)), y: yOf(chosen.toSeconds) },
      to: { x: Math.max(left, xOf(chosen.toMs)), y: yOf(chosen.fromSeconds) },
    };
  }
  const lines = [0.001, 0.01, 0.1, 1, 10, 100].filter((seconds) => seconds <= top);
  return (
    <div>
      <div className="hatoba-label">
        {t('traces.scatter')} <span className="hatoba-soft">{t('traces.scatter-hint')}</span>
      </div>
      <svg
        className="hatoba-scatter"
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={t('traces.scatter')}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          setDrag({ from: pointAt(event), to: pointAt(event) });
        }}
        onPointerMove={(event) => drag && setDrag({ ...drag, to: pointAt(event) })}
        onPointerUp={finish}
        onPointerCancel={() => setDrag(null)}
      >
        {lines.map((seconds) => (
          <g key={seconds}>
            <line x1={left} x2={width} y1={yOf(seconds)} y2={yOf(seconds)} stroke={colour.line} strokeWidth="0.5" />
            <text x={left - 6} y={yOf(seconds) + 3} textAnchor="end" className="hatoba-axis">
              {formatDuration(seconds)}
            </text>
          </g>
        ))}
        {shown && (
          <rect
            x={Math.min(shown.from.x, shown.to.x)}
            y={Math.min(shown.from.y, shown.to.y)}
            width={Math.abs(shown.to.x - shown.from.x)}
            height={Math.abs(shown.to.y - shown.from.y)}
            fill={colour.selected}
            stroke={colour.accent}
          />
        )}
        {traces.map((trace) => {
          const x = xOf((trace.StartTime ?? 0) * 1000);
          return x < left || x > width ? null : (
            <Mark key={trace.Id} outcome={outcomeOf(trace)} x={x} y={yOf(trace.ResponseTime ?? 0)} />
          );
        })}
        <text x={left} y={height - 4} className="hatoba-axis">
          {formatTime(range.start, { utc, now: range.end })}
        </text>
        <text x={width} y={height - 4} textAnchor="end" className="hatoba-axis">
          {formatTime(range.end, { utc, now: range.end })}
        </text>
      </svg>
    </div>
  );
}
