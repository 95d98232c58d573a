import type { TelemetryStore } from '../../stores/telemetry/store.ts';
import { startsIn, type TimeRange } from '../graph/graph-sql.ts';
import { type GraphGroups, type GraphSelection, readGraphGroups } from '../read-graph-groups.ts';

/** What one pass of counting reads at most: as much as is joined in a fraction of the memory that a query may take. */
const sliceRowsMax = 1_000_000;
const binMs = 600_000;
/** So much is counted in one pass without asking how many rows it has. */
const wholeMs = 600_000;

/**
 * Counts ranges from what was stored, one part after the other, so that a long range takes time but no more memory than
 * a short one. A filter is evaluated over the whole range and cannot be cut: it is one pass.
 */
export async function readLive(
  telemetry: TelemetryStore,
  selection: GraphSelection,
  now: Date,
  ranges: readonly TimeRange[],
  limits: { readonly signal?: AbortSignal | undefined; leftMs(): number },
): Promise<GraphGroups> {
  const lengthMs = ranges.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0);
  if (lengthMs === 0) return { nodes: [], edges: [] };
  if (selection.traceCondition || lengthMs <= wholeMs) {
    return readGraphGroups(telemetry, selection, now, limits.signal, ranges, limits.leftMs);
  }
  const count = (
    table: string,
  ) => `SELECT intDiv(toUnixTimestamp(start), ${binMs / 1000}) AS bin, count() AS rows FROM ${table}
    WHERE account = {account:String} AND region = {region:String} AND ${startsIn(ranges)} GROUP BY bin`;
  const bins = await telemetry.query<{ bin: number; rows: string }>(
    `SELECT bin, sum(rows) AS rows FROM (${count('segments')} UNION ALL ${count('calls')}) GROUP BY bin`,
    { account: selection.account, region: selection.region },
    { timeoutMs: Math.max(1, limits.leftMs()) },
  );
  const slices = cutSlices(ranges, new Map(bins.map(({ bin, rows }) => [Number(bin) * binMs, Number(rows)])));
  const parts: GraphGroups[] = [];
  for (const slice of slices) {
    parts.push(await readGraphGroups(telemetry, selection, now, limits.signal, slice, limits.leftMs));
  }
  return { nodes: parts.flatMap(({ nodes }) => nodes), edges: parts.flatMap(({ edges }) => edges) };
}

/** Parts of the ranges, newest first, cut at whole ten minutes where they would get too large; empty ones are left out. */
export function cutSlices(ranges: readonly TimeRange[], rowsByBin: ReadonlyMap<number, number>): TimeRange[][] {
  const slices: { ranges: TimeRange[]; rows: number }[] = [];
  for (const { startMs, endMs } of [...ranges].sort((a, b) => b.startMs - a.startMs)) {
    for (let bin = Math.floor((endMs - 1) / binMs) * binMs; bin + binMs > startMs; bin -= binMs) {
      const rows = rowsByBin.get(bin) ?? 0;
      if (rows === 0) continue;
      const piece = { startMs: Math.max(startMs, bin), endMs: Math.min(endMs, bin + binMs) };
      const last = slices.at(-1);
      if (!last || last.rows + rows > sliceRowsMax) slices.push({ ranges: [piece], rows });
      else {
        const next = last.ranges.at(-1)!;
        if (next.startMs === piece.endMs) last.ranges[last.ranges.length - 1] = { ...next, startMs: piece.startMs };
        else last.ranges.push(piece);
        last.rows += rows;
      }
    }
  }
  return slices.map((slice) => slice.ranges);
}
