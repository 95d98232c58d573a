import '@xyflow/react/dist/style.css';
import {
  Background,
  Controls,
  type Edge,
  MiniMap,
  type Node,
  Panel,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
  useStore,
} from '@xyflow/react';
import { type KeyboardEvent, useEffect, useMemo, useRef } from 'react';
import { usePreferences } from '../../app/preferences.tsx';
import { formatDuration, formatShare } from '../../i18n/format.ts';
import { type Translate, useText } from '../../i18n/text.ts';
import { outcomeText, worstOutcome } from '../../parts/health.tsx';
import { colour } from '../../theme.ts';
import { changeColour, changeWords } from './change-words.ts';
import type { Compared } from './compare-maps.ts';
import { EdgeLine } from './edge-line.tsx';
import { layOut, nodeHeight, nodeWidth, type Positions, shapeOf } from './lay-out.ts';
import { MapLegend } from './map-legend.tsx';
import { type MapEdge, type MapNode, percentile, type TraceMap } from './map-model.ts';
import { neighbourOf } from './neighbour.ts';
import { NodeCard } from './node-card.tsx';
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
  /** Calls of the busiest node: what the size of a ring is measured by. */
  most: number;
  compared: Compared | undefined;
}

export interface EdgeData extends Record<string, unknown> {
  edge: MapEdge;
  most: number;
  minutes: number;
  compared: Compared | undefined;
}

const fit = { padding: 0.04, maxZoom: 1.4 };
const nodeTypes = { service: NodeCard };
const edgeTypes = { calls: EdgeLine };
/** From here on, what is outside the window is not drawn, and a small map shows where the window is. */
const largeMap = 60;

/** Where nodes stood when a map of this account was last on screen: it looks the same when one comes back. */
const remembered = new Map<string, Positions>();

interface TraceMapProps {
  map: TraceMap;
  metric: MapMetric;
  /** Length of the range: for calls per minute. */
  minutes: number;
  slowId?: string | undefined;
  /** The root cause of an insight. */
  causeId?: string | undefined;
  selected?: string | undefined;
  /** Nodes that an insight is open about. */
  insights?: ReadonlySet<string>;
  compared?: ReadonlyMap<string, Compared> | undefined;
  onSelect?: (selection: { node?: string; edge?: string } | null) => void;
  height: number | string;
  small?: boolean;
  /** Maps of one name keep their nodes in place, also when one comes back to them. */
  name?: string;
}

export function TraceMapPicture(props: TraceMapProps) {
  return (
    <ReactFlowProvider>
      <Picture {...props} />
    </ReactFlowProvider>
  );
}

function usePositions(map: TraceMap, name: string | undefined): Positions {
  const shape = shapeOf(map);
  return useMemo(() => {
    if (name === undefined) return layOut(map);
    const positions = layOut(map, remembered.get(name));
    remembered.set(name, positions);
    return positions;
  }, [shape, name]);
}

