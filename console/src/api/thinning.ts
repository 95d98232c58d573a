import { getJson, putJson, scopeQuery } from './hatoba.ts';
import type { Scope } from './request.ts';

export interface ThinningPolicy {
  isOn: boolean;
  /** Every trace is kept for so long. */
  hotHours: number;
  /** Days are thinned early when telemetry fills this share of its disk. */
  pressureShare: number;
  dayBytesMin: number;
  slowestShare: number;
  rareBelow: number;
  sampleShare: number;
}

export interface ThinnedDay {
  day: string;
  isDone: boolean;
  traces: number;
  kept: Record<'grouped' | 'problem' | 'slow' | 'rare' | 'sampled', number>;
  thinned: number;
  thinnedDocuments: number;
  bytesBefore: number;
  bytesAfter: number;
}

export interface Thinning {
  policy: ThinningPolicy;
  /** Days for which all traces of a group are kept. */
  groupKeepDays: Record<string, number>;
  totals: { traces: number; thinned: number; thinnedDocuments: number; savedBytes: number };
  /** Newest first. */
  days: ThinnedDay[];
}

const path = (scope: Scope) => `/_hatoba/traces/thinning?${new URLSearchParams(scopeQuery(scope))}`;

export const getThinning = (scope: Scope, signal?: AbortSignal): Promise<Thinning> => getJson(path(scope), signal);

export const putThinning = (
  scope: Scope,
  change: { policy?: Partial<ThinningPolicy>; groupKeepDays?: Record<string, number | null> },
): Promise<Thinning> => putJson(path(scope), change);
