import Tabs from '@cloudscape-design/components/tabs';
import type { ReactNode } from 'react';
import { formatCount, formatDuration, formatPercent } from '../../i18n/format.ts';
import { useText } from '../../i18n/text.ts';
import { serviceCondition } from '../../parts/filter-text.ts';
import { Go } from '../../parts/go.tsx';
import { OutcomeMark } from '../../parts/outcome-mark.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { SidePanel } from '../../parts/side-panel.tsx';
import { Loading } from '../../parts/states.tsx';
import { Tree } from '../../parts/tree.tsx';
import { When } from '../../parts/when.tsx';
import { typeLabel } from '../map/node-type.ts';
import type { BuiltTrace, TraceRow } from './build-trace.ts';
import { Exceptions } from './exceptions.tsx';
import { LinkedTraces, useLinkedTraces } from './linked-traces.tsx';
import type { Standing } from './percentiles.ts';
import type { SegmentDocument } from './trace-document.ts';
import { type PartOfTrace, usePartDocument, useStandings } from './use-trace.ts';

interface SegmentPanelProps {
  row: TraceRow;
  built: BuiltTrace;
  tab: string;
  onTab: (tab: string) => void;
  onSelect: (segment: string, tab?: string) => void;
  onClose: () => void;
}

/** Everything that is known of one segment, subsegment or call. Its document is read when it is looked at. */
export function SegmentPanel({ row, built, tab, onTab, onSelect, onClose }: SegmentPanelProps) {
  const t = useText();
  const part = usePartDocument(built, row.id);
  const standing = useStandings(built)(row);
  return (
    <SidePanel
      title={row.callee && row.callee.name !== row.name ? `${row.name} → ${row.callee.name}` : row.name}
      description={
        row.kind === 'segment' ? typeLabel(part.data?.document?.origin ?? '') : t('segment.of', { name: row.service })
      }
      onClose={onClose}
    >
      <QueryView query={part}>
        {(found) => (
          <Details
            row={row}
            built={built}
            standing={standing}
            part={found}
            tab={tab}
            onTab={onTab}
            onSelect={onSelect}
          />
        )}
      </QueryView>
    </SidePanel>
  );
}

interface DetailsProps {
  row: TraceRow;
  built: BuiltTrace;
  standing: Standing | undefined;
  part: PartOfTrace;
  tab: string;
  onTab: (tab: string) => void;
  onSelect: (segment: string, tab?: string) => void;
}

function Details({ row, built, standing, part: { document, exceptions }, tab, onTab, onSelect }: DetailsProps) {
  const t = useText();
  // While the next document is on its way, the one before must not be taken for it.
  if (!document || document.id !== row.id) return <Loading />;
  const has = (value: object | undefined) => value !== undefined && value !== null && Object.keys(value).length > 0;
  const tabs: { id: string; label: string; content: ReactNode; shown: boolean }[] = [
    {
      id: 'overview',
      label: t('segment.overview'),
      content: <OverviewTab row={row} built={built} standing={standing} document={document} />,
      shown: true,
    },
    {
      id: 'exceptions',
      label: `${t('segment.exceptions')} (${exceptions.reduce((sum, chain) => sum + chain.length, 0)})`,
      content: (
        <Exceptions chains={exceptions} cause={document.cause} rowOf={(id) => built.rows.get(id)} onSelect={onSelect} />
      ),
      shown: exceptions.length > 0 || tab === 'exceptions',
    },
    {
      id: 'resources',
      label: t('segment.resources'),
      content: <Tree value={{ ...(document.origin ? { origin: document.origin } : {}), ...document.aws }} />,
      shown: has(document.aws) || document.origin !== undefined,
    },
    {
      id: 'annotations',
      label: t('segment.annotations'),
      content: <Annotations annotations={document.annotations ?? {}} />,
      shown: has(document.annotations),
    },
    {
      id: 'metadata',
      label: t('segment.metadata'),
      content: <Tree value={document.metadata} />,
      shown: has(document.metadata),
    },
    { id: 'sql', label: 'SQL', content: <Sql sql={document.sql ?? {}} />, shown: has(document.sql) },
    {
      id: 'raw',
      label: t('segment.raw'),
      content: <pre className="hatoba-raw">{JSON.stringify(document, null, 2)}</pre>,
      shown: true,
    },
  ];
  const shown = tabs.filter((candidate) => candidate.shown);
  return (
    <Tabs
      tabs={shown.map(({ id, label, content }) => ({ id, label, content }))}
      activeTabId={shown.some((candidate) => candidate.id === tab) ? tab : 'overview'}
      onChange={({ detail }) => onTab(detail.activeTabId)}
      disableContentPaddings={false}
    />
  );
}

