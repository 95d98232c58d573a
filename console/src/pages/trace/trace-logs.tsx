import { filterLogEvents, type LogEvent } from '../../api/logs.ts';
import { describeLogGroups } from '../../api/logs.ts';
import type { Scope } from '../../api/request.ts';
import { useLive } from '../../app/scope.ts';
import { rangeAround } from '../../app/time-range.ts';
import { useText } from '../../i18n/text.ts';
import { Go } from '../../parts/go.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { Empty } from '../../parts/states.tsx';
import { When } from '../../parts/when.tsx';
import type { BuiltTrace } from './build-trace.ts';
import { type TaskOfTrace, useTasksOfTrace } from './tasks-of-trace.ts';

const mostGroups = 30;

interface FoundLine extends LogEvent {
  group: string;
  /** The line names the trace; otherwise its task wrote it while the request ran. */
  named: boolean;
}

/** Lines that name the trace in either form of its id, and what its tasks wrote meanwhile. */
async function findLines(
  scope: Scope,
  query: { traceId: string; start: number; end: number; tasks: readonly TaskOfTrace[] },
  signal: AbortSignal,
): Promise<FoundLine[]> {
  const groups = (await describeLogGroups(scope, signal)).slice(0, mostGroups).map((group) => group.logGroupName);
  const hex = query.traceId.slice(2).replace('-', '');
  const pattern = `?"${query.traceId}" ?"${hex}"`;
  const ids = query.tasks.map((task) => task.id);
  const perGroup = await Promise.all(
    groups.map(async (group) => {
      const window = { group, start: query.start - 1000, end: query.end + 5000, limit: 200 };
      const named = await filterLogEvents(scope, { ...window, pattern }, signal);
      const meanwhile =
        ids.length === 0 ? [] : (await filterLogEvents(scope, { ...window, end: query.end + 500 }, signal)).events;
      const ofTasks = meanwhile.filter((event) => ids.some((id) => event.logStreamName?.endsWith(id)));
      return [
        ...named.events.map((event) => ({ ...event, group, named: true })),
        ...ofTasks.map((event) => ({ ...event, group, named: false })),
      ];
    }),
  );
  const key = (line: FoundLine) => line.eventId ?? `${line.group} ${line.logStreamName} ${line.timestamp} ${line.message}`;
  const distinct = new Map<string, FoundLine>();
  for (const line of perGroup.flat()) if (!distinct.get(key(line))?.named) distinct.set(key(line), line);
  return [...distinct.values()].sort((a, b) => a.timestamp - b.timestamp);
}

export function TraceLogs({ traceId, built }: { traceId: string; built: BuiltTrace }) {
  const t = useText();
  const tasks = useTasksOfTrace(built);
  const lines = useLive(
    ['trace-logs', traceId, built.rows.size],
    ({ scope, signal }) => findLines(scope, { traceId, start: built.start * 1000, end: built.end * 1000, tasks }, signal),
    { ranged: false, refreshMs: 15_000 },
  );
  const range = rangeAround(built.start * 1000, built.end * 1000, 5000);
  return (
    <QueryView query={lines}>
      {(found) =>
        found.length === 0 ? (
          <Empty title={t('trace.no-logs')}>
            {t('trace.no-logs-hint')} <Go to="/logs" search={{ range } as never}>{t('page.logs')}</Go>
          </Empty>
        ) : (
          <table className="hatoba-lines">
            <tbody>
              {found.map((line) => (
                <tr key={`${line.eventId} ${line.timestamp} ${line.message}`} className={line.named ? 'hatoba-line-named' : ''}>
                  <td>
                    <When at={line.timestamp} milliseconds />
                  </td>
                  <td>
                    <Go
                      to="/logs"
                      search={{ group: line.group, ...(line.logStreamName ? { stream: line.logStreamName } : {}), range } as never}
                      title={line.logStreamName ?? ''}
                    >
                      {line.logStreamName?.split('/').slice(0, -1).join('/') || line.group}
                    </Go>
                  </td>
                  <td className="hatoba-line-text">{line.message}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )
      }
    </QueryView>
  );
}
