import { keepPreviousData, type UseQueryResult, useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { getStatus, type Status } from '../api/hatoba.ts';
import type { Scope } from '../api/request.ts';
import { defaultRange, isRelative, resolveRange, type TimeRange } from './time-range.ts';

export const refreshMs = 5000;

/** What the URL of every page carries. */
export interface RootSearch {
  range?: string;
  account?: string;
  region?: string;
  /** `off` while live updates are paused. */
  live?: 'off';
}

export function useStatus(): UseQueryResult<Status> {
  return useQuery({ queryKey: ['status'], queryFn: ({ signal }) => getStatus(signal), refetchInterval: 15_000 });
}

export function useRootSearch(): RootSearch {
  return useSearch({ strict: false }) as RootSearch;
}

export function useScope(): Scope {
  const search = useRootSearch();
  const status = useStatus().data;
  return {
    account: search.account ?? status?.account ?? '000000000000',
    region: search.region ?? status?.region ?? 'us-east-1',
  };
}

/** The range of the URL, resolved now: for drawing. Queries resolve it anew each time they run. */
export function useTimeRange(): { text: string; live: boolean; now: () => TimeRange } {
  const search = useRootSearch();
  const text = search.range ?? defaultRange;
  return { text, live: isRelative(text) && search.live !== 'off', now: () => resolveRange(text, Date.now()) };
}

export interface QueryInput {
  scope: Scope;
  range: TimeRange;
  signal: AbortSignal;
}

interface LiveOptions {
  /** False when the answer does not depend on the time range. */
  ranged?: boolean;
  enabled?: boolean;
  refreshMs?: number | false;
}

/** A query of the account, region and range on screen, which repeats itself while the range is live. */
export function useLive<Output>(
  key: readonly unknown[],
  run: (input: QueryInput) => Promise<Output>,
  options: LiveOptions = {},
): UseQueryResult<Output> {
  const scope = useScope();
  const { text, live } = useTimeRange();
  const ranged = options.ranged ?? true;
  return useQuery({
    queryKey: [...key, scope.account, scope.region, ranged ? text : ''],
    queryFn: ({ signal }) => run({ scope, range: resolveRange(text, Date.now()), signal }),
    refetchInterval: options.refreshMs ?? (live || !ranged ? refreshMs : false),
    enabled: options.enabled ?? true,
    placeholderData: keepPreviousData,
    retry: (failures, error) => failures < 2 && 'status' in error && (error.status === 0 || error.status === 503),
  });
}
