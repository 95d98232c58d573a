import SegmentedControl from '@cloudscape-design/components/segmented-control';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { getServiceGraph } from '../../api/xray.ts';
import { useLive, useTimeRange } from '../../app/scope.ts';
import { useText } from '../../i18n/text.ts';
import { edgeCondition, serviceCondition } from '../../parts/filter-text.ts';
import { Page } from '../../parts/page.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { useServiceOf } from '../../parts/service-of.ts';
import { buildTraceMap, slowestNode, type TraceMap } from './map-model.ts';
import { MapTable } from './map-table.tsx';
import { typeLabel } from './node-type.ts';
import { NothingYet } from './nothing-yet.tsx';
import { type Selection, SelectionPanel } from './selection-panel.tsx';
import { type MapMetric, TraceMapPicture } from './trace-map.tsx';

export function MapPage() {
  const t = useText();
  const search = useSearch({ from: '/map' });
  const navigate = useNavigate({ from: '/map' });
  const graph = useLive(['map'], ({ scope, range, signal }) => getServiceGraph(scope, range, signal));
  const view = search.view === 'table' ? 'table' : 'map';
  const metric: MapMetric = search.metric === 'p95' ? 'p95' : 'p50';
  const set = (change: Partial<typeof search>) =>
    navigate({ search: (before) => ({ ...before, ...change }), replace: true });

  return (
    <Page
      title={t('page.map')}
      actions={
        <SpaceBetween size="xs" direction="horizontal">
          <SegmentedControl
            selectedId={metric}
            label={t('map.metric')}
            options={[
              { id: 'p50', text: t('map.median') },
              { id: 'p95', text: 'p95' },
            ]}
            onChange={({ detail }) => set({ metric: detail.selectedId })}
          />
          <SegmentedControl
            selectedId={view}
            label={t('map.view')}
            options={[
              { id: 'map', text: t('map.as-map') },
              { id: 'table', text: t('map.as-table') },
            ]}
            onChange={({ detail }) => set({ view: detail.selectedId })}
          />
        </SpaceBetween>
      }
    >
      <QueryView query={graph}>
        {(services) => {
          const map = buildTraceMap(services);
          return map.nodes.length === 0 ? (
            <NothingYet />
          ) : (
            <MapWithPanel map={map} view={view} metric={metric} search={search} set={set} />
          );
        }}
      </QueryView>
    </Page>
  );
}

interface MapWithPanelProps {
  map: TraceMap;
  view: 'map' | 'table';
  metric: MapMetric;
  search: { node?: string; edge?: string; from?: string; to?: string };
  set: (change: {
    node?: string | undefined;
    edge?: string | undefined;
    from?: string | undefined;
    to?: string | undefined;
  }) => void;
}

function MapWithPanel({ map, view, metric, search, set }: MapWithPanelProps) {
  const { now } = useTimeRange();
  const range = now();
  const minutes = (range.end - range.start) / 60_000;
  const nodeId = findNodeId(map, search.node);
  const selection = useSelection(map, { ...search, ...(nodeId ? { node: nodeId } : {}) }, minutes);
  const select = (chosen: { node?: string; edge?: string } | null) =>
    set({ node: chosen?.node, edge: chosen?.edge, from: undefined, to: undefined });
  const marked =
    search.from !== undefined && search.to !== undefined
      ? { from: Number(search.from), to: Number(search.to) }
      : undefined;
  return (
    <div className={selection ? 'hatoba-split' : ''}>
      {view === 'table' ? (
        <MapTable map={map} minutes={minutes} onSelect={select} />
      ) : (
        <TraceMapPicture
          map={map}
          metric={metric}
          minutes={minutes}
          slowId={slowestNode(map)?.id}
          selected={nodeId ?? search.edge}
          onSelect={select}
          height="calc(100vh - 190px)"
        />
      )}
      {selection && (
        <SelectionPanel
          selection={selection}
          marked={marked}
          onMark={(chosen) =>
            set({
              ...search,
              from: chosen ? String(Number(chosen.from.toFixed(4))) : undefined,
              to: chosen ? String(Number(chosen.to.toFixed(4))) : undefined,
            })
          }
          onClose={() => select(null)}
        />
      )}
    </div>
  );
}

/** Links from elsewhere know a node's name but not its type: `bff~`. */
function findNodeId(map: TraceMap, wanted: string | undefined): string | undefined {
  if (wanted === undefined) return undefined;
  const byName = map.nodes.find((node) => !node.isClient && wanted === `${node.name}~`);
  return map.nodes.find((node) => node.id === wanted)?.id ?? byName?.id;
}

function useSelection(map: TraceMap, search: { node?: string; edge?: string }, minutes: number): Selection | undefined {
  const t = useText();
  const serviceOf = useServiceOf();
  const node = map.nodes.find((candidate) => candidate.id === search.node);
  if (node && !node.isClient) {
    const ecs = serviceOf(node.name);
    const namesake = map.nodes.some((other) => other !== node && !other.isClient && other.name === node.name);
    return {
      title: node.name,
      description: typeLabel(node.type),
      shares: node.shares,
      histogram: node.histogram,
      meanSeconds: node.meanSeconds,
      ownSeconds: node.ownSeconds,
      minutes,
      filter: (inside) => serviceCondition({ name: node.name, type: namesake ? node.type : '' }, inside),
      tracesText: t('map.view-traces-of-node'),
      links: ecs
        ? [{ text: t('map.to-service', { name: ecs.service }), to: '/services/$cluster/$service', params: { ...ecs } }]
        : [],
    };
  }
  const edge = map.edges.find((candidate) => candidate.id === search.edge);
  const nameOf = (id: string) => map.nodes.find((candidate) => candidate.id === id);
  const source = edge && nameOf(edge.source);
  const target = edge && nameOf(edge.target);
  if (!edge || !source || !target) return undefined;
  return {
    title: `${source.isClient ? t('map.client') : source.name} → ${target.name}`,
    description: t('map.edge-hint'),
    shares: edge.shares,
    histogram: edge.histogram,
    meanSeconds: edge.shares.total > 0 ? edge.totalSeconds / edge.shares.total : undefined,
    minutes,
    filter: (inside) =>
      source.isClient
        ? serviceCondition({ name: target.name, type: '' }, inside)
        : edgeCondition(source.name, target.name, inside),
    tracesText: t('map.view-traces-of-edge'),
  };
}
