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

/** What groups' retention took from a day. */
export interface RemovedDay {
  day: string;
  isDone: boolean;
  /** Traces by the group that kept them longest; the empty name stands for those of no such group. */
  groups: Record<string, number>;
  removed: number;
  removedDocuments: number;
  savedBytes: number;
}

export interface Thinning {
  policy: ThinningPolicy;
  /** Of traces that no group keeps for days of its own. */
  retentionDays: number;
  /** Days for which all traces of a group are kept whole, and after which they go. */
  groupKeepDays: Record<string, number>;
  /** Why a group's days cannot be applied. */
  groupProblems: Record<string, string>;
  totals: {
    traces: number;
    thinned: number;
    thinnedDocuments: number;
    savedBytes: number;
    removed: number;
    removedDocuments: number;
    removedBytes: number;
  };
  /** Newest first. */
  days: ThinnedDay[];
  removals: RemovedDay[];
}

const path = (scope: Scope) => `/_hatoba/traces/thinning?${new URLSearchParams(scopeQuery(scope))}`;

export const getThinning = (scope: Scope, signal?: AbortSignal): Promise<Thinning> => getJson(path(scope), signal);

export const putThinning = (
  scope: Scope,
  change: { policy?: Partial<ThinningPolicy>; groupKeepDays?: Record<string, number | null> },
): Promise<Thinning> => putJson(path(scope), change);
