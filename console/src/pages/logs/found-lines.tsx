import Button from '@cloudscape-design/components/button';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { filterLogEvents, type LogEvent } from '../../api/logs.ts';
import { refreshMs, useScope, useTimeRange } from '../../app/scope.ts';
import { resolveRange } from '../../app/time-range.ts';
import { useText } from '../../i18n/text.ts';
import { CountBars } from '../../parts/count-bars.tsx';
import { LogLines } from '../../parts/log-lines.tsx';
import { ErrorBox, Loading } from '../../parts/states.tsx';

interface FoundLinesProps {
  group: string;
  stream: string | undefined;
  pattern: string | undefined;
}

const shownAtOnce = 500;

/** Events of the range that match, newest first, with their number over time. */
export function FoundLines({ group, stream, pattern }: FoundLinesProps) {
  const t = useText();
  const scope = useScope();
  const { text, live, now } = useTimeRange();
  const query = useInfiniteQuery({
    queryKey: ['log-events', scope.account, scope.region, text, group, stream, pattern],
    initialPageParam: null as { token: string; start: number; end: number } | null,
    queryFn: async ({ pageParam, signal }) => {
      const range = pageParam ?? resolveRange(text, Date.now());
      const page = await filterLogEvents(
        scope,
        { group, stream, pattern, start: range.start, end: range.end, token: pageParam?.token, limit: 2000 },
        signal,
      );
      return { ...page, start: range.start, end: range.end };
    },
    getNextPageParam: (page) =>
      page.nextToken ? { token: page.nextToken, start: page.start, end: page.end } : undefined,
    refetchInterval: live ? refreshMs : false,
    placeholderData: (before) => before,
    retry: false,
  });
  const events = useMemo(() => {
    const all = (query.data?.pages ?? []).flatMap((page) => page.events);
    return all
      .map((event): LogEvent => ({ ...event, logGroupName: group, ...(stream ? { logStreamName: stream } : {}) }))
      .sort((a, b) => b.timestamp - a.timestamp);
  }, [query.data, group, stream]);

  return (
    <div>
      {query.error && <ErrorBox error={query.error} onRetry={() => query.refetch()} />}
      {query.isPending && <Loading />}
      {query.data && (
        <>
          <CountBars times={events.map((event) => event.timestamp)} range={now()} label={t('logs.over-time')} />
          <p className="hatoba-soft">
            {t('logs.counts', { shown: Math.min(shownAtOnce, events.length), found: events.length })}{' '}
            {query.hasNextPage && (
              <Button variant="inline-link" loading={query.isFetchingNextPage} onClick={() => query.fetchNextPage()}>
                {t('traces.more')}
              </Button>
            )}
          </p>
          <LogLines events={events.slice(0, shownAtOnce)} />
        </>
      )}
    </div>
  );
}
