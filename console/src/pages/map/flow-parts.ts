import { type Edge, type Node, Position } from '@xyflow/react';
import { formatHistogramTime, formatShare } from '../../i18n/format.ts';
import type { Translate } from '../../i18n/text.ts';
import { outcomeText, worstOutcome } from '../../parts/health.tsx';
import { changeWords } from './change-words.ts';
import type { Compared } from './compare-maps.ts';
import { nodeHeight, nodeWidth, type Positions } from './lay-out.ts';
import { type MapEdge, type MapNode, percentile, type TraceMap } from './map-model.ts';
import { perMinute } from './rates.ts';

export type MapMetric = 'p50' | 'p95';

export interface NodeData extends Record<string, unknown> {
  node: MapNode;
  metric: MapMetric;
  minutes: number;
  slow: boolean;
  /** Where an insight came from. */
  cause: boolean;
  /** An insight is open about it. */
  insight: boolean;
  /** Of the ring, by its share of the calls of the busiest node. */
  radius: number;
  compared: Compared | undefined;
}

export interface EdgeData extends Record<string, unknown> {
  edge: MapEdge;
  /** Of the line, by its share of the calls of the busiest edge. */
  width: number;
  minutes: number;
  compared: Compared | undefined;
}

export interface FlowInput {
  map: TraceMap;
  positions: Positions;
  metric: MapMetric;
  minutes: number;
  slowId: string | undefined;
  causeId: string | undefined;
  selected: string | undefined;
  insights: ReadonlySet<string> | undefined;
  compared: ReadonlyMap<string, Compared> | undefined;
}

const radiusMin = 25;
const radiusMax = 38;
const radiusOfClient = 30;
export const ringWidth = 6;
const ringMiddle = 44;
const handleSize = 2;

/** In steps: a few calls more on the busiest node are no reason to draw all others again. */
const inSteps = (value: number, perUnit: number) => Math.round(value * perUnit) / perUnit;

/** Where lines begin and end: the ring's left and right. */
export const edgeInset = (radius: number): number => nodeWidth / 2 - radius - ringWidth / 2;

export function flowNodes(t: Translate, input: FlowInput): Node<NodeData>[] {
  const { map, positions, compared, metric, minutes } = input;
  const most = Math.max(1, ...map.nodes.map((node) => (node.isClient ? 0 : node.shares.total)));
  return map.nodes.map((node): Node<NodeData> => {
    const share = Math.sqrt(node.shares.total / most);
    const radius = node.isClient ? radiusOfClient : inSteps(radiusMin + (radiusMax - radiusMin) * share, 2);
    return {
      id: node.id,
      type: 'service',
      position: positions.get(node.id) ?? { x: 0, y: 0 },
      data: {
        node,
        metric,
        minutes,
        slow: node.id === input.slowId,
        cause: node.id === input.causeId,
        insight: input.insights?.has(node.id) === true,
        radius,
        compared: compared?.get(node.id),
      },
      // Above the lines where something is wrong, which are above the others.
      zIndex: 2,
      selected: node.id === input.selected,
      ...sizeOf(radius),
      ariaLabel: nodeLabel(t, node, minutes, compared?.get(node.id)),
    };
  });
}

/** All that would be measured otherwise, each time that anything about a node changes. */
function sizeOf(radius: number): Pick<Node, 'width' | 'height' | 'measured' | 'handles'> {
  const half = handleSize / 2;
  const handle = { y: ringMiddle - half, width: handleSize, height: handleSize };
  return {
    width: nodeWidth,
    height: nodeHeight,
    measured: { width: nodeWidth, height: nodeHeight },
    handles: [
      { ...handle, type: 'target', position: Position.Left, x: edgeInset(radius) - half },
      { ...handle, type: 'source', position: Position.Right, x: nodeWidth - edgeInset(radius) - half },
    ],
  };
}

export function flowEdges(t: Translate, { map, minutes, compared, selected }: FlowInput): Edge<EdgeData>[] {
  const most = Math.max(1, ...map.edges.map((edge) => edge.shares.total));
  const names = new Map(map.nodes.map((node) => [node.id, node.isClient ? t('map.client') : node.name]));
  return map.edges.map((edge): Edge<EdgeData> => {
    const change = compared?.get(edge.id);
    return {
      id: edge.id,
      type: 'calls',
      source: edge.source,
      target: edge.target,
      data: { edge, width: inSteps(1.5 + 5 * Math.sqrt(edge.shares.total / most), 4), minutes, compared: change },
      zIndex: worstOutcome(edge.shares) || change?.change ? 1 : 0,
      selected: edge.id === selected,
      ariaLabel: `${names.get(edge.source)} → ${names.get(edge.target)}`,
    };
  });
}

/** What a screen reader says of a node: all that the ring shows. */
function nodeLabel(t: Translate, node: MapNode, minutes: number, compared: Compared | undefined): string {
  if (node.isClient) return t('map.client');
  const worst = worstOutcome(node.shares);
  return [
    node.name,
    `${t('map.median')} ${formatHistogramTime(percentile(node.histogram, 0.5))}`,
    t('map.per-minute', { count: perMinute(node.shares.total, minutes) }),
    worst ? `${formatShare(node.shares[worst], node.shares.total)} ${t(outcomeText[worst])}` : t('outcome.ok'),
    changeWords(t, compared),
  ]
    .filter(Boolean)
    .join(', ');
}
