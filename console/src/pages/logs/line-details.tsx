import Button from '@cloudscape-design/components/button';
import { useState } from 'react';
import { getLogContext, type LogEvent } from '../../api/logs.ts';
import { useLive } from '../../app/scope.ts';
import { useText } from '../../i18n/text.ts';
import { Go } from '../../parts/go.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { When } from '../../parts/when.tsx';
import { traceIdOf } from '../trace/trace-id.ts';
import { type LineValue, valuesOfLine } from './line-values.ts';

const aroundFirst = 10;

interface LineDetailsProps {
  event: LogEvent;
  group: string;
  onNarrow: (value: LineValue, mode: 'include' | 'exclude') => void;
}

/** One line opened: its values to search by, its trace, and what its stream said before and after. */
export function LineDetails({ event, group, onNarrow }: LineDetailsProps) {
  const t = useText();
  const [around, setAround] = useState(0);
  const traceId = traceIdOf(event.message);
  return (
    <div className="hatoba-line-details">
      <div className="hatoba-inline-list">
        {traceId && (
          <Go to="/traces/$traceId" params={{ traceId }} className="hatoba-primary">
            {t('logs.to-trace')}
          </Go>
        )}
        {event.logStreamName && (
          <Go to="/logs" search={{ group, stream: event.logStreamName }}>
            {event.logStreamName}
          </Go>
        )}
        {event.logStreamName && (
          <Button variant="inline-link" onClick={() => setAround(around === 0 ? aroundFirst : around * 3)}>
            {around === 0 ? t('logs.context', { count: aroundFirst }) : t('logs.context', { count: around * 3 })}
          </Button>
        )}
      </div>
      <Values event={event} onNarrow={onNarrow} />
      {around > 0 && event.logStreamName && (
        <Context event={event} group={group} stream={event.logStreamName} around={around} />
      )}
    </div>
  );
}

function Values({ event, onNarrow }: Pick<LineDetailsProps, 'event' | 'onNarrow'>) {
  const t = useText();
  const values = valuesOfLine(event.message);
  if (values.length === 0) return null;
  return (
    <ul className="hatoba-values" aria-label={t('logs.values')}>
      {values.map((value) => (
        <li key={`${value.path ?? value.key ?? ''} ${value.text}`}>
          <span className="hatoba-soft">{value.path ?? value.key ?? ''}</span>
          <span className="hatoba-value-text" title={value.text}>
            {value.text}
          </span>
          <button
            type="button"
            aria-label={t('logs.include', { value: value.text })}
            title={t('logs.include', { value: value.text })}
            onClick={() => onNarrow(value, 'include')}
          >
            +
          </button>
          <button
            type="button"
            aria-label={t('logs.exclude', { value: value.text })}
            title={t('logs.exclude', { value: value.text })}
            onClick={() => onNarrow(value, 'exclude')}
          >
            −
          </button>
        </li>
      ))}
    </ul>
  );
}

interface ContextProps {
  event: LogEvent;
  group: string;
  stream: string;
  around: number;
}

function Context({ event, group, stream, around }: ContextProps) {
  const context = useLive(
    ['log-context', group, stream, event.timestamp, around],
    ({ scope, signal }) => getLogContext(scope, { group, stream, timestamp: event.timestamp }, around, signal),
    { ranged: false, refreshMs: false },
  );
  return (
    <QueryView query={context}>
      {(lines) => (
        <table className="hatoba-lines">
          <tbody>
            {lines.map((line, index) => (
              <tr
                key={line.eventId ?? `${line.timestamp} ${index}`}
                className={
                  line.timestamp === event.timestamp && line.message === event.message ? 'hatoba-line-named' : ''
                }
              >
                <td>
                  <When at={line.timestamp} milliseconds />
                </td>
                <td className="hatoba-line-text">{line.message}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </QueryView>
  );
}