/** The statement as it was written, then what else is known of the database. */
function Sql({ sql: { sanitized_query: query, ...rest } }: { sql: Record<string, unknown> }) {
  return (
    <>
      {typeof query === 'string' && <pre className="hatoba-raw hatoba-sql">{query}</pre>}
      <Tree value={rest} />
    </>
  );
}

interface OverviewTabProps {
  row: TraceRow;
  built: BuiltTrace;
  standing: Standing | undefined;
  document: SegmentDocument;
}

function OverviewTab({ row, built, standing, document }: OverviewTabProps) {
  const t = useText();
  const linked = useLinkedTraces(built).filter(({ ownId }) => ownId === row.id);
  const stored = new Set(linked.map(({ traceId }) => traceId));
  const request = document.http?.request ?? {};
  const response = document.http?.response ?? {};
  const plain = (value: unknown) => (value === undefined ? undefined : String(value));
  const facts: [string, ReactNode][] = [
    [t('column.status'), <OutcomeMark key="o" outcome={row.outcome} text={plain(response.status) ?? ''} />],
    [t('segment.own-time'), <strong key="own">{t('trace.own-time', { time: formatDuration(row.ownSeconds) })}</strong>],
    [t('trace.duration'), formatDuration(row.end - row.start)],
    [
      t('segment.standing'),
      standing &&
        t(standing.isSample ? 'segment.slower-than-about' : 'segment.slower-than', {
          share: formatPercent(standing.percent),
          count: formatCount(standing.count),
          median: formatDuration(standing.medianSeconds),
        }),
    ],
    [t('column.started'), <When key="s" at={row.start} milliseconds />],
    [t('segment.ended'), row.inProgress ? t('traces.in-progress') : <When key="e" at={row.end} milliseconds />],
    [t('column.method'), plain(request.method)],
    ['URL', plain(request.url)],
    [t('trace.client'), plain(request.client_ip)],
    [t('segment.user-agent'), plain(request.user_agent)],
    [t('segment.content-length'), plain(response.content_length)],
    [t('segment.user'), document.user],
    [t('segment.namespace'), document.namespace],
    [
      'ID',
      <span key="id" className="hatoba-mono">
        {row.id}
      </span>,
    ],
  ];
  return (
    <div>
      <dl className="hatoba-facts">
        {facts
          .filter(([, value]) => value !== undefined && value !== '')
          .map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd className="hatoba-wrap">{value}</dd>
            </div>
          ))}
      </dl>
      <div className="hatoba-next">
        <Go
          to="/traces"
          search={{ filter: serviceCondition({ name: row.callee?.name ?? row.service, type: '' }), sort: 'slow' }}
        >
          {t('segment.more-traces', { name: row.callee?.name ?? row.service })}
        </Go>
        <LinkedTraces built={built} links={linked} />
        {(document.links ?? []).map((link) =>
          link.trace_id && !stored.has(link.trace_id) ? (
            <Go key={link.trace_id} to="/traces/$traceId" params={{ traceId: link.trace_id }}>
              {t('segment.linked', { id: link.trace_id })}
            </Go>
          ) : null,
        )}
      </div>
    </div>
  );
}

function Annotations({ annotations }: { annotations: Record<string, unknown> }) {
  const t = useText();
  return (
    <table className="hatoba-pairs">
      <tbody>
        {Object.entries(annotations).map(([key, value]) => (
          <tr key={key}>
            <th scope="row">{key}</th>
            <td>
              <Go
                to="/traces"
                search={{ filter: `annotation[${key}] = ${JSON.stringify(value)}` }}
                title={t('segment.same-value')}
              >
                {String(value)}
              </Go>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
