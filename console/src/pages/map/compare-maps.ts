import type { Shares } from '../../parts/health.tsx';
import { type MapEdge, type MapNode, percentile, type TraceMap } from './map-model.ts';

/** What became of a node or an edge. Worst first. */
export const changes = ['failing', 'slower', 'new', 'lost', 'recovered', 'faster'] as const;
export type Change = (typeof changes)[number];

export interface Measured {
  callsPerMinute: number;
  /** Seconds: of an edge the median of its calls, of a node the mean of its own work. */
  seconds: number | undefined;
  /** Share of calls, 0 to 1, that were faults or throttled. */
  failed: number;
  count: number;
}

export interface Compared {
  before: Measured | undefined;
  after: Measured | undefined;
  change: Change | undefined;
}

export interface MapComparison {
  /** Everything that is in either map; numbers are those of the later one, where it is there. */
  map: TraceMap;
  /** By the id of a node or an edge. */
  compared: ReadonlyMap<string, Compared>;
}

/** Fewer calls than this on a side say nothing about times and shares. */
const callsMin = 5;
const slowerFactor = 1.5;
const slowerSecondsMin = 0.005;
const failedShareMin = 0.02;

/** The later map against the earlier one, each with the minutes that it covers. */
export function compareMaps(
  before: { map: TraceMap; minutes: number },
  after: { map: TraceMap; minutes: number },
): MapComparison {
  const compared = new Map<string, Compared>();
  const compare = <Part extends MapNode | MapEdge>(
    earlier: readonly Part[],
    later: readonly Part[],
    secondsOf: (part: Part) => number | undefined,
  ): Part[] => {
    const old = new Map(earlier.map((part) => [part.id, part]));
    for (const part of later) {
      const match = old.get(part.id);
      const one = match && measure(match.shares, secondsOf(match), before.minutes);
      const other = measure(part.shares, secondsOf(part), after.minutes);
      compared.set(part.id, { before: one, after: other, change: changeOf(one, other) });
      old.delete(part.id);
    }
    for (const part of old.values()) {
      const one = measure(part.shares, secondsOf(part), before.minutes);
      compared.set(part.id, { before: one, after: undefined, change: 'lost' });
    }
    return [...later, ...old.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  };
  return {
    map: {
      nodes: compare(before.map.nodes, after.map.nodes, (node) => node.ownSeconds),
      edges: compare(before.map.edges, after.map.edges, (edge) => percentile(edge.histogram, 0.5)),
    },
    compared,
  };
}

function measure(shares: Shares, seconds: number | undefined, minutes: number): Measured {
  return {
    callsPerMinute: minutes > 0 ? shares.total / minutes : 0,
    seconds,
    failed: shares.total > 0 ? (shares.fault + shares.throttle) / shares.total : 0,
    count: shares.total,
  };
}

function changeOf(before: Measured | undefined, after: Measured): Change | undefined {
  if (!before) return 'new';
  if (before.count < callsMin || after.count < callsMin) return undefined;
  if (after.failed - before.failed >= failedShareMin) return 'failing';
  if (isSlower(before.seconds, after.seconds)) return 'slower';
  if (before.failed - after.failed >= failedShareMin) return 'recovered';
  return isSlower(after.seconds, before.seconds) ? 'faster' : undefined;
}

function isSlower(before: number | undefined, after: number | undefined): boolean {
  if (before === undefined || after === undefined) return false;
  return after - before >= slowerSecondsMin && after >= before * slowerFactor;
}

/**
 * How much a change matters: by kind, then by seconds or calls a minute that it concerns. Seconds of a node are its own
 * work: they weigh more than those of an edge, which are a wait for somebody's work.
 */
export function weightOf({ change, before, after }: Compared, of: 'node' | 'edge'): number {
  if (!change) return 0;
  const calls = Math.max(before?.callsPerMinute ?? 0, after?.callsPerMinute ?? 0);
  const seconds = Math.abs((after?.seconds ?? 0) - (before?.seconds ?? 0)) * (of === 'node' ? 1.5 : 1);
  const size = change === 'slower' || change === 'faster' ? seconds : calls;
  return (changes.length - changes.indexOf(change)) * 1e6 + Math.min(size, 1e5);
}
