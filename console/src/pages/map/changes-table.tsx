import Button from '@cloudscape-design/components/button';
import { formatCount, formatDuration, formatShare } from '../../i18n/format.ts';
import { useText } from '../../i18n/text.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { shorten } from '../../parts/shorten.ts';
import { changeColour } from './change-words.ts';
import { type Compared, changes, type Measured, weightOf } from './compare-maps.ts';
import type { TraceMap } from './map-model.ts';

interface ChangesTableProps {
  map: TraceMap;
  compared: ReadonlyMap<string, Compared>;
  onSelect: (selection: { node?: string; edge?: string }) => void;
}

interface Row {
  id: string;
  name: string;
  kind: 'node' | 'edge';
  compared: Compared;
}

/** What is different, worst first: each node and edge that is new, lost, slower, failing, or better again. */
export function ChangesTable({ map, compared, onSelect }: ChangesTableProps) {
  const t = useText();
  const names = new Map(map.nodes.map((node) => [node.id, node.isClient ? t('map.client') : shorten(node.name, 60)]));
  const rows: Row[] = [
    ...map.nodes.map((node) => ({ id: node.id, kind: 'node' as const, name: names.get(node.id) ?? '' })),
    ...map.edges.map((edge) => ({
      id: edge.id,
      kind: 'edge' as const,
      name: `${names.get(edge.source) ?? ''} → ${names.get(edge.target) ?? ''}`,
    })),
  ]
    .flatMap((row) => {
      const one = compared.get(row.id);
      return one?.change ? [{ ...row, compared: one }] : [];
    })
    .sort((a, b) => weightOf(b.compared, b.kind) - weightOf(a.compared, a.kind));
  const pair = (row: Row, text: (side: Measured) => string) => (
    <span className="hatoba-nowrap">
      {`${row.compared.before ? text(row.compared.before) : '-'} → ${row.compared.after ? text(row.compared.after) : '-'}`}
    </span>
  );
  return (
    <DataTable
      title={t('map.changes')}
      description={t('map.changes-hint')}
      items={rows}
      trackBy={(row) => row.id}
      empty={t('map.no-changes')}
      pageSize={25}
      columns={[
        {
          id: 'change',
          header: t('map.change'),
          sortingComparator: (a, b) =>
            changes.indexOf(a.compared.change ?? 'new') - changes.indexOf(b.compared.change ?? 'new'),
          cell: (row) => {
            const change = row.compared.change ?? 'new';
            return (
              <strong className="hatoba-nowrap" style={{ color: changeColour[change] }}>
                {t(`change.${change}`)}
              </strong>
            );
          },
        },
        {
          id: 'name',
          header: t('column.name'),
          sortingField: 'name',
          cell: (row) => (
            <Button variant="inline-link" onClick={() => onSelect({ [row.kind]: row.id })}>
              {row.name}
            </Button>
          ),
        },
        { id: 'kind', header: t('column.type'), cell: (row) => t(row.kind === 'node' ? 'kind.node' : 'map.edge') },
        {
          id: 'time',
          header: t('map.compared-time'),
          cell: (row) => pair(row, (side) => formatDuration(side.seconds)),
        },
        {
          id: 'calls',
          header: t('map.calls-per-minute'),
          cell: (row) => pair(row, (side) => formatCount(side.callsPerMinute)),
        },
        {
          id: 'failed',
          header: t('map.compared-failed'),
          cell: (row) => pair(row, (side) => formatShare(side.failed * side.count, side.count)),
        },
      ]}
    />
  );
}
