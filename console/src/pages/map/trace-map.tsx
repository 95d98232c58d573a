import '@xyflow/react/dist/style.css';
import { replaceEqualDeep } from '@tanstack/react-query';
import {
  Background,
  Controls,
  type EdgeChange,
  type FitViewOptions,
  MiniMap,
  type Node,
  type NodeChange,
  Panel,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
  useStore,
} from '@xyflow/react';
import { type KeyboardEvent, useEffect, useMemo, useRef } from 'react';
import { usePreferences } from '../../app/preferences.tsx';
import { useText } from '../../i18n/text.ts';
import { worstOutcome } from '../../parts/health.tsx';
import { colour } from '../../theme.ts';
import { changeColour } from './change-words.ts';
import type { Compared } from './compare-maps.ts';
import { EdgeLine } from './edge-line.tsx';
import { flowEdges, flowNodes, type MapMetric, type NodeData } from './flow-parts.ts';
import { layOut, type Positions, shapeOf } from './lay-out.ts';
import { MapFrame } from './map-frame.tsx';
import { MapLegend } from './map-legend.tsx';
import type { TraceMap } from './map-model.ts';
import { neighbourOf } from './neighbour.ts';
import { NodeCard } from './node-card.tsx';

const fitAlone = { padding: 0.04, maxZoom: 1.4 };
/** The legend lies over the lower edge: nodes stay above it. */
const fitAboveLegend = { ...fitAlone, padding: { x: 0.04, top: 0.04, bottom: '56px' } } as const;
const nodeTypes = { service: NodeCard };
const edgeTypes = { calls: EdgeLine };
/** From here on, lines are not stops of the Tab key, and a small map shows where the window is. */
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
  const fit = small ? fitAlone : fitAboveLegend;
  const frame = useRef<HTMLDivElement>(null);
  const large = map.nodes.length > largeMap;
  const input = useMemo(
    () => ({ map, positions, metric, minutes, slowId, causeId, selected, insights, compared }),
    [map, positions, metric, minutes, slowId, causeId, selected, insights, compared],
  );
  const nodes = useSame(useMemo(() => flowNodes(t, input), [t, input]));
  const edges = useSame(useMemo(() => flowEdges(t, input), [t, input]));
  const handlers = useHandlers(onSelect);
  const onArrow = (event: KeyboardEvent) => {
    const id = (event.target as HTMLElement).closest<HTMLElement>('.react-flow__node')?.dataset.id;
    const next = id && neighbourOf(id, event.key, onlyShown(positions, map));
    if (!next) return;
    event.preventDefault();
    event.stopPropagation();
    frame.current?.querySelector<HTMLElement>(`.react-flow__node[data-id="${CSS.escape(next)}"]`)?.focus();
  };

  return (
    <MapFrame height={height} frame={frame} onArrow={onArrow}>
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        edgeTypes={edgeTypes}
        colorMode={mode}
        nodesDraggable={false}
        nodesConnectable={false}
        edgesFocusable={!large}
        minZoom={0.05}
        maxZoom={1.5}
        {...handlers}
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
        <FitView positions={positions} fit={fit} />
      </ReactFlow>
    </MapFrame>
  );
}

/** The parts of a value that are as they were stay the same objects: what shows them is not drawn again. */
function useSame<Value>(value: Value): Value {
  const kept = useRef(value);
  kept.current = replaceEqualDeep(kept.current, value);
  return kept.current;
}

/** Handlers that last: each node and edge has them, and would be drawn again for new ones. */
function useHandlers(onSelect: TraceMapProps['onSelect']) {
  const select = useRef(onSelect);
  select.current = onSelect;
  return useMemo(() => {
    // Enter and Space select by keyboard; the mouse has its own handlers.
    const chosen = (changes: readonly (NodeChange | EdgeChange)[]) => {
      const change = changes.find((candidate) => candidate.type === 'select' && candidate.selected);
      return change?.type === 'select' ? change.id : undefined;
    };
    return {
      onNodeClick: (_: unknown, node: { id: string }) => select.current?.({ node: node.id }),
      onEdgeClick: (_: unknown, edge: { id: string }) => select.current?.({ edge: edge.id }),
      onPaneClick: () => select.current?.(null),
      onNodesChange: (changes: readonly NodeChange[]) => {
        const node = chosen(changes);
        if (node !== undefined) select.current?.({ node });
      },
      onEdgesChange: (changes: readonly EdgeChange[]) => {
        const edge = chosen(changes);
        if (edge !== undefined) select.current?.({ edge });
      },
    };
  }, []);
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

/** Fits the whole picture when nodes or the frame change, unless somebody has moved it to look at a part. */
function FitView({ positions, fit }: { positions: Positions; fit: FitViewOptions }) {
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
  }, [positions, flow, width, height, fit]);
  return null;
}
