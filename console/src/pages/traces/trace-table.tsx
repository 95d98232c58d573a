import Header from '@cloudscape-design/components/header';
import Pagination from '@cloudscape-design/components/pagination';
import Table from '@cloudscape-design/components/table';
import { type ReactNode, useEffect, useState } from 'react';
import type { TraceSummary } from '../../api/xray.ts';
import { formatDuration, formatExactSeconds } from '../../i18n/format.ts';
import { useText } from '../../i18n/text.ts';
import { quoted } from '../../parts/filter-text.ts';
import { Go } from '../../parts/go.tsx';
import { OutcomeMark } from '../../parts/outcome-mark.tsx';
import { useHeldRows } from '../../parts/use-held-rows.ts';
import { WaitingRows } from '../../parts/waiting-rows.tsx';
import { When } from '../../parts/when.tsx';
import { outcomeOf } from './over-time.tsx';

interface TraceTableProps {
  traces: readonly TraceSummary[];
  slowFirst: boolean;
  onSort: (slowFirst: boolean) => void;
  loading: boolean;
  onAdd: (condition: string) => void;
  empty: ReactNode;
}

const pageSize = 50;

/** The path: the host is the same in most of the rows, and its whole address is a click or a hover away. */
function shortAddress(url: string | undefined): string {
  if (!url) return '-';
  const path = url.replace(/^https?:\/\/[^/]*/, '');
  return path === '' || path === '/' ? url.replace(/^https?:\/\//, '') : path;
}

const condition = (keyword: string, value: string | undefined) => value && `${keyword} = ${quoted(value)}`;

function statusCondition(trace: TraceSummary): string {
  const status = trace.Http?.HttpStatus;
  return status ? `http.status = ${status}` : outcomeOf(trace);
}

interface AdderProps {
  condition: string | undefined;
  onAdd: (condition: string) => void;
  children: ReactNode;
}

/** A value that adds itself to the query. */
function Adder({ condition, onAdd, children }: AdderProps) {
  const t = useText();
  if (!condition) return <>{children}</>;
  return (
    <button
      type="button"
      className="hatoba-adder"
      title={t('traces.add', { condition })}
      onClick={() => onAdd(condition)}
    >
      {children}
    </button>
  );
}

/** The traces, newest first or slowest first. */
export function TraceTable({ traces, slowFirst, onSort, loading, onAdd, empty }: TraceTableProps) {
  const t = useText();
  const [page, setPage] = useState(1);
  useEffect(() => setPage(1), [slowFirst]);
  const sorted = [...traces].sort((a, b) =>
    slowFirst ? (b.ResponseTime ?? 0) - (a.ResponseTime ?? 0) : (b.StartTime ?? 0) - (a.StartTime ?? 0),
  );
  const held = useHeldRows(sorted.slice((page - 1) * pageSize, page * pageSize), traces, (trace) => trace.Id);
  const services = (trace: TraceSummary) => [
    ...new Set((trace.ServiceIds ?? []).filter((id) => id.Type !== 'client').map((id) => id.Name ?? '')),
  ];
  return (
    <div {...held.frame}>
      <Table
        items={held.rows}
        trackBy="Id"
        contentDensity="compact"
        loading={loading}
        loadingText={t('state.loading')}
        empty={empty}
        header={
          <Header variant="h2" counter={`(${traces.length})`} info={<WaitingRows count={held.waiting} />}>
            {slowFirst ? t('traces.slowest-first') : t('traces.newest-first')}
          </Header>
        }
        sortingColumn={{ sortingField: slowFirst ? 'ResponseTime' : 'StartTime' }}
        sortingDescending
        onSortingChange={({ detail }) => onSort(detail.sortingColumn.sortingField === 'ResponseTime')}
        {...(traces.length > pageSize
          ? {
              pagination: (
                <Pagination
                  currentPageIndex={page}
                  pagesCount={Math.ceil(traces.length / pageSize)}
                  onChange={({ detail }) => setPage(detail.currentPageIndex)}
                />
              ),
            }
          : {})}
        columnDefinitions={[
          {
            id: 'id',
            header: t('column.trace'),
            minWidth: 150,
            cell: (trace) => (
              <Go to="/traces/$traceId" params={{ traceId: trace.Id }} className="hatoba-mono" title={trace.Id}>
                {`${trace.Id.slice(0, 10)}…${trace.Id.slice(-8)}`}
              </Go>
            ),
          },
          {
            id: 'start',
            header: t('column.started'),
            sortingField: 'StartTime',
            cell: (trace) => <When at={trace.StartTime} />,
          },
          {
            id: 'time',
            header: t('column.response-time'),
            sortingField: 'ResponseTime',
            cell: (trace) => (
              <strong title={formatExactSeconds(trace.ResponseTime)}>{formatDuration(trace.ResponseTime)}</strong>
            ),
          },
          {
            id: 'status',
            header: t('column.status'),
            cell: (trace) => (
              <span className="hatoba-nowrap">
                <Adder condition={statusCondition(trace)} onAdd={onAdd}>
                  <OutcomeMark outcome={outcomeOf(trace)} text={String(trace.Http?.HttpStatus ?? '')} />
                </Adder>
                {trace.IsPartial ? ` ${t('traces.in-progress')}` : ''}
              </span>
            ),
          },
          {
            id: 'url',
            header: t('traces.request'),
            cell: (trace) => (
              <span className="hatoba-one-line">
                <Adder condition={condition('http.method', trace.Http?.HttpMethod)} onAdd={onAdd}>
                  {trace.Http?.HttpMethod}
                </Adder>
                <Adder condition={condition('http.url', trace.Http?.HttpURL)} onAdd={onAdd}>
                  {shortAddress(trace.Http?.HttpURL)}
                </Adder>
              </span>
            ),
          },
          {
            id: 'nodes',
            // As much as the others leave: names that have no room are shortened.
            width: '100%',
            header: t('column.nodes'),
            cell: (trace) => (
              <span className="hatoba-chips" title={services(trace).join(', ')}>
                {services(trace).map((name) => (
                  <button
                    type="button"
                    key={name}
                    title={t('traces.add', { condition: `service(${quoted(name)})` })}
                    onClick={() => onAdd(`service(${quoted(name)})`)}
                  >
                    {name}
                  </button>
                ))}
              </span>
            ),
          },
        ]}
      />
    </div>
  );
}
