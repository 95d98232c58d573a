import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useTimeRange } from '../../app/scope.ts';
import { formatCount, formatDuration } from '../../i18n/format.ts';
import { useText } from '../../i18n/text.ts';
import { addToFilter, between } from '../../parts/filter-text.ts';
import { Histogram, toBins } from '../../parts/histogram.tsx';
import { Page } from '../../parts/page.tsx';
import { ErrorBox } from '../../parts/states.tsx';
import { NothingYet } from '../map/nothing-yet.tsx';
import { traceIdOf } from '../trace/trace-id.ts';
import { CompleteMark } from './complete-mark.tsx';
import { countFacets } from './count-facets.ts';
import { Facets } from './facets.tsx';
import { FilterBar, syntaxErrorOf } from './filter-bar.tsx';
import { OverTime } from './over-time.tsx';
import { Scatter } from './scatter.tsx';
import { readSelection, writeSelection } from './selection.ts';
import { TraceTable } from './trace-table.tsx';
import { useSummaries } from './use-summaries.ts';
import { WhyDifferent } from './why-different.tsx';

export function TracesPage() {
  const t = useText();
  const search = useSearch({ from: '/traces' });
  const navigate = useNavigate({ from: '/traces' });
  const filter = search.filter ?? '';
  const summaries = useSummaries(filter);
  const { traces, error } = summaries;
  const facets = useMemo(() => countFacets(traces), [traces]);
  const bins = useMemo(() => toBins(traces.map((trace) => ({ value: trace.ResponseTime ?? 0, count: 1 }))), [traces]);
  const { now, text } = useTimeRange();
  const slowest = useMemo(() => Math.max(0, ...traces.map((trace) => trace.ResponseTime ?? 0)), [traces]);

  const run = (text: string) => {
    const traceId = traceIdOf(text);
    if (traceId && !text.includes('"')) navigate({ to: '/traces/$traceId', params: { traceId } });
    else navigate({ search: (before) => ({ ...before, filter: text.trim() || undefined }) });
  };
  const selection = readSelection(search.select);
  const select = (chosen: string | undefined) =>
    navigate({ search: (before) => ({ ...before, select: chosen }), replace: true });
  const add = (condition: string) => run(addToFilter(filter, condition));

  return (
    <Page
      title={t('page.traces')}
      description={
        summaries.loading ? (
          t('state.loading')
        ) : summaries.readAtMs === 0 ? null : (
          <>
            {t(traces.length > 0 ? 'traces.counts' : 'traces.counts-none', {
              shown: formatCount(traces.length),
              scanned: formatCount(summaries.scanned),
              slowest: formatDuration(slowest),
            })}{' '}
            <CompleteMark traces={traces} readAtMs={summaries.readAtMs} />
          </>
        )
      }
      actions={
        summaries.loadingMore ? (
          <Button onClick={summaries.cancel}>{t('action.cancel')}</Button>
        ) : summaries.hasMore ? (
          <Button onClick={summaries.loadMore}>{t('traces.more')}</Button>
        ) : null
      }
    >
      <SpaceBetween size="m">
        <FilterBar filter={filter} facets={facets} onRun={run} error={error} />
        {error && syntaxErrorOf(error) === undefined && <ErrorBox error={error} onRetry={summaries.retry} />}
        <div className="hatoba-traces">
          <Facets facets={facets} total={traces.length} isPart={summaries.hasMore} onAdd={add} />
          <SpaceBetween size="m">
            {traces.length > 0 && (
              <div className="hatoba-two">
                <OverTime
                  traces={traces}
                  range={now()}
                  key={text}
                  onRange={(range) => navigate({ search: (before) => ({ ...before, range }) as never })}
                />
                <div>
                  <div className="hatoba-label">{t('traces.response-times')}</div>
                  <Histogram
                    bins={bins}
                    label={t('traces.response-times')}
                    onMark={(range) => add(between(range.from, range.to))}
                  />
                </div>
              </div>
            )}
            {traces.length > 0 && (
              <Scatter
                traces={traces}
                range={now()}
                selection={selection}
                onSelect={(chosen) => select(chosen && writeSelection(chosen))}
                drawing={search.drawing === 'heat' || search.drawing === 'points' ? search.drawing : undefined}
                onDrawing={(drawing) => navigate({ search: (before) => ({ ...before, drawing }), replace: true })}
              />
            )}
            {selection && traces.length > 0 && (
              <WhyDifferent traces={traces} selection={selection} onAdd={add} onClear={() => select(undefined)} />
            )}
            <TraceTable
              traces={traces}
              slowFirst={search.sort === 'slow'}
              onSort={(slowFirst) =>
                navigate({ search: (before) => ({ ...before, sort: slowFirst ? 'slow' : undefined }), replace: true })
              }
              loading={summaries.loading}
              onAdd={add}
              empty={error ? t('traces.not-read') : filter ? t('traces.no-match') : <NothingYet />}
            />
          </SpaceBetween>
        </div>
      </SpaceBetween>
    </Page>
  );
}
