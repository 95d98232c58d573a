import { Fragment, useState } from 'react';
import type { LogEvent } from '../../api/logs.ts';
import { useText } from '../../i18n/text.ts';
import { LineText, StreamLink } from '../../parts/log-lines.tsx';
import { When } from '../../parts/when.tsx';
import { LineDetails } from './line-details.tsx';
import type { LineValue } from './line-values.ts';

interface OpenLinesProps {
  events: readonly LogEvent[];
  group: string;
  onNarrow: (value: LineValue, mode: 'include' | 'exclude') => void;
}

/** Lines that open: a button before each, `j` and `k` go from one to the next, Enter opens it. */
export function OpenLines({ events, group, onNarrow }: OpenLinesProps) {
  const t = useText();
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  if (events.length === 0) return <p className="hatoba-soft">{t('logs.nothing')}</p>;
  const toggle = (key: string) =>
    setOpen((before) => {
      const after = new Set(before);
      if (!after.delete(key)) after.add(key);
      return after;
    });
  return (
    <table className="hatoba-lines">
      <tbody>
        {events.map((event, index) => {
          const key = event.eventId ?? `${event.timestamp} ${index}`;
          const isOpen = open.has(key);
          return (
            <Fragment key={key}>
              <tr>
                <td>
                  <button
                    type="button"
                    className="hatoba-row-toggle"
                    data-row
                    aria-expanded={isOpen}
                    aria-label={t('logs.open')}
                    onClick={() => toggle(key)}
                  >
                    {isOpen ? '▾' : '▸'}
                  </button>
                </td>
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
              {isOpen && (
                <tr>
                  <td colSpan={event.logStreamName ? 4 : 3}>
                    <LineDetails event={event} group={group} onNarrow={onNarrow} />
                  </td>
                </tr>
              )}
            </Fragment>
          );
        })}
      </tbody>
    </table>
  );
}
