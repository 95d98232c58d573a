import { rangeAround } from '../../app/time-range.ts';
import { useText } from '../../i18n/text.ts';
import { Go } from '../../parts/go.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { Empty } from '../../parts/states.tsx';
import { When } from '../../parts/when.tsx';
import type { BuiltTrace } from './build-trace.ts';
import { traceIdOf } from './trace-id.ts';
import { useLogLines } from './use-trace.ts';

/** Lines that name the trace, and what its tasks wrote while the request ran. */
export function TraceLogs({ built }: { built: BuiltTrace }) {
  const t = useText();
  const lines = useLogLines(built);
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
                <tr
                  key={line.eventId}
                  id={`line-${line.eventId}`}
                  className={traceIdOf(line.message) === built.id ? 'hatoba-line-named' : ''}
                >
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
