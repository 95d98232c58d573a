import { keepPreviousData, type UseQueryResult, useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { getLogsOfTrace, type StoredLogEvent } from '../../api/hatoba.ts';
import { getMatches, getPartDocuments, getPercentiles, getTimeline } from '../../api/timeline.ts';
import { getTraceContext, getTraceLinks, type TraceContext, type TraceLinks } from '../../api/trace-context.ts';
import { useLive, useScope } from '../../app/scope.ts';
import { type BuiltTrace, buildTrace } from './build-trace.ts';
import { type ChainedException, chainExceptions } from './chain-exceptions.ts';
import { type Standings, standingsOf } from './percentiles.ts';
import { useTasksOfTrace } from './tasks-of-trace.ts';
import type { SegmentDocument } from './trace-document.ts';

/** A trace that was found is nearly always whole; look again now and then for late parts. */
const refreshMs = 10_000;

/** The rows of a trace. Asked again by its revision, so that a large one is sent and built once. */
export function useTrace(traceId: string): UseQueryResult<BuiltTrace | null> {
  const scope = useScope();
  const client = useQueryClient();
  const queryKey = ['timeline', traceId, scope.account, scope.region];
  return useQuery<BuiltTrace | null>({
    queryKey,
    queryFn: async ({ signal }) => {
      const known = client.getQueryData<BuiltTrace | null>(queryKey);
      const timeline = await getTimeline(scope, traceId, known?.revision, signal);
      if (timeline === 'unchanged') return known ?? null;
      return timeline && buildTrace(timeline);
    },
    refetchInterval: refreshMs,
    // Rows know their parents: what compares objects deeply would go round in circles.
    structuralSharing: false,
    retry: (failures, error) => failures < 2 && 'status' in error && (error.status === 0 || error.status === 503),
  });
}

export interface PartOfTrace {
  document: SegmentDocument | undefined;
  /** Each with what caused it. */
  exceptions: ChainedException[][];
}

/** The document of one row; the one before stays on screen until it has come. */
export function usePartDocument(trace: BuiltTrace, id: string): UseQueryResult<PartOfTrace> {
  const scope = useScope();
  return useQuery({
    queryKey: ['part', trace.id, trace.revision, id, scope.account, scope.region],
    queryFn: async ({ signal }) => {
      const found = await getPartDocuments(scope, trace.id, [id], signal);
      const document = found.documents[id];
      return { document, exceptions: document ? chainExceptions(document, found) : [] };
    },
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: keepPreviousData,
  });
}

/** Rows that a filter expression selects; nothing is asked while there is none. */
export function useMatches(trace: BuiltTrace, filter: string): UseQueryResult<ReadonlySet<string>> {
  const scope = useScope();
  return useQuery<ReadonlySet<string>>({
    queryKey: ['matches', trace.id, trace.revision, filter, scope.account, scope.region],
    queryFn: async ({ signal }) => new Set(await getMatches(scope, trace.id, filter, signal)),
    enabled: filter.trim() !== '',
    staleTime: Number.POSITIVE_INFINITY,
    structuralSharing: false,
    retry: false,
  });
}

/** How each row compares with the last 24 hours. Asked once: it hardly changes while somebody looks. */
export function useStandings(trace: BuiltTrace): Standings {
  const scope = useScope();
  const found = useQuery({
    queryKey: ['percentiles', trace.id, scope.account, scope.region],
    queryFn: ({ signal }) => getPercentiles(scope, trace.id, trace.end * 1000, signal),
    staleTime: 300_000,
  });
  return useMemo(() => standingsOf(found.data ?? []), [found.data]);
}

/** Lines that name the trace, and what its tasks wrote while the request ran. */
export function useLogLines(trace: BuiltTrace): UseQueryResult<StoredLogEvent[]> {
  const tasks = useTasksOfTrace(trace);
  return useLive(
    ['trace-logs', trace.id, trace.revision, tasks.length],
    ({ scope, signal }) =>
      getLogsOfTrace(
        scope,
        {
          traceId: trace.id,
          startMs: trace.start * 1000,
          endMs: trace.end * 1000,
          taskArns: tasks.map((task) => task.arn),
        },
        signal,
      ),
    { ranged: false, refreshMs: 15_000 },
  );
}

/** Deployments, load and ends of tasks around the trace; asked again while a deployment goes on. */
export function useTraceContext(trace: BuiltTrace): UseQueryResult<TraceContext | null> {
  const scope = useScope();
  return useQuery({
    queryKey: ['trace-context', trace.id, trace.revision, scope.account, scope.region],
    queryFn: ({ signal }) => getTraceContext(scope, trace.id, signal),
    // While the same trace grows, what is known of it stays.
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) =>
      state.data?.deployments.some(({ finishedAt }) => finishedAt === undefined) ? refreshMs : 6 * refreshMs,
  });
}

/** Traces that this one continues, and traces that continue it. */
export function useTraceLinks(trace: BuiltTrace): UseQueryResult<TraceLinks> {
  return useLive(
    ['trace-links', trace.id, trace.revision],
    ({ scope, signal }) => getTraceLinks(scope, trace.id, signal),
    {
      ranged: false,
      refreshMs: 3 * refreshMs,
    },
  );
}
