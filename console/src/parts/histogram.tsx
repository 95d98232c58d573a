import { type PointerEvent, useRef, useState } from 'react';
import { formatCount, formatDuration } from '../i18n/format.ts';
import { colour } from '../theme.ts';

export interface Bin {
  from: number;
  to: number;
  count: number;
}

/** Even bins over the values; at most `wanted`. */
export function toBins(entries: readonly { value: number; count: number }[], wanted = 40): Bin[] {
  if (entries.length === 0) return [];
  const values = entries.map((entry) => entry.value);
  const low = Math.min(...values);
  const high = Math.max(...values);
  const width = Math.max((high - low) / wanted, 0.0005);
  const bins = Array.from(
    { length: Math.max(1, Math.ceil((high - low) / width)) },
    (_, index): Bin => ({
      from: low + index * width,
      to: low + (index + 1) * width,
      count: 0,
    }),
  );
  for (const { value, count } of entries) {
    const bin = bins[Math.min(bins.length - 1, Math.floor((value - low) / width))];
    if (bin) bin.count += count;
  }
  return bins;
}

interface HistogramProps {
  bins: readonly Bin[];
  label: string;
  /** The marked range, in seconds. */
  marked?: { from: number; to: number } | undefined;
  /** Without it the bars are only looked at. */
  onMark?: (range: { from: number; to: number }) => void;
}

const width = 480;
const height = 96;
const foot = 16;

/** Response times as bars. Drag over it to take a range; with the keyboard, each bar is a button of its own. */
export function Histogram({ bins, label, marked, onMark }: HistogramProps) {
  const svg = useRef<SVGSVGElement>(null);
  const [drag, setDrag] = useState<{ from: number; to: number } | null>(null);
  const first = bins[0];
  const last = bins.at(-1);
  if (!first || !last) return null;
  const most = Math.max(...bins.map((bin) => bin.count));
  const span = last.to - first.from;
  const xOf = (seconds: number) => ((seconds - first.from) / span) * width;
  const secondsAt = (event: PointerEvent) => {
    const box = svg.current?.getBoundingClientRect();
    if (!box) return first.from;
    const share = Math.max(0, Math.min(1, (event.clientX - box.left) / box.width));
    return first.from + share * span;
  };
  const finish = () => {
    if (!drag) return;
    const from = Math.min(drag.from, drag.to);
    const to = Math.max(drag.from, drag.to);
    setDrag(null);
    const bin = bins.find((candidate) => from >= candidate.from && from <= candidate.to);
    onMark?.(to - from < span / 200 && bin ? { from: bin.from, to: bin.to } : { from, to });
  };
  const shown = drag ?? marked;
  return (
    <svg
      ref={svg}
      className="hatoba-histogram"
      viewBox={`0 0 ${width} ${height}`}
      role="application"
      aria-label={label}
      onPointerDown={(event) => {
        if (!onMark) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        const at = secondsAt(event);
        setDrag({ from: at, to: at });
      }}
      onPointerMove={(event) => drag && setDrag({ ...drag, to: secondsAt(event) })}
      onPointerUp={finish}
      onPointerCancel={() => setDrag(null)}
    >
      {shown && (
        <rect
          x={xOf(Math.min(shown.from, shown.to))}
          width={Math.max(2, Math.abs(xOf(shown.to) - xOf(shown.from)))}
          y={0}
          height={height - foot}
          fill={colour.selected}
          stroke={colour.accent}
        />
      )}
      {bins.map((bin) => {
        const size = bin.count === 0 ? 0 : Math.max(2, (bin.count / most) * (height - foot - 4));
        const text = `${formatDuration(bin.from)} - ${formatDuration(bin.to)}: ${formatCount(bin.count)}`;
        return bin.count === 0 ? null : (
          // biome-ignore lint/a11y/useSemanticElements: a bar of a drawing cannot be a button element.
          <rect
            key={bin.from}
            role="button"
            tabIndex={0}
            aria-label={text}
            x={xOf(bin.from) + 0.5}
            width={Math.max(1.5, width / bins.length - 1)}
            y={height - foot - size}
            height={size}
            fill={colour.accent}
            onKeyDown={(event) => {
              if (event.key !== 'Enter' && event.key !== ' ') return;
              event.preventDefault();
              onMark?.({ from: bin.from, to: bin.to });
            }}
          >
            <title>{text}</title>
          </rect>
        );
      })}
      <line x1={0} x2={width} y1={height - foot} y2={height - foot} stroke={colour.line} />
      <text x={0} y={height - 3} className="hatoba-axis">
        {formatDuration(first.from)}
      </text>
      <text x={width} y={height - 3} textAnchor="end" className="hatoba-axis">
        {formatDuration(last.to)}
      </text>
    </svg>
  );
}
