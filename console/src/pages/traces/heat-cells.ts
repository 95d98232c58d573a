import type { TraceSummary } from '../../api/xray.ts';

export interface HeatCell {
  column: number;
  row: number;
  count: number;
  failed: number;
}

/**
 * Traces by place: columns of time, rows of response time. Places are shares from 0 to 1 of either axis; what is outside
 * is left out.
 */
export function heatCells(
  traces: readonly TraceSummary[],
  placeOf: (trace: TraceSummary) => { x: number; y: number },
  columns: number,
  rows: number,
): HeatCell[] {
  const cells = new Map<number, HeatCell>();
  for (const trace of traces) {
    const { x, y } = placeOf(trace);
    if (!(x >= 0 && x <= 1 && y >= 0 && y <= 1)) continue;
    const column = Math.min(columns - 1, Math.floor(x * columns));
    const row = Math.min(rows - 1, Math.floor(y * rows));
    const cell = cells.get(row * columns + column) ?? { column, row, count: 0, failed: 0 };
    cell.count += 1;
    if (trace.HasFault || trace.HasThrottle || trace.HasError) cell.failed += 1;
    cells.set(row * columns + column, cell);
  }
  return [...cells.values()];
}

/** How dark a cell is: by the logarithm of its count, so that a single trace is still seen beside thousands. */
export function heatOf(count: number, most: number): number {
  return most <= 1 ? 1 : 0.18 + 0.82 * (Math.log(count) / Math.log(most));
}
