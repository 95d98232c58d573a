import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { usePreferences } from '../../app/preferences.tsx';
import { useScope } from '../../app/scope.ts';
import { formatTime } from '../../i18n/format.ts';
import { useText } from '../../i18n/text.ts';
import { useActiveInsights } from '../../parts/active-insights.ts';
import { Page } from '../../parts/page.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { Empty } from '../../parts/states.tsx';
import { ChangesTable } from './changes-table.tsx';
import { findNodeId, useSelection } from './find-selection.ts';
import { nodeId as nodeIdOf, slowestNode } from './map-model.ts';
import { EdgeTable, MapTable } from './map-table.tsx';
import { type MapSearch, MapToolbar } from './map-toolbar.tsx';
import { NothingYet } from './nothing-yet.tsx';
import { SelectionPanel } from './selection-panel.tsx';
import { TraceMapPicture } from './trace-map.tsx';
import { minutesOf, type ShownMap, useMap } from './use-map.ts';

export function MapPage() {
  const t = useText();
  const search: MapSearch = useSearch({ from: '/map' });
  const navigate = useNavigate({ from: '/map' });
  const { query, shown, services, group } = useMap(search);
  const set = (change: { [key in keyof MapSearch]?: string | undefined }) =>
    navigate({ search: (before) => ({ ...before, ...change }) as never, replace: true });

  return (
    <Page title={t('page.map')} actions={<MapToolbar search={search} services={services} set={set} />}>
      <QueryView query={query}>
        {() => {
          if (shown && shown.map.nodes.length > 0)
            return <MapWithPanel shown={shown} search={search} set={set} group={group} />;
          return search.show ? (
            <Empty title={t('map.nothing-of-choice')}>{t('map.nothing-of-choice-hint')}</Empty>
          ) : (
            <NothingYet />
          );
        }}
      </QueryView>
    </Page>
  );
}

interface MapWithPanelProps {
  shown: ShownMap;
  search: MapSearch;
  set: (change: { [key in keyof MapSearch]?: string | undefined }) => void;
  group: string | undefined;
}

function MapWithPanel({ shown, search, set, group }: MapWithPanelProps) {
  const scope = useScope();
  const { map, range, compared } = shown;
  const minutes = minutesOf(range);
  const open = useActiveInsights();
  const insights = useMemo(
    () => new Set(open.map(({ RootCauseServiceId: cause }) => nodeIdOf(cause?.Name ?? '', cause?.Type ?? ''))),
    [open],
  );
  const nodeId = findNodeId(map, search.node);
  const selection = useSelection(shown, { ...search, ...(nodeId ? { node: nodeId } : {}) }, group);
  const select = (chosen: { node?: string; edge?: string } | null) =>
    set({ node: chosen?.node, edge: chosen?.edge, from: undefined, to: undefined });
  const marked =
    search.from !== undefined && search.to !== undefined
      ? { from: Number(search.from), to: Number(search.to) }
      : undefined;
  return (
    <div className={selection ? 'hatoba-split' : ''}>
      <SpaceBetween size="m">
        {shown.beforeRange && <ComparedRanges shown={shown} />}
        {search.view !== 'table' && (
          <TraceMapPicture
            map={map}
            name={`${scope.account} ${scope.region} ${search.show ?? ''}`}
            metric={search.metric === 'p95' ? 'p95' : 'p50'}
            minutes={minutes}
            slowId={slowestNode(map)?.id}
            selected={nodeId ?? search.edge}
            compared={compared}
            insights={insights}
            onSelect={select}
            height={`max(360px, calc(100vh - ${compared ? 480 : shown.beforeRange ? 260 : 190}px))`}
          />
        )}
        {compared ? (
          <ChangesTable map={map} compared={compared} onSelect={select} />
        ) : search.view === 'table' ? (
          <SpaceBetween size="m">
            <MapTable map={map} minutes={minutes} onSelect={select} />
            <EdgeTable map={map} minutes={minutes} onSelect={select} />
          </SpaceBetween>
        ) : null}
      </SpaceBetween>
      {selection && (
        <SelectionPanel
          selection={selection}
          marked={marked}
          onMark={(chosen) =>
            set({
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

/** Which two ranges are compared, in full: "previous" and "after deployment 7" are words for times. */
function ComparedRanges({ shown }: { shown: ShownMap }) {
  const t = useText();
  const { utc } = usePreferences();
  const { range, beforeRange, compared } = shown;
  if (!beforeRange) return null;
  const time = (ms: number) => formatTime(ms, { utc, now: range.end });
  if (!compared) {
    return (
      <Alert type="info">{t('map.nothing-before', { from: time(beforeRange.start), to: time(beforeRange.end) })}</Alert>
    );
  }
  return (
    <Box color="text-body-secondary">
      {t('map.compared-ranges', {
        from: time(beforeRange.start),
        to: time(beforeRange.end),
        start: time(range.start),
        end: time(range.end),
      })}
    </Box>
  );
}
