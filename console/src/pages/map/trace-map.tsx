import '@xyflow/react/dist/style.css';
import {
  Background,
  Controls,
  type Edge,
  type Node,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
  useStore,
} from '@xyflow/react';
import { useEffect, useMemo } from 'react';
import { usePreferences } from '../../app/preferences.tsx';
import { useText } from '../../i18n/text.ts';
import { colour } from '../../theme.ts';
import { EdgeLine } from './edge-line.tsx';
import { layOut, nodeHeight, nodeWidth, shapeOf } from './lay-out.ts';
import type { MapEdge, MapNode, TraceMap } from './map-model.ts';
import { NodeCard } from './node-card.tsx';

export type MapMetric = 'p50' | 'p95';

export interface NodeData extends Record<string, unknown> {
  node: MapNode;
  metric: MapMetric;
  minutes: number;
  slow: boolean;
}

export interface EdgeData extends Record<string, unknown> {
  edge: MapEdge;
  most: number;
  minutes: number;
}

const fit = { padding: 0.04, maxZoom: 1.4 };
const nodeTypes = { service: NodeCard };
const edgeTypes = { calls: EdgeLine };

interface TraceMapProps {
  map: TraceMap;
  metric: MapMetric;
  /** Length of the range: for calls per minute. */
  minutes: number;
  slowId?: string | undefined;
  selected?: string | undefined;
  onSelect?: (selection: { node?: string; edge?: string } | null) => void;
  height: number | string;
  small?: boolean;
}

export function TraceMapPicture(props: TraceMapProps) {
  return (
    <ReactFlowProvider>
      <Picture {...props} />
    </ReactFlowProvider>
  );
}

function Picture({ map, metric, minutes, slowId, selected, onSelect, height, small }: TraceMapProps) {
  const t = useText();
  const { mode } = usePreferences();
  const shape = shapeOf(map);
  const positions = useMemo(() => layOut(map), [shape]);
  const most = Math.max(1, ...map.edges.map((edge) => edge.shares.total));

  const nodes = map.nodes.map(
    (node): Node<NodeData> => ({
      id: node.id,
      type: 'service',
      position: positions.get(node.id) ?? { x: 0, y: 0 },
      data: { node, metric, minutes, slow: node.id === slowId },
      selected: node.id === selected,
      width: nodeWidth,
      height: nodeHeight,
      ariaLabel: node.isClient ? t('map.client') : node.name,
    }),
  );
  const edges = map.edges.map(
    (edge): Edge<EdgeData> => ({
      id: edge.id,
      type: 'calls',
      source: edge.source,
      target: edge.target,
      data: { edge, most, minutes },
      selected: edge.id === selected,
    }),
  );

  return (
    <div className="hatoba-map" style={{ height }}>
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        edgeTypes={edgeTypes}
        colorMode={mode}
        nodesDraggable={false}
        nodesConnectable={false}
        edgesFocusable
        minZoom={0.1}
        maxZoom={1.5}
        onNodeClick={(_, node) => onSelect?.({ node: node.id })}
        onEdgeClick={(_, edge) => onSelect?.({ edge: edge.id })}
        onPaneClick={() => onSelect?.(null)}
        onNodesChange={(changes) => {
          // Enter and Space select by keyboard; the mouse has its own handlers.
          const change = changes.find((candidate) => candidate.type === 'select' && candidate.selected);
          if (change?.type === 'select') onSelect?.({ node: change.id });
        }}
        fitView
        fitViewOptions={fit}
        preventScrolling={!small}
        zoomOnScroll={!small}
        panOnDrag={!small}
      >
        {!small && <Background color={colour.line} gap={24} />}
        {!small && <Controls showInteractive={false} />}
        <FitView shape={shape} />
      </ReactFlow>
    </div>
  );
}

/** Fits the whole picture once it is measured, and again only when its shape or its frame changes. */
function FitView({ shape }: { shape: string }) {
  const flow = useReactFlow();
  const width = useStore((state) => state.width);
  const height = useStore((state) => state.height);
  useEffect(() => {
    if (width === 0 || height === 0) return;
    const timer = setTimeout(() => flow.fitView(fit), 60);
    return () => clearTimeout(timer);
  }, [shape, flow, width, height]);
  return null;
}
