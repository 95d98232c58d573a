import dagre from '@dagrejs/dagre';
import type { TraceMap } from './map-model.ts';

export const nodeWidth = 190;
export const nodeHeight = 132;

export type Positions = ReadonlyMap<string, { x: number; y: number }>;

/** What the layout depends on. Numbers change with each refresh, this does not: so the picture stays. */
export function shapeOf(map: TraceMap): string {
  return `${map.nodes.map((node) => node.id).join('|')}#${map.edges.map((edge) => edge.id).join('|')}`;
}

/** Left to right from the clients. Top left corners. */
export function layOut(map: TraceMap): Positions {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: 'LR', nodesep: 36, ranksep: 56, marginx: 10, marginy: 10 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const node of map.nodes) graph.setNode(node.id, { width: nodeWidth, height: nodeHeight });
  for (const edge of map.edges) graph.setEdge(edge.source, edge.target);
  dagre.layout(graph);
  return new Map(
    map.nodes.map((node) => {
      const placed = graph.node(node.id) as { x: number; y: number };
      return [node.id, { x: placed.x - nodeWidth / 2, y: placed.y - nodeHeight / 2 }];
    }),
  );
}
