import Button from '@cloudscape-design/components/button';
import { formatCount, formatDuration, formatHistogramTime, formatShare } from '../../i18n/format.ts';
import { type Translate, useText } from '../../i18n/text.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { serviceCondition } from '../../parts/filter-text.ts';
import { Go } from '../../parts/go.tsx';
import { shorten } from '../../parts/shorten.ts';
import { type MapEdge, type MapNode, percentile, type TraceMap } from './map-model.ts';
import { typeLabel } from './node-type.ts';
import { perMinute } from './rates.ts';

interface MapTableProps {
  map: TraceMap;
  minutes: number;
  onSelect: (selection: { node?: string; edge?: string }) => void;
}

/** The times of nodes and of edges, as their histograms have them, and sorted by what is shown. */
const timeColumns = <Part extends MapNode | MapEdge>(t: Translate) =>
  ([0.5, 0.95] as const).map((share) => ({
    id: share === 0.5 ? 'median' : 'p95',
    header: share === 0.5 ? t('map.median') : 'p95',
    cell: (part: Part) => formatHistogramTime(percentile(part.histogram, share)),
    sortingComparator: (a: Part, b: Part) =>
      (percentile(a.histogram, share) ?? 0) - (percentile(b.histogram, share) ?? 0),
  }));

/** The map as a table: the same facts for those who read or sort rather than look. */
export function MapTable({ map, minutes, onSelect }: MapTableProps) {
  const t = useText();
  const callees = (node: MapNode) =>
    map.edges
      .filter((edge) => edge.source === node.id)
      .map((edge) => map.nodes.find((candidate) => candidate.id === edge.target)?.name ?? '')
      .map((name) => shorten(name, 40))
      .join(', ');
  return (
    <DataTable
      title={t('map.nodes')}
      items={map.nodes.filter((node) => !node.isClient)}
      trackBy={(node) => node.id}
      empty={t('map.nothing')}
      filter
      sort={{ column: 'own', descending: true }}
      columns={[
        {
          id: 'name',
          header: t('column.name'),
          sortingField: 'name',
          minWidth: 150,
          cell: (node) => (
            <Button variant="inline-link" onClick={() => onSelect({ node: node.id })}>
              {shorten(node.name)}
            </Button>
          ),
        },
        {
          id: 'type',
          header: t('column.type'),
          sortingField: 'type',
          cell: (node) => <span>{typeLabel(node.type) || '-'}</span>,
        },
        ...timeColumns<MapNode>(t),
        {
          id: 'own',
          header: t('map.mean-own'),
          cell: (node) => formatDuration(node.ownSeconds),
          sortingComparator: (a, b) => (a.ownSeconds ?? 0) - (b.ownSeconds ?? 0),
        },
        {
          id: 'calls',
          header: t('map.calls-per-minute'),
          cell: (node) => (
            <Go
              to="/traces"
              search={{ filter: serviceCondition({ name: node.name, type: '' }), sort: 'slow' }}
              title={`${t('page.traces')}: ${formatCount(node.shares.total)}`}
            >
              {perMinute(node.shares.total, minutes)}
            </Go>
          ),
          sortingComparator: (a, b) => a.shares.total - b.shares.total,
        },
        ...(['error', 'throttle', 'fault'] as const).map((outcome) => ({
          id: outcome,
          header: t(`outcome.${outcome}`),
          cell: (node: MapNode) => formatShare(node.shares[outcome], node.shares.total),
          sortingComparator: (a: MapNode, b: MapNode) => a.shares[outcome] - b.shares[outcome],
        })),
        { id: 'calls-to', header: t('map.calls-to'), cell: (node) => <span>{callees(node) || '-'}</span> },
      ]}
    />
  );
}

/** The lines of the map: who calls whom, as the caller sees it. */
export function EdgeTable({ map, minutes, onSelect }: MapTableProps) {
  const t = useText();
  const names = new Map(map.nodes.map((node) => [node.id, node.isClient ? t('map.client') : node.name]));
  const nameOf = (edge: MapEdge) =>
    `${shorten(names.get(edge.source) ?? '', 60)} → ${shorten(names.get(edge.target) ?? '', 60)}`;
  const share = (edge: MapEdge, part: number) => formatShare(part, edge.shares.total);
  return (
    <DataTable
      title={t('map.edges')}
      items={map.edges}
      trackBy={(edge) => edge.id}
      empty={t('map.nothing')}
      filter
      sort={{ column: 'calls', descending: true }}
      columns={[
        {
          id: 'name',
          header: t('map.edge'),
          minWidth: 180,
          sortingComparator: (a, b) => (nameOf(a) < nameOf(b) ? -1 : 1),
          cell: (edge) => (
            <Button variant="inline-link" onClick={() => onSelect({ edge: edge.id })}>
              {nameOf(edge)}
            </Button>
          ),
        },
        { id: 'kind', header: t('column.type'), cell: (edge) => t(edge.linked ? 'map.linked' : 'map.call') },
        ...timeColumns<MapEdge>(t),
        {
          id: 'calls',
          header: t('map.calls-per-minute'),
          cell: (edge) => perMinute(edge.shares.total, minutes),
          sortingComparator: (a, b) => a.shares.total - b.shares.total,
        },
        ...(['error', 'throttle', 'fault'] as const).map((outcome) => ({
          id: outcome,
          header: t(`outcome.${outcome}`),
          cell: (edge: MapEdge) => share(edge, edge.shares[outcome]),
          sortingComparator: (a: MapEdge, b: MapEdge) => a.shares[outcome] - b.shares[outcome],
        })),
      ]}
    />
  );
}
