import { useInfiniteQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import { getTraceSummaries, type TraceSummary } from '../../api/xray.ts';
import { refreshMs, useScope, useTimeRange } from '../../app/scope.ts';
import { resolveRange } from '../../app/time-range.ts';

/** Listed without being asked; more on request. */
const listedAtFirst = 500;
/** A long list is read page by page: renewing it costs as much as reading it. */
const longListRefreshMs = 20_000;

/** Summaries page by page, newest first, shown as they come. One range for all pages of one run. */
export function useSummaries(filter: string) {
  const scope = useScope();
  const { text, live } = useTimeRange();
  const [wanted, setWanted] = useState(listedAtFirst);
  const query = useInfiniteQuery({
    queryKey: ['summaries', scope.account, scope.region, text, filter],
    initialPageParam: null as { token: string; start: number; end: number } | null,
    queryFn: async ({ pageParam, signal }) => {
      const readAtMs = Date.now();
      const range = pageParam ?? resolveRange(text, readAtMs);
      const page = await getTraceSummaries(scope, { ...range, filter, token: pageParam?.token ?? null }, signal);
      return { ...page, start: range.start, end: range.end, readAtMs };
    },
    getNextPageParam: (page) =>
      page.NextToken ? { token: page.NextToken, start: page.start, end: page.end } : undefined,
    refetchInterval: (state) => {
      if (!live) return false;
      return (state.state.data?.pages.length ?? 0) > 2 ? longListRefreshMs : refreshMs;
    },
    placeholderData: (before) => before,
    retry: false,
  });

  const pages = query.data?.pages;
  const traces = useMemo(() => {
    const byId = new Map<string, TraceSummary>();
    for (const page of pages ?? []) for (const trace of page.TraceSummaries ?? []) byId.set(trace.Id, trace);
    return [...byId.values()];
  }, [pages]);

  const { hasNextPage, isFetching, fetchNextPage, isError } = query;
  const wantsMore = hasNextPage && traces.length < wanted;
  useEffect(() => {
    if (wantsMore && !isFetching && !isError) fetchNextPage();
  }, [wantsMore, isFetching, isError, fetchNextPage]);

  return {
    traces,
    scanned: Math.max(traces.length, ...(pages ?? []).map((page) => page.TracesProcessedCount ?? 0)),
    /** All pages show what was stored when the first one was read. */
    readAtMs: pages?.[0]?.readAtMs ?? 0,
    error: query.error,
    loading: query.isPending,
    loadingMore: query.isFetchingNextPage,
    hasMore: hasNextPage,
    loadMore: () => setWanted(traces.length + listedAtFirst),
    cancel: () => setWanted(0),
    retry: () => query.refetch(),
  };
}
