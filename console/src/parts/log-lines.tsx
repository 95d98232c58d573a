import { Fragment, type ReactNode, useMemo, useState } from 'react';
import type { LogEvent } from '../api/logs.ts';
import { useText } from '../i18n/text.ts';
import { traceIdOf } from '../pages/trace/trace-id.ts';
import { Go } from './go.tsx';
import { useHeldRows } from './use-held-rows.ts';
import { WaitingRows } from './waiting-rows.tsx';
import { When } from './when.tsx';

interface LogLinesProps {
  events: readonly LogEvent[];
  /** What a line shows when it is opened; without it, lines do not open. `j` and `k` go from one to the next. */
  details?: (event: LogEvent) => ReactNode;
}

/** Log lines with links to their stream and, where they name one, to their trace. */
export function LogLines({ events, details }: LogLinesProps) {
  const t = useText();
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const keyed = useMemo(() => withKeys(events), [events]);
  const { rows, waiting, frame } = useHeldRows(keyed, keyed, (line) => line.key);
  if (events.length === 0) return <p className="hatoba-soft">{t('logs.nothing')}</p>;
  const toggle = (key: string) =>
    setOpen((before) => {
      const after = new Set(before);
      if (!after.delete(key)) after.add(key);
      return after;
    });
  return (
    <div className="hatoba-lines-frame" {...frame}>
      <WaitingRows count={waiting} />
      <table className="hatoba-lines">
        <tbody>
          {rows.map(({ key, event }) => (
            <Fragment key={key}>
              <tr>
                {details && <Toggle isOpen={open.has(key)} onToggle={() => toggle(key)} />}
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
              {details && open.has(key) && (
                <tr>
                  <td colSpan={event.logStreamName ? 4 : 3}>{details(event)}</td>
                </tr>
              )}
            </Fragment>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Keys that stay when newer lines come: not every answer has ids, and lines may repeat within a millisecond. */
function withKeys(events: readonly LogEvent[]): { key: string; event: LogEvent }[] {
  const seen = new Map<string, number>();
  return events.map((event) => {
    const name = event.eventId ?? `${event.timestamp} ${event.logStreamName ?? ''} ${event.message.slice(0, 200)}`;
    const times = seen.get(name) ?? 0;
    seen.set(name, times + 1);
    return { key: times === 0 ? name : `${name} ${times}`, event };
  });
}

function Toggle({ isOpen, onToggle }: { isOpen: boolean; onToggle: () => void }) {
  const t = useText();
  return (
    <td>
      <button
        type="button"
        className="hatoba-row-toggle"
        data-row
        aria-expanded={isOpen}
        aria-label={t('logs.open')}
        onClick={onToggle}
      >
        {isOpen ? '▾' : '▸'}
      </button>
    </td>
  );
}

/** The stream by its last parts, in full on hover. */
function StreamLink({ event }: { event: LogEvent }) {
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
