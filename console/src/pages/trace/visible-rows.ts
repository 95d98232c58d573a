import type { TraceRow } from './build-trace.ts';

/** A line of the timeline: a row, or several alike that are folded into one. */
export interface VisibleRow {
  key: string;
  depth: number;
  row: TraceRow;
  /** More than one: that many similar siblings, beginning with `row`. */
  folded: TraceRow[];
  hasChildren: boolean;
  open: boolean;
}

const foldFrom = 5;

interface Choices {
  collapsed: ReadonlySet<string>;
  unfolded: ReadonlySet<string>;
}

const alike = (a: TraceRow, b: TraceRow) =>
  a.name === b.name && a.kind === b.kind && a.outcome === b.outcome && b.children.length === 0;

/** Consecutive leaves that look the same, as groups; everything else alone. */
function groups(siblings: readonly TraceRow[]): TraceRow[][] {
  const found: TraceRow[][] = [];
  for (const row of siblings) {
    const group = found.at(-1);
    const first = group?.[0];
    if (group && first && first.children.length === 0 && alike(first, row)) group.push(row);
    else found.push([row]);
  }
  return found;
}

/** The lines to draw, top to bottom. Not recursive: a trace may be as deep as it likes. */
export function visibleRows(roots: readonly TraceRow[], { collapsed, unfolded }: Choices): VisibleRow[] {
  const lines: VisibleRow[] = [];
  const waiting: VisibleRow[] = [];
  const push = (siblings: readonly TraceRow[], depth: number) => {
    const found = groups(siblings).flatMap((group): VisibleRow[] => {
      const first = group[0];
      if (!first) return [];
      const fold = group.length >= foldFrom && !unfolded.has(first.id);
      return fold ? [toLine(first, depth, group)] : group.map((row) => toLine(row, depth, [row]));
    });
    waiting.push(...found.reverse());
  };
  const toLine = (row: TraceRow, depth: number, folded: TraceRow[]): VisibleRow => ({
    key: row.id,
    depth,
    row,
    folded,
    hasChildren: row.children.length > 0,
    open: !collapsed.has(row.id),
  });
  push(roots, 0);
  for (let line = waiting.pop(); line; line = waiting.pop()) {
    lines.push(line);
    if (line.hasChildren && line.open && line.folded.length === 1) push(line.row.children, line.depth + 1);
  }
  return lines;
}
