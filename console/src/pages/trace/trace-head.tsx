import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import { memo, useMemo } from 'react';
import type { UsageOfTrace } from '../../api/trace-context.ts';
import { formatDuration } from '../../i18n/format.ts';
import { useText } from '../../i18n/text.ts';
import { Go } from '../../parts/go.tsx';
import { OutcomeMark } from '../../parts/outcome-mark.tsx';
import { useServiceOf } from '../../parts/service-of.ts';
import { When } from '../../parts/when.tsx';
import type { BuiltTrace } from './build-trace.ts';
import { LinkedTraces, useLinkedTraces } from './linked-traces.tsx';
import { useTasksOfTrace } from './tasks-of-trace.ts';
import { usageWords } from './trace-lanes.tsx';
import { useTraceContext } from './use-trace.ts';

interface TraceHeadProps {
  built: BuiltTrace;
  onSelect: (segment: string, tab?: string) => void;
}

/** The request in one line of facts, and in words what is wrong with it. */
export const TraceHead = memo(function TraceHead({ built, onSelect }: TraceHeadProps) {
  const t = useText();
  const serviceOf = useServiceOf();
  const tasks = useTasksOfTrace(built);
  const links = useLinkedTraces(built);
  const usage = useTraceContext(built).data?.usage ?? [];
  const root = built.roots[0];
  const { method, url, status, clientIp } = built.request;
  const services = useMemo(() => [...new Set([...built.rows.values()].map((row) => row.service))], [built]);
  const facts: [string, React.ReactNode][] = [
    [t('column.method'), method || '-'],
    [
      'URL',
      <span key="url" className="hatoba-wrap">
        {url || '-'}
      </span>,
    ],
    [
      t('column.status'),
      root ? <OutcomeMark key="status" outcome={root.outcome} text={status ? String(status) : '-'} /> : '-',
    ],
    [t('column.response-time'), <strong key="time">{formatDuration(root ? root.end - root.start : undefined)}</strong>],
    [t('trace.duration'), formatDuration(built.end - built.start)],
    [t('column.started'), <When key="when" at={built.start} milliseconds />],
    [t('trace.client'), clientIp || '-'],
    [
      t('trace.services'),
      <span key="services" className="hatoba-inline-list">
        {services.map((name) => {
          const service = serviceOf(name);
          return service ? (
            <Go key={name} to="/services/$cluster/$service" params={service}>
              {name}
            </Go>
          ) : (
            <span key={name}>{name}</span>
          );
        })}
      </span>,
    ],
    ...(tasks.length > 0
      ? ([
          [
            t('trace.tasks'),
            <span key="tasks" className="hatoba-inline-list">
              {tasks.map((task) => (
                <Go key={task.arn} to="/tasks/$cluster/$task" params={{ cluster: task.cluster, task: task.id }}>
                  {`${task.service ? `${task.service} ` : ''}${task.id.slice(0, 8)}`}
                </Go>
              ))}
            </span>,
          ],
        ] as [string, React.ReactNode][])
      : []),
    ...(usage.length > 0
      ? ([
          [
            t('trace.usage'),
            <span key="usage" title={t('lane.usage-hint')}>
              {usageWords(t, highest(usage))}
            </span>,
          ],
        ] as [string, React.ReactNode][])
      : []),
    ...(links.length > 0
      ? ([
          [
            t('trace.linked'),
            <span key="links" className="hatoba-inline-list">
              <LinkedTraces built={built} links={links.slice(0, linksMax)} />
            </span>,
          ],
        ] as [string, React.ReactNode][])
      : []),
  ];
  return (
    <div>
      <dl className="hatoba-facts hatoba-facts-wide">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <Trouble built={built} onSelect={onSelect} />
    </div>
  );
});

const linksMax = 6;

/** The most that any of the services or tasks used. */
function highest(usage: readonly UsageOfTrace[]): Partial<UsageOfTrace> {
  const most = (values: readonly (number | undefined)[]) => {
    const known = values.filter((value) => value !== undefined);
    return known.length > 0 ? Math.max(...known) : undefined;
  };
  const [cpuPercent, memoryPercent] = [
    most(usage.map((one) => one.cpuPercent)),
    most(usage.map((one) => one.memoryPercent)),
  ];
  return {
    ...(cpuPercent === undefined ? {} : { cpuPercent }),
    ...(memoryPercent === undefined ? {} : { memoryPercent }),
  };
}

/** What is wrong, in words, each with the place to look at: exceptions first, then one that takes most of the time. */
function Trouble({ built, onSelect }: TraceHeadProps) {
  const t = useText();
  const { troubles } = built;
  const most = built.ownTimes[0];
  const slow = most && most.seconds >= 1 && most.seconds > (built.end - built.start) / 2 ? most : undefined;
  if (troubles.length === 0 && !slow) return null;
  return (
    <Alert type={troubles.length > 0 ? 'error' : 'warning'} header={t('trace.trouble')}>
      <ul className="hatoba-plain-list">
        {troubles.slice(0, 4).map(({ row, type, message }) => (
          <li key={row.id}>
            <span className="hatoba-clamp">
              <strong>{row.service}</strong>
              {row.kind === 'segment' ? '' : ` → ${row.callee?.name ?? row.name}`}: {`${type} ${message}`.trim()}
            </span>
            <Button variant="inline-link" onClick={() => onSelect(row.id, 'exceptions')}>
              {t('trace.show-exception')}
            </Button>
          </li>
        ))}
        {slow && (
          <li>
            {t('trace.slow-part', {
              name: slow.name,
              time: formatDuration(slow.seconds),
              whole: formatDuration(built.end - built.start),
            })}{' '}
            <Button variant="inline-link" onClick={() => onSelect(slow.row.id, 'overview')}>
              {t('trace.show-row')}
            </Button>
          </li>
        )}
      </ul>
    </Alert>
  );
}
