import 'uplot/dist/uPlot.min.css';
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import type { Series } from '../api/cloudwatch.ts';
import { usePreferences } from '../app/preferences.tsx';
import type { TimeRange } from '../app/time-range.ts';
import { formatTime } from '../i18n/format.ts';
import { useText } from '../i18n/text.ts';
import { colour, resolveColour, series as seriesColours } from '../theme.ts';

export interface ChartProps {
  title: string;
  series: readonly Series[];
  range: TimeRange;
  format: (value: number) => string;
  threshold?: number | undefined;
  /** Where values are expected: drawn as an area behind the lines. */
  band?: { low: Series; high: Series };
  /** Moments that something happened at. */
  marks?: readonly { at: number; text: string }[];
  height?: number;
  /** Charts of one group show their cursors together. */
  group?: string;
  /** Bars of percentages and the like: the axis goes at least to here. */
  least?: number;
  /** The series' colours, where they mean something. */
  colours?: readonly (keyof typeof colour)[];
  /** Nothing was read yet: then emptiness means nothing. */
  loading?: boolean;
}

/** All series on one time axis; a time at which a series has no value is a gap. */
function alignSeries(series: readonly Series[]): (number | null)[][] {
  const times = [...new Set(series.flatMap((line) => line.times))].sort((a, b) => a - b);
  const at = new Map(times.map((time, index) => [time, index]));
  const columns = series.map((line) => {
    const column: (number | null)[] = new Array(times.length).fill(null);
    line.times.forEach((time, index) => {
      const slot = at.get(time);
      if (slot !== undefined) column[slot] = line.values[index] ?? null;
    });
    return column;
  });
  return [times.map((time) => time / 1000), ...columns];
}

/** Lines over time. The legend names the values under the cursor. */
export function Chart(props: ChartProps) {
  const t = useText();
  const { mode, utc } = usePreferences();
  const { title, series, height = 170, band } = props;
  const holder = useRef<HTMLDivElement>(null);
  const lines = band ? [...series, band.high, band.low] : series;
  const data = alignSeries(lines);
  const empty = series.every((line) => line.values.length === 0);
  const drawn = useRef(props);
  drawn.current = props;
  const names = lines.map((line) => line.label).join('|');

  useEffect(() => {
    if (!holder.current || empty) return;
    const plot = new uPlot(
      chartOptions(drawn, holder.current.clientWidth, height, utc, t('column.when')),
      data as uPlot.AlignedData,
      holder.current,
    );
    const resize = new ResizeObserver(([entry]) => {
      if (entry) plot.setSize({ width: entry.contentRect.width, height });
    });
    resize.observe(holder.current);
    plots.set(holder.current, plot);
    return () => {
      resize.disconnect();
      plot.destroy();
    };
  }, [names, mode, utc, empty, height, t('column.when')]);

  useEffect(() => {
    const plot = holder.current && plots.get(holder.current);
    if (plot && !empty) plot.setData(data as uPlot.AlignedData);
  });

  return (
    <figure className="hatoba-chart" style={{ margin: 0 }}>
      <figcaption className="hatoba-label">{title}</figcaption>
      {empty ? (
        <div className="hatoba-soft hatoba-chart-empty" style={{ height: height + legendHeight }}>
          {props.loading ? t('state.loading') : t('chart.no-data')}
        </div>
      ) : (
        <div ref={holder} role="img" aria-label={`${title}: ${lastValues(series, props.format)}`} />
      )}
    </figure>
  );
}

/** What uPlot's legend adds below a chart: an empty one is as high, so that nothing jumps. */
const legendHeight = 32;

const plots = new WeakMap<HTMLElement, uPlot>();

function lastValues(series: readonly Series[], format: (value: number) => string): string {
  return series
    .map((line) => `${line.label} ${line.values.length > 0 ? format(line.values.at(-1) ?? 0) : '-'}`)
    .join(', ');
}

