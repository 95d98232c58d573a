import SegmentedControl from '@cloudscape-design/components/segmented-control';
import { type PointerEvent, useState } from 'react';
import type { TraceSummary } from '../../api/xray.ts';
import { usePreferences } from '../../app/preferences.tsx';
import type { TimeRange } from '../../app/time-range.ts';
import { formatDuration, formatTime } from '../../i18n/format.ts';
import { useText } from '../../i18n/text.ts';
import type { Outcome } from '../../parts/health.tsx';
import { colour } from '../../theme.ts';
import { HeatMap } from './heat-map.tsx';
import { outcomeOf } from './over-time.tsx';
import type { Selection } from './selection.ts';

const width = 1000;
const height = 170;
const left = 56;
const head = 8;
const foot = 18;
const floorSeconds = 0.001;
/** More points than this lie on top of each other: then cells are counted. */
const pointsMax = 400;

export type Drawing = 'points' | 'heat';

interface ScatterProps {
  traces: readonly TraceSummary[];
  range: TimeRange;
  selection: Selection | undefined;
  onSelect: (selection: Selection | undefined) => void;
  /** Undefined: by the number of traces. */
  drawing: Drawing | undefined;
  onDrawing: (drawing: Drawing) => void;
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

/** From times and seconds to the drawing and back: time is linear, response time logarithmic. */
function scaleOf(range: TimeRange, slowestSeconds: number) {
  const top = Math.max(1, slowestSeconds) * 1.3;
  const decades = Math.log10(top / floorSeconds);
  const plot = height - foot;
  return {
    top,
    plot,
    xOf: (ms: number) => left + ((ms - range.start) / (range.end - range.start)) * (width - left),
    yOf: (seconds: number) =>
      plot - (Math.log10(Math.max(seconds, floorSeconds) / floorSeconds) / decades) * (plot - head),
    msAt: (x: number) => range.start + ((x - left) / (width - left)) * (range.end - range.start),
    secondsAt: (y: number) => (y >= plot ? 0 : floorSeconds * 10 ** (((plot - y) / (plot - head)) * decades)),
  };
}

/** Every trace by its start and its response time. Drag a rectangle to ask what is different in it. */
export function Scatter({ traces, range, selection, onSelect, drawing, onDrawing }: ScatterProps) {
  const t = useText();
  const shown = drawing ?? (traces.length > pointsMax ? 'heat' : 'points');
  return (
    <div>
      <div className="hatoba-pair-line">
        <div className="hatoba-label">
          {t('traces.scatter')} <span className="hatoba-soft">{t('traces.scatter-hint')}</span>
        </div>
        <SegmentedControl
          selectedId={shown}
          label={t('traces.drawing')}
          options={[
            { id: 'points', text: t('traces.points') },
            { id: 'heat', text: t('traces.heat') },
          ]}
          onChange={({ detail }) => onDrawing(detail.selectedId === 'heat' ? 'heat' : 'points')}
        />
      </div>
      <Plot traces={traces} range={range} selection={selection} onSelect={onSelect} drawing={shown} />
    </div>
  );
}

function Plot({ traces, range, selection, onSelect, drawing }: Omit<ScatterProps, 'onDrawing'>) {
  const t = useText();
  const [drag, setDrag] = useState<{ from: Point; to: Point } | null>(null);
  const scale = scaleOf(range, Math.max(0, ...traces.map((trace) => trace.ResponseTime ?? 0)));
  const { plot, xOf, yOf, msAt, secondsAt } = scale;
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
  const chosen = drag ?? (selection && cornersOf(selection));
  function cornersOf(one: Selection) {
    return {
      from: { x: Math.max(left, xOf(one.fromMs)), y: yOf(one.toSeconds) },
      to: { x: Math.max(left, xOf(one.toMs)), y: yOf(one.fromSeconds) },
    };
  }
  return (
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
      <Axes range={range} top={scale.top} yOf={yOf} />
      {chosen && (
        <rect
          x={Math.min(chosen.from.x, chosen.to.x)}
          y={Math.min(chosen.from.y, chosen.to.y)}
          width={Math.abs(chosen.to.x - chosen.from.x)}
          height={Math.abs(chosen.to.y - chosen.from.y)}
          fill={colour.selected}
          stroke={colour.accent}
        />
      )}
      {drawing === 'heat' ? (
        <HeatMap
          traces={traces}
          frame={{ left, width: width - left, height: plot }}
          placeOf={(trace) => ({
            x: (xOf((trace.StartTime ?? 0) * 1000) - left) / (width - left),
            y: yOf(trace.ResponseTime ?? 0) / plot,
          })}
          boundsOf={(top, bottom) => `${formatDuration(secondsAt(bottom))} – ${formatDuration(secondsAt(top))}`}
        />
      ) : (
        traces.map((trace) => {
          const x = xOf((trace.StartTime ?? 0) * 1000);
          return x < left || x > width ? null : (
            <Mark key={trace.Id} outcome={outcomeOf(trace)} x={x} y={yOf(trace.ResponseTime ?? 0)} />
          );
        })
      )}
    </svg>
  );
}

function Axes({ range, top, yOf }: { range: TimeRange; top: number; yOf: (seconds: number) => number }) {
  const { utc } = usePreferences();
  const lines = [0.001, 0.01, 0.1, 1, 10, 100].filter((seconds) => seconds <= top);
  return (
    <>
      {lines.map((seconds) => (
        <g key={seconds}>
          <line x1={left} x2={width} y1={yOf(seconds)} y2={yOf(seconds)} stroke={colour.line} strokeWidth="0.5" />
          <text x={left - 6} y={yOf(seconds) + 3} textAnchor="end" className="hatoba-axis">
            {formatDuration(seconds)}
          </text>
        </g>
      ))}
      <text x={left} y={height - 4} className="hatoba-axis">
        {formatTime(range.start, { utc, now: range.end })}
      </text>
      <text x={width} y={height - 4} textAnchor="end" className="hatoba-axis">
        {formatTime(range.end, { utc, now: range.end })}
      </text>
    </>
  );
}
