import { getLogsOfTrace } from '../../api/hatoba.ts';
import { useLive } from '../../app/scope.ts';
import { rangeAround } from '../../app/time-range.ts';
import { useText } from '../../i18n/text.ts';
import { Go } from '../../parts/go.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { Empty } from '../../parts/states.tsx';
import { When } from '../../parts/when.tsx';
import type { BuiltTrace } from './build-trace.ts';
import { useTasksOfTrace } from './tasks-of-trace.ts';
import { traceIdOf } from './trace-id.ts';

/** Lines that name the trace, and what its tasks wrote while the request ran. */
export function TraceLogs({ traceId, built }: { traceId: string; built: BuiltTrace }) {
  const t = useText();
  const tasks = useTasksOfTrace(built);
  const lines = useLive(
    ['trace-logs', traceId, built.rows.size, tasks.length],
    ({ scope, signal }) =>
      getLogsOfTrace(
        scope,
        { traceId, startMs: built.start * 1000, endMs: built.end * 1000, taskArns: tasks.map((task) => task.arn) },
        signal,
      ),
    { ranged: false, refreshMs: 15_000 },
  );
  const range = rangeAround(built.start * 1000, built.end * 1000, 5000);
  return (
    <QueryView query={lines}>
      {(found) =>
        found.length === 0 ? (
          <Empty title={t('trace.no-logs')}>
            {t('trace.no-logs-hint')}{' '}
            <Go to="/logs" search={{ range } as never}>
              {t('page.logs')}
            </Go>
          </Empty>
        ) : (
          <table className="hatoba-lines">
            <tbody>
              {found.map((line) => (
                <tr key={line.eventId} className={traceIdOf(line.message) === traceId ? 'hatoba-line-named' : ''}>
                  <td>
                    <When at={line.timestampMs} milliseconds />
                  </td>
                  <td>
                    <Go
                      to="/logs"
                      search={{ group: line.logGroupName, stream: line.logStreamName, range } as never}
                      title={line.logStreamName}
                    >
                      {line.logStreamName.split('/').slice(0, -1).join('/') || line.logGroupName}
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
