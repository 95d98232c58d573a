import type { LogEvent } from '../api/logs.ts';
import { useText } from '../i18n/text.ts';
import { traceIdOf } from '../pages/trace/trace-id.ts';
import { Go } from './go.tsx';
import { When } from './when.tsx';

/** Log lines with links to their stream and, where they name one, to their trace. */
export function LogLines({ events }: { events: readonly LogEvent[] }) {
  const t = useText();
  if (events.length === 0) return <p className="hatoba-soft">{t('logs.nothing')}</p>;
  return (
    <table className="hatoba-lines">
      <tbody>
        {events.map((event, index) => (
          <tr key={event.eventId ?? `${event.timestamp} ${index}`}>
            <td>
              <When at={event.timestamp} milliseconds />
            </td>
            {event.logStreamName && (
              <td>
                <StreamLink event={event} />
              </td>
            )}
            <td className="hatoba-line-text">
              <LineText message={event.message} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The stream by its last parts, in full on hover. */
export function StreamLink({ event }: { event: LogEvent }) {
  const stream = event.logStreamName ?? '';
  const parts = stream.split('/');
  const short = parts.length > 2 ? `${parts.at(-2)}/${parts.at(-1)?.slice(0, 8)}` : stream;
  return event.logGroupName ? (
    <Go to="/logs" search={{ group: event.logGroupName, stream }} title={stream}>
      {short}
    </Go>
  ) : (
    <span title={stream}>{short}</span>
  );
}

/** The line as plain text; a trace id in it becomes a link. */
export function LineText({ message }: { message: string }) {
  const t = useText();
  const traceId = traceIdOf(message);
  return (
    <>
      {message}
      {traceId && (
        <>
          {' '}
          <Go to="/traces/$traceId" params={{ traceId }} title={traceId}>
            {t('logs.to-trace')}
          </Go>
        </>
      )}
    </>
  );
}