function Picture(props: TraceMapProps) {
  const { map, metric, minutes, slowId, causeId, selected, insights, compared, onSelect, height, small, name } = props;
  const t = useText();
  const { mode } = usePreferences();
  const positions = usePositions(map, name);
  const frame = useRef<HTMLDivElement>(null);
  const mostNode = Math.max(1, ...map.nodes.map((node) => (node.isClient ? 0 : node.shares.total)));
  const mostEdge = Math.max(1, ...map.edges.map((edge) => edge.shares.total));
  const large = map.nodes.length > largeMap;

  const nodes = map.nodes.map(
    (node): Node<NodeData> => ({
      id: node.id,
      type: 'service',
      position: positions.get(node.id) ?? { x: 0, y: 0 },
      data: {
        node,
        metric,
        minutes,
        slow: node.id === slowId,
        cause: node.id === causeId,
        insight: insights?.has(node.id) === true,
        most: mostNode,
        compared: compared?.get(node.id),
      },
      selected: node.id === selected,
      width: nodeWidth,
      height: nodeHeight,
      ariaLabel: nodeLabel(t, node, minutes, compared?.get(node.id)),
    }),
  );
  const names = new Map(map.nodes.map((node) => [node.id, node.isClient ? t('map.client') : node.name]));
  const edges = map.edges.map(
    (edge): Edge<EdgeData> => ({
      id: edge.id,
      type: 'calls',
      source: edge.source,
      target: edge.target,
      data: { edge, most: mostEdge, minutes, compared: compared?.get(edge.id) },
      zIndex: worstOutcome(edge.shares) || compared?.get(edge.id)?.change ? 1 : 0,
      selected: edge.id === selected,
      ariaLabel: `${names.get(edge.source)} → ${names.get(edge.target)}`,
    }),
  );
  const onArrow = (event: KeyboardEvent) => {
    const id = (event.target as HTMLElement).closest<HTMLElement>('.react-flow__node')?.dataset.id;
    const next = id && neighbourOf(id, event.key, onlyShown(positions, map));
    if (!next) return;
    event.preventDefault();
    event.stopPropagation();
    frame.current?.querySelector<HTMLElement>(`.react-flow__node[data-id="${CSS.escape(next)}"]`)?.focus();
  };

  return (
    <div className="hatoba-map" style={{ height }} ref={frame} onKeyDownCapture={onArrow}>
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        edgeTypes={edgeTypes}
        colorMode={mode}
        nodesDraggable={false}
        nodesConnectable={false}
        edgesFocusable={!large}
        onlyRenderVisibleElements={large}
        minZoom={0.05}
        maxZoom={1.5}
        onNodeClick={(_, node) => onSelect?.({ node: node.id })}
        onEdgeClick={(_, edge) => onSelect?.({ edge: edge.id })}
        onPaneClick={() => onSelect?.(null)}
        onNodesChange={(changes) => {
          // Enter and Space select by keyboard; the mouse has its own handlers.
          const change = changes.find((candidate) => candidate.type === 'select' && candidate.selected);
          if (change?.type === 'select') onSelect?.({ node: change.id });
        }}
        onEdgesChange={(changes) => {
          const change = changes.find((candidate) => candidate.type === 'select' && candidate.selected);
          if (change?.type === 'select') onSelect?.({ edge: change.id });
        }}
        fitView
        fitViewOptions={fit}
        preventScrolling={!small}
        zoomOnScroll={!small}
        panOnDrag={!small}
        zoomOnDoubleClick={!small}
      >
        {!small && <Background color={colour.line} gap={24} />}
        {!small && <Controls showInteractive={false} fitViewOptions={fit} />}
        {!small && large && (
          <MiniMap pannable zoomable ariaLabel={t('map.overview')} nodeColor={miniColour} nodeStrokeWidth={0} />
        )}
        {!small && (
          <Panel position="bottom-center">
            <MapLegend comparing={compared !== undefined} />
          </Panel>
        )}
        <FitView positions={positions} />
      </ReactFlow>
    </div>
  );
}

/** Arrow keys pass what is on screen, not what once stood there. */
function onlyShown(positions: Positions, map: TraceMap): Positions {
  return new Map(map.nodes.flatMap((node) => [[node.id, positions.get(node.id) ?? { x: 0, y: 0 }]]));
}

function miniColour(node: Node): string {
  const { node: service, slow, compared } = node.data as NodeData;
  if (compared?.change) return changeColour[compared.change];
  const worst = worstOutcome(service.shares);
  if (worst && service.shares[worst] >= service.shares.total / 100) return colour[worst];
  return slow ? colour.error : colour.idle;
}

/** What a screen reader says of a node: all that the ring shows. */
function nodeLabel(t: Translate, node: MapNode, minutes: number, compared: Compared | undefined): string {
  if (node.isClient) return t('map.client');
  const worst = worstOutcome(node.shares);
  return [
    node.name,
    `${t('map.median')} ${formatDuration(percentile(node.histogram, 0.5))}`,
    t('map.per-minute', { count: perMinute(node.shares.total, minutes) }),
    worst ? `${formatShare(node.shares[worst], node.shares.total)} ${t(outcomeText[worst])}` : t('outcome.ok'),
    changeWords(t, compared),
  ]
    .filter(Boolean)
    .join(', ');
}

/** Fits the whole picture when nodes or the frame change, unless somebody has moved it to look at a part. */
function FitView({ positions }: { positions: Positions }) {
  const flow = useReactFlow();
  const width = useStore((state) => state.width);
  const height = useStore((state) => state.height);
  const fitted = useRef('');
  useEffect(() => {
    if (width === 0 || height === 0) return;
    const timer = setTimeout(async () => {
      const viewport = JSON.stringify(flow.getViewport());
      if (fitted.current !== '' && fitted.current !== viewport) return;
      await flow.fitView(fit);
      fitted.current = JSON.stringify(flow.getViewport());
    }, 60);
    return () => clearTimeout(timer);
  }, [positions, flow, width, height]);
  return null;
}
