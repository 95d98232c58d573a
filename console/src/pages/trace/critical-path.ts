import type { TraceRow } from './build-trace.ts';

export interface Stretch {
  from: number;
  to: number;
}

/**
 * The stretches of each row that the response waited for: walk back from the end; the child that ended last before the
 * cursor was waited for, before it the row itself worked.
 */
export function criticalPath(root: TraceRow): Map<string, Stretch[]> {
  const path = new Map<string, Stretch[]>();
  const add = (row: TraceRow, from: number, to: number) => {
    if (to <= from) return;
    const stretches = path.get(row.id);
    if (stretches) stretches.push({ from, to });
    else path.set(row.id, [{ from, to }]);
  };
  const waiting: { row: TraceRow; until: number }[] = [{ row: root, until: root.end }];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { row, until } = next;
    let cursor = Math.min(row.end, until);
    const latestFirst = [...row.children].sort((a, b) => b.end - a.end);
    for (const child of latestFirst) {
      if (child.end > cursor || child.end <= row.start || child.start < row.start) continue;
      add(row, child.end, cursor);
      waiting.push({ row: child, until: child.end });
      cursor = child.start;
    }
    add(row, row.start, cursor);
  }
  return path;
}
