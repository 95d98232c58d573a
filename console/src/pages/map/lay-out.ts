import dagre from '@dagrejs/dagre';
import type { TraceMap } from './map-model.ts';

export const nodeWidth = 190;
export const nodeHeight = 140;
const columnGap = 56;
const rowGap = 28;

export type Positions = ReadonlyMap<string, { x: number; y: number }>;

/** Which nodes there are. Edges and numbers change with each refresh, this seldom does: so the picture stays. */
export function shapeOf(map: TraceMap): string {
  return map.nodes.map((node) => node.id).join('|');
}

/**
 * Left to right from the clients; top left corners. What stood somewhere before stands there still: a node that is new
 * takes a free place beside those it talks to, and only a map that is mostly new is laid out anew.
 */
export function layOut(map: TraceMap, before: Positions = new Map()): Positions {
  const known = map.nodes.filter((node) => before.has(node.id));
  if (known.length * 2 <= map.nodes.length || known.length * 2 < before.size) return layOutAnew(map);
  const placed = new Map(before);
  for (const node of map.nodes) if (!placed.has(node.id)) placed.set(node.id, placeBeside(node.id, map, placed));
  return placed;
}

function layOutAnew(map: TraceMap): Positions {
  const graph = new dagre.graphlib.Graph();
  // Network simplex looks better, and takes seconds for some hundred nodes.
  const ranker = map.nodes.length > 120 ? 'longest-path' : 'network-simplex';
  graph.setGraph({ rankdir: 'LR', nodesep: rowGap, ranksep: columnGap, marginx: 10, marginy: 10, ranker });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const node of map.nodes) graph.setNode(node.id, { width: nodeWidth, height: nodeHeight });
  for (const edge of map.edges) graph.setEdge(edge.source, edge.target);
  dagre.layout(graph);
  const placed = map.nodes.map((node): Placed => {
    const spot = graph.node(node.id) as { x: number; y: number };
    return { id: node.id, x: spot.x - nodeWidth / 2, y: spot.y - nodeHeight / 2 };
  });
  return new Map(wrapColumns(placed).map(({ id, x, y }) => [id, { x, y }]));
}

interface Placed {
  id: string;
  x: number;
  y: number;
}

const screenRatio = 1.6;
const rowsMin = 12;
const rowStep = nodeHeight + rowGap;
const columnStep = nodeWidth + columnGap;

/**
 * A service that calls a hundred others makes a column that no screen can show. Columns that are too high become several
 * beside each other, filled row by row, so that what was at the top stays there; the others are pressed together.
 */
function wrapColumns(placed: readonly Placed[]): Placed[] {
  const rows = Math.max(rowsMin, Math.ceil(Math.sqrt((placed.length * columnStep) / rowStep / screenRatio)));
  const columns = new Map<number, Placed[]>();
  for (const one of placed) columns.set(one.x, [...(columns.get(one.x) ?? []), one]);
  const highest = Math.max(0, ...[...columns.values()].map((column) => column.length));
  if (highest <= rows) return [...placed];
  const bottom = Math.max(...placed.map((one) => one.y)) + rowStep;
  const press = Math.min(1, (rows * rowStep) / bottom);
  let x = 0;
  return [...columns]
    .sort(([a], [b]) => a - b)
    .flatMap(([, column]) => {
      const sorted = [...column].sort((a, b) => a.y - b.y);
      const beside = Math.ceil(sorted.length / rows);
      const left = x;
      x += beside * columnStep;
      if (beside === 1) return pressed(sorted, press, rows).map((y, index) => ({ ...sorted[index]!, x: left, y }));
      return sorted.map((one, index) => {
        const side = index % beside;
        // Every other one half a row lower: lines to those behind pass between.
        const y = Math.floor(index / beside) * rowStep + (side % 2) * (rowStep / 2);
        return { ...one, x: left + side * columnStep, y };
      });
    });
}

/** Heights of one column, pressed together as far as its nodes allow. */
function pressed(column: readonly Placed[], press: number, rows: number): number[] {
  let next = 0;
  return column.map((one, index) => {
    const latest = (rows - (column.length - index)) * rowStep;
    const y = Math.max(next, Math.min(one.y * press, latest));
    next = y + rowStep;
    return y;
  });
}

/** Right of its callers, else left of what it calls, as near to them as there is room. */
function placeBeside(id: string, map: TraceMap, placed: Positions): { x: number; y: number } {
  const spots = (ids: string[]) => ids.flatMap((other) => placed.get(other) ?? []);
  const callers = spots(
    map.edges.filter((edge) => edge.target === id && edge.source !== id).map((edge) => edge.source),
  );
  const callees = spots(
    map.edges.filter((edge) => edge.source === id && edge.target !== id).map((edge) => edge.target),
  );
  const x =
    callers.length > 0
      ? Math.max(...callers.map((spot) => spot.x)) + columnStep
      : callees.length > 0
        ? Math.min(...callees.map((spot) => spot.x)) - columnStep
        : 0;
  const near = [...callers, ...callees];
  const wanted = near.length > 0 ? near.reduce((sum, spot) => sum + spot.y, 0) / near.length : 0;
  const inTheWay = [...placed.values()].filter((spot) => Math.abs(spot.x - x) < nodeWidth);
  const isFree = (y: number) => inTheWay.every((spot) => Math.abs(spot.y - y) >= rowStep - 1);
  for (let away = 0; ; away += rowStep) {
    // Each step away passes at most a column's nodes, so a free place is found.
    const y = [wanted + away, wanted - away].find(isFree);
    if (y !== undefined) return { x, y };
  }
}
