import ExpandableSection from '@cloudscape-design/components/expandable-section';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { memo, useCallback, useMemo } from 'react';
import { getTraceGraph } from '../../api/xray.ts';
import { useLive } from '../../app/scope.ts';
import { formatDuration } from '../../i18n/format.ts';
import { useText } from '../../i18n/text.ts';
import { QueryView } from '../../parts/query-view.tsx';
import { buildTraceMap } from '../map/map-model.ts';
import { TraceMapPicture } from '../map/trace-map.tsx';
import { type BuiltTrace, rowToBeginWith } from './build-trace.ts';
import { RawDocuments } from './raw-documents.tsx';
import { SegmentPanel } from './segment-panel.tsx';
import { Timeline } from './timeline.tsx';
import { TraceComparison } from './trace-comparison.tsx';
import { TraceHead } from './trace-head.tsx';
import { TraceLogs } from './trace-logs.tsx';

/** The whole of one trace: what it was, its map, where the time went, its timeline, the selected part, its logs. */
export function TraceView({ built }: { built: BuiltTrace }) {
  const t = useText();
  const search = useSearch({ from: '/traces/$traceId' });
  const navigate = useNavigate({ from: '/traces/$traceId' });
  const first = useMemo(() => rowToBeginWith(built), [built]);
  const closed = search.segment === 'none';
  const selected = built.rows.get(search.segment ?? '') ?? (closed ? undefined : first);
  const tab = search.tab ?? (selected?.hasException ? 'exceptions' : 'overview');
  const select = useCallback(
    (segment: string, tab?: string) =>
      void navigate({ search: (before) => ({ ...before, segment, tab }), replace: true }),
    [navigate],
  );

  const setFilter = useCallback(
    (find: string) =>
      void navigate({ search: (before) => ({ ...before, find: find.trim() || undefined }), replace: true }),
    [navigate],
  );

  return (
    <SpaceBetween size="m">
      <TraceHead built={built} onSelect={select} />
      <div className="hatoba-trace-top">
        <section className="hatoba-box">
          <MapOfTrace built={built} onSelect={select} />
        </section>
        <section className="hatoba-box">
          <div className="hatoba-label">{t('trace.where-time-went')}</div>
          <OwnTimes built={built} onSelect={select} />
        </section>
      </div>
      <div className={selected ? 'hatoba-split' : ''}>
        <Timeline
          built={built}
          selectedId={selected?.id}
          onSelect={select}
          filter={search.find ?? ''}
          onFilter={setFilter}
        />
        {selected && (
          <SegmentPanel
            row={selected}
            built={built}
            tab={tab}
            onTab={(next) => select(selected.id, next)}
            onSelect={select}
            onClose={() => select('none')}
          />
        )}
      </div>
      <ExpandableSection headerText={t('trace.logs')} defaultExpanded variant="container">
        <TraceLogs built={built} />
      </ExpandableSection>
      <ExpandableSection
        headerText={t('compare.with')}
        variant="container"
        defaultExpanded={search.compare !== undefined}
      >
        <TraceComparison
          built={built}
          otherId={search.compare}
          onCompare={(compare) => void navigate({ search: (before) => ({ ...before, compare }), replace: true })}
          onSelect={select}
        />
      </ExpandableSection>
      <ExpandableSection headerText={t('trace.raw')} variant="container">
        <RawDocuments built={built} />
      </ExpandableSection>
    </SpaceBetween>
  );
}

/** With more of them a low map is too small to read. */
const fewNodes = 5;

interface PartOfView {
  built: BuiltTrace;
  onSelect: (id: string) => void;
}

const MapOfTrace = memo(function MapOfTrace({ built, onSelect }: PartOfView) {
  const graph = useLive(
    ['trace-map', built.id, built.revision],
    ({ scope, signal }) => getTraceGraph(scope, built.id, signal),
    { ranged: false, refreshMs: false },
  );
  return (
    <QueryView query={graph}>
      {(services) => (
        <TraceMapPicture
          map={buildTraceMap(services)}
          metric="p50"
          minutes={0}
          height={services.length > fewNodes ? 360 : 230}
          onSelect={(chosen) => {
            const name = chosen?.node?.split('~')[0];
            for (const row of built.rows.values()) {
              if ((row.callee?.name ?? (row.kind === 'segment' ? row.name : '')) === name) return onSelect(row.id);
            }
          }}
        />
      )}
    </QueryView>
  );
});

const OwnTimes = memo(function OwnTimes({ built: { ownTimes: times }, onSelect }: PartOfView) {
  const t = useText();
  const most = times[0]?.seconds ?? 0;
  return (
    <ol className="hatoba-own-times">
      {times.slice(0, 8).map((time) => (
        <li key={time.name}>
          <button type="button" onClick={() => onSelect(time.row.id)}>
            <span className="hatoba-own-name">{time.name}</span>
            <span className="hatoba-own-bar">
              <span style={{ width: `${most > 0 ? (time.seconds / most) * 100 : 0}%` }} />
            </span>
            <span className="hatoba-own-time">{t('trace.own-time', { time: formatDuration(time.seconds) })}</span>
          </button>
        </li>
      ))}
    </ol>
  );
});
