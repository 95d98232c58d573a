import ExpandableSection from '@cloudscape-design/components/expandable-section';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { getTraceGraph, type Trace } from '../../api/xray.ts';
import { useLive } from '../../app/scope.ts';
import { formatDuration } from '../../i18n/format.ts';
import { useText } from '../../i18n/text.ts';
import { QueryView } from '../../parts/query-view.tsx';
import { buildTraceMap } from '../map/map-model.ts';
import { TraceMapPicture } from '../map/trace-map.tsx';
import { type BuiltTrace, exceptionsOf, ownTimes, rowToBeginWith } from './build-trace.ts';
import { SegmentPanel } from './segment-panel.tsx';
import { Timeline } from './timeline.tsx';
import { TraceHead } from './trace-head.tsx';
import { TraceLogs } from './trace-logs.tsx';

/** The whole of one trace: what it was, its map, where the time went, its timeline, the selected part, its logs. */
export function TraceView({ trace, built }: { trace: Trace; built: BuiltTrace }) {
  const t = useText();
  const search = useSearch({ from: '/traces/$traceId' });
  const navigate = useNavigate({ from: '/traces/$traceId' });
  const first = useMemo(() => rowToBeginWith(built), [built]);
  const closed = search.segment === 'none';
  const selected = built.rows.get(search.segment ?? '') ?? (closed ? undefined : first);
  const tab = search.tab ?? (selected && exceptionsOf(selected, built).length > 0 ? 'exceptions' : 'overview');
  const select = (segment: string, tab?: string) =>
    navigate({ search: (before) => ({ ...before, segment, tab }), replace: true });
  const graph = useLive(['trace-map', trace.Id], ({ scope, signal }) => getTraceGraph(scope, trace.Id, signal), {
    ranged: false,
    refreshMs: 10_000,
  });

  return (
    <SpaceBetween size="m">
      <TraceHead built={built} onSelect={select} />
      <div className="hatoba-trace-top">
        <section className="hatoba-box">
          <QueryView query={graph}>
            {(services) => (
              <TraceMapPicture
                map={buildTraceMap(services)}
                metric="p50"
                minutes={0}
                height={230}
                onSelect={(chosen) => {
                  const name = chosen?.node?.split('~')[0];
                  const row = [...built.rows.values()].find(
                    (candidate) =>
                      (candidate.callee?.name ?? (candidate.kind === 'segment' ? candidate.name : '')) === name,
                  );
                  if (row) select(row.id);
                }}
              />
            )}
          </QueryView>
        </section>
        <section className="hatoba-box">
          <div className="hatoba-label">{t('trace.where-time-went')}</div>
          <OwnTimes built={built} onSelect={select} />
        </section>
      </div>
      <div className={selected ? 'hatoba-split' : ''}>
        <Timeline built={built} selectedId={selected?.id} onSelect={select} />
        {selected && (
          <SegmentPanel
            row={selected}
            built={built}
            tab={tab}
            onTab={(next) => select(selected.id, next)}
            onClose={() => select('none')}
          />
        )}
      </div>
      <ExpandableSection headerText={t('trace.logs')} defaultExpanded variant="container">
        <TraceLogs traceId={trace.Id} built={built} />
      </ExpandableSection>
      <ExpandableSection headerText={t('trace.raw')} variant="container">
        <pre className="hatoba-raw">{(trace.Segments ?? []).map((segment) => pretty(segment.Document)).join('\n')}</pre>
      </ExpandableSection>
    </SpaceBetween>
  );
}

function OwnTimes({ built, onSelect }: { built: BuiltTrace; onSelect: (id: string) => void }) {
  const t = useText();
  const times = useMemo(() => ownTimes(built), [built]);
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
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
