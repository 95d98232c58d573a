import Button from '@cloudscape-design/components/button';
import { useState } from 'react';
import { type LogEvent, newestLogEvents } from '../../api/logs.ts';
import { useLive, useTimeRange } from '../../app/scope.ts';
import { formatCount } from '../../i18n/format.ts';
import { useText } from '../../i18n/text.ts';
import { CountBars } from '../../parts/count-bars.tsx';
import { LogLines } from '../../parts/log-lines.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { addToPattern } from './add-to-pattern.ts';
import { LineDetails } from './line-details.tsx';
import { PatternTable } from './pattern-table.tsx';

interface FoundLinesProps {
  group: string;
  stream: string | undefined;
  pattern: string | undefined;
  view: 'lines' | 'patterns';
  onPattern: (pattern: string) => void;
}

const shownAtFirst = 500;

/** Events of the range that match, newest first, with their number over time. */
export function FoundLines({ group, stream, pattern, view, onPattern }: FoundLinesProps) {
  const t = useText();
  const { now } = useTimeRange();
  const [wanted, setWanted] = useState(shownAtFirst);
  const query = useLive(['log-events', group, stream, pattern, wanted], async ({ scope, range, signal }) => {
    const { events, complete } = await newestLogEvents(scope, { group, stream, pattern, ...range }, wanted, signal);
    const named = (event: LogEvent): LogEvent => ({
      ...event,
      logGroupName: group,
      ...(stream ? { logStreamName: stream } : {}),
    });
    return { events: events.map(named), complete };
  });
  return (
    <QueryView query={query}>
      {({ events, complete }) => {
        const more = !complete || events.length > wanted;
        return (
          <div>
            <CountBars times={events.map((event) => event.timestamp)} range={now()} label={t('logs.over-time')} />
            <p className="hatoba-soft">
              {more
                ? t('logs.newest', { count: formatCount(Math.min(wanted, events.length)) })
                : t('logs.all', { count: formatCount(events.length) })}{' '}
              {more && (
                <Button
                  variant="inline-link"
                  loading={query.isPlaceholderData}
                  onClick={() => setWanted(wanted + 2 * shownAtFirst)}
                >
                  {t('traces.more')}
                </Button>
              )}
            </p>
            {view === 'patterns' ? (
              <PatternTable
                events={events}
                range={now()}
                onNarrow={(texts, mode) =>
                  onPattern(
                    texts.reduce((all, text) => addToPattern(all, { text, kind: 'string' }, mode), pattern ?? ''),
                  )
                }
              />
            ) : (
              <LogLines
                events={events.slice(0, wanted)}
                details={(event) => (
                  <LineDetails
                    event={event}
                    group={group}
                    onNarrow={(value, mode) => onPattern(addToPattern(pattern ?? '', value, mode))}
                  />
                )}
              />
            )}
          </div>
        );
      }}
    </QueryView>
  );
}