function chartOptions(
  props: { current: ChartProps },
  width: number,
  height: number,
  utc: boolean,
  whenText: string,
): uPlot.Options {
  const line = resolveColour(colour.line);
  const soft = resolveColour(colour.textSoft);
  // What may change while the chart stands is asked for when it is drawn.
  const { series, format, group, colours, band } = props.current;
  const strokeOf = (index: number) => {
    const own = colours?.[index];
    return resolveColour(own ? colour[own] : (seriesColours[index % seriesColours.length] ?? colour.accent));
  };
  return {
    width,
    height,
    ...(utc ? { tzDate: (seconds: number) => uPlot.tzDate(new Date(seconds * 1000), 'UTC') } : {}),
    legend: { show: true, live: true, isolate: false },
    cursor: group ? { sync: { key: group } } : {},
    scales: {
      x: {
        range: () => {
          const { range } = props.current;
          return [range.start / 1000, range.end / 1000];
        },
      },
      y: {
        range: (_, low, high) => {
          const { least, threshold } = props.current;
          const top = Math.max(high ?? 0, least ?? 0, threshold ?? Number.NEGATIVE_INFINITY);
          const bottom = Math.min(0, low ?? 0);
          return [bottom, top === bottom ? bottom + 1 : top + (top - bottom) * 0.08];
        },
      },
    },
    axes: [
      {
        stroke: soft,
        grid: { stroke: line, width: 0.5 },
        ticks: { show: false },
        size: 30,
        values: (_, splits) => axisTimes(splits, props.current.range, utc),
      },
      {
        stroke: soft,
        grid: { stroke: line, width: 0.5 },
        ticks: { show: false },
        // uPlot's default size cuts labels such as "123 MB".
        size: 68,
        values: (_, splits) => splits.map((value) => format(value)),
      },
    ],
    series: [
      {
        label: whenText,
        value: (plot, seconds) => {
          const at = seconds ?? plot.data[0].at(-1);
          return at === undefined ? '-' : formatTime(at * 1000, { utc, now: props.current.range.end });
        },
      },
      ...series.map(
        (one, index): uPlot.Series => ({
          label: one.label,
          stroke: strokeOf(index),
          width: 1.5,
          spanGaps: false,
          points: { show: one.values.length < 40, size: 4 },
          // Without a cursor the newest values are shown.
          value: (plot, value, at, point) => valueText(format, point === null ? plot.data[at]?.at(-1) : value),
        }),
      ),
      ...(band ? [band.high, band.low] : []).map(
        (edge): uPlot.Series => ({
          label: edge.label,
          stroke: resolveColour(colour.ok),
          width: 0.5,
          dash: [4, 4],
          spanGaps: true,
          points: { show: false },
          value: (plot, value, at, point) => valueText(format, point === null ? lastKnown(plot.data[at]) : value),
        }),
      ),
    ],
    ...(band
      ? { bands: [{ series: [series.length + 1, series.length + 2], fill: `${resolveColour(colour.ok)}33` }] }
      : {}),
    hooks: {
      draw: [
        (plot) => {
          const { threshold, marks = [] } = props.current;
          if (threshold !== undefined) drawThreshold(plot, threshold);
          for (const mark of marks) drawMark(plot, mark);
        },
      ],
    },
  };
}

/** A line at a moment, with its word at the top. */
function drawMark(plot: uPlot, { at, text }: { at: number; text: string }): void {
  const { ctx, bbox } = plot;
  const x = plot.valToPos(at / 1000, 'x', true);
  if (x < bbox.left || x > bbox.left + bbox.width) return;
  ctx.save();
  ctx.strokeStyle = resolveColour(colour.textSoft);
  ctx.fillStyle = resolveColour(colour.textSoft);
  ctx.setLineDash([3, 3]);
  ctx.beginPath();
  ctx.moveTo(x, bbox.top);
  ctx.lineTo(x, bbox.top + bbox.height);
  ctx.stroke();
  ctx.font = `${11 * devicePixelRatio}px sans-serif`;
  ctx.textBaseline = 'top';
  const onRight = x + 60 * devicePixelRatio < bbox.left + bbox.width;
  ctx.textAlign = onRight ? 'left' : 'right';
  ctx.fillText(text, onRight ? x + 4 : x - 4, bbox.top + 2);
  ctx.restore();
}

const valueText = (format: (value: number) => string, value: number | null | undefined): string =>
  value === null || value === undefined ? '-' : format(value);

/** The newest value of a line that ends earlier than others. */
function lastKnown(values: ArrayLike<number | null | undefined> | undefined): number | null | undefined {
  for (let at = (values?.length ?? 0) - 1; at >= 0; at -= 1) {
    const value = values?.[at];
    if (value !== null && value !== undefined) return value;
  }
  return undefined;
}

/** Clock times; with the day where the range is longer than one. */
function axisTimes(splits: readonly number[], range: TimeRange, utc: boolean): string[] {
  const lengthMs = range.end - range.start;
  const [from, to] = lengthMs > 86_400_000 ? [5, 16] : lengthMs < 600_000 ? [11, 19] : [11, 16];
  return splits.map((seconds) => formatTime(seconds * 1000, { utc }).slice(from, to));
}

function drawThreshold(plot: uPlot, threshold: number): void {
  const y = plot.valToPos(threshold, 'y', true);
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = resolveColour(colour.fault);
  ctx.setLineDash([6, 4]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.restore();
}
