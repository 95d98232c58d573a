import { cellWidth, fit } from '../output/fit.ts';
import { formatSeconds, paint, safeText } from '../output/style.ts';
import type { Standing } from './find-percent.ts';
import type { TraceRow } from './lay-out-trace.ts';
import type { Outcome } from './segment-document.ts';

/** Something beside the rows, on their axis. Times are epoch seconds. */
export interface Lane {
  readonly name: string;
  readonly mark: string;
  readonly colour: 'yellow' | 'cyan' | 'magenta' | 'red' | 'gray';
  readonly times: readonly { readonly from: number; readonly to: number }[];
}

export interface Axis {
  readonly start: number;
  readonly end: number;
  /** Of the whole picture. */
  readonly columns: number;
}

const colours = { ok: 'green', error: 'yellow', throttle: 'magenta', fault: 'red', running: 'cyan' } as const;
const namesMin = 14;
/** Number, time, percentile and outcome, with the spaces between them. */
const factsWidth = 30;

/** The rows as a waterfall no wider than the terminal, below them what else happened on the same axis. */
export function drawTimeline(
  rows: readonly TraceRow[],
  lanes: readonly Lane[],
  axis: Axis,
  standingOf: (row: TraceRow) => Standing | undefined,
): string[] {
  const names = rows.map(nameOf);
  const room = Math.max(namesMin + 10, axis.columns - factsWidth);
  const widest = (most: number, name: string) => Math.max(most, cellWidth(name));
  const longest = lanes.map(({ name }) => name).reduce(widest, names.reduce(widest, namesMin));
  const nameWidth = Math.min(longest, Math.floor(room * 0.45));
  const barWidth = room - nameWidth;
  const left = (name: string, time = '', percent = '', outcome = '') =>
    `${fit(name, nameWidth)} ${fit(time, 9, 'right')} ${fit(percent, 4, 'right')} ${fit(outcome, 8)} `;
  const lines = [`     ${left('')}${drawTicks(axis, barWidth)}`];
  for (const [index, row] of rows.entries()) {
    const standing = standingOf(row);
    const percent = standing ? `p${standing.percent}` : '';
    const words = left(names[index]!, formatSeconds(row.end - row.start), percent, row.outcome);
    const bar = drawMarks([{ from: row.start, to: row.end }], axis, barWidth, row.critical ? '█' : '▒');
    lines.push(`${String(row.number).padStart(4)} ${words}${paint(colours[row.outcome as Outcome], bar)}`.trimEnd());
  }
  for (const { name, mark, colour, times } of lanes) {
    const marks = drawMarks(times, axis, barWidth, mark);
    // What happened later has its line of words below.
    if (marks !== '') lines.push(`   ${mark} ${left(name)}${paint(colour, marks)}`);
  }
  return lines;
}

function nameOf({ depth, name, documents }: TraceRow): string {
  return `${'  '.repeat(Math.min(depth, 12))}${safeText(name)}${documents.length > 1 ? ` (${documents.length} alike)` : ''}`;
}

/** Each time as at least one mark; what lies outside of the axis is not drawn. */
function drawMarks(times: Lane['times'], { start, end }: Axis, width: number, mark: string): string {
  const total = Math.max(end - start, 1e-9);
  const cells = new Array<string>(width).fill(' ');
  for (const { from, to } of times) {
    if (to < start || from > end) continue;
    const first = Math.min(width - 1, Math.max(0, Math.floor(((from - start) / total) * width)));
    const last = Math.min(width, Math.max(first + 1, Math.round(((to - start) / total) * width)));
    cells.fill(mark, first, last);
  }
  return cells.join('').trimEnd();
}

/** The beginning, the middle and the end, as far as they have room. */
function drawTicks({ start, end }: Axis, width: number): string {
  const [first, middle, last] = ['0', formatSeconds((end - start) / 2), formatSeconds(end - start)];
  const half = Math.floor(width / 2);
  const ends = `${fit(first, half)}${fit(last, width - half, 'right')}`;
  const at = half - Math.floor(middle.length / 2);
  const free = ends.slice(at - 1, at + middle.length + 1).trim() === '';
  return free ? `${ends.slice(0, at)}${middle}${ends.slice(at + middle.length)}` : ends;
}
