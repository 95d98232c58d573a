/** What is known of a trace when it is decided whether it stays. */
export interface TraceFacts {
  readonly traceId: string;
  /** Its first service and operation: counts stay exact within each. */
  readonly stratum: string;
  readonly durationMicros: number;
  /** Something in it failed, was refused or throttled. */
  readonly hasProblem: boolean;
  /** Which services called which: equal for traces that went the same way. */
  readonly signature: string;
  /** A group wants it kept. */
  readonly isGrouped: boolean;
  /** A hash of the id: chance that is the same whenever it is asked. */
  readonly rank: number;
}

export interface ThinningRules {
  /** Of each service and operation, this share is kept for being slowest; 0 to 1. */
  readonly slowestShare: number;
  /** Paths that fewer traces took than this are kept. */
  readonly rareBelow: number;
  /** Of the rest, this share is kept; 0 to 1. */
  readonly sampleShare: number;
}

export type Reason = 'grouped' | 'problem' | 'slow' | 'rare' | 'sampled' | 'thinned';

export interface Decision {
  readonly traceId: string;
  readonly reason: Reason;
  /** How many traces it stands for, itself included; 0: it goes. */
  readonly weight: number;
}

/**
 * Decides for all traces of a time which stay. Within each stratum the weights add up to the number of traces. The
 * same traces in any order give the same decisions.
 */
export function decideThinning(traces: readonly TraceFacts[], rules: ThinningRules): Decision[] {
  const byPath = new Map<string, number>();
  for (const { signature } of traces) byPath.set(signature, (byPath.get(signature) ?? 0) + 1);
  const strata = new Map<string, TraceFacts[]>();
  for (const trace of traces) {
    const stratum = strata.get(trace.stratum);
    if (stratum) stratum.push(trace);
    else strata.set(trace.stratum, [trace]);
  }
  const decisions: Decision[] = [];
  for (const stratum of strata.values()) {
    const slow = slowestOf(stratum, rules.slowestShare);
    const rest: TraceFacts[] = [];
    for (const trace of stratum) {
      const reason = reasonToKeep(trace, slow, byPath.get(trace.signature)! < rules.rareBelow);
      if (reason) decisions.push({ traceId: trace.traceId, reason, weight: 1 });
      else rest.push(trace);
    }
    decisions.push(...sample(rest, rules.sampleShare));
  }
  return decisions;
}

function reasonToKeep(trace: TraceFacts, slow: ReadonlySet<TraceFacts>, isRare: boolean): Reason | undefined {
  if (trace.isGrouped) return 'grouped';
  if (trace.hasProblem) return 'problem';
  if (slow.has(trace)) return 'slow';
  return isRare ? 'rare' : undefined;
}

function slowestOf(stratum: readonly TraceFacts[], share: number): Set<TraceFacts> {
  const count = Math.ceil(stratum.length * share);
  const slowestFirst = [...stratum].sort((a, b) => b.durationMicros - a.durationMicros || byRank(a, b));
  return new Set(slowestFirst.slice(0, count));
}

/** Keeps at least one, and lets those that stay stand for all: as evenly as whole numbers allow. */
function sample(traces: readonly TraceFacts[], share: number): Decision[] {
  if (traces.length === 0) return [];
  const ordered = [...traces].sort(byRank);
  const kept = Math.min(traces.length, Math.max(1, Math.ceil(traces.length * share)));
  const weight = Math.floor(traces.length / kept);
  const heavier = traces.length - weight * kept;
  return ordered.map(({ traceId }, index) =>
    index < kept
      ? { traceId, reason: 'sampled', weight: index < heavier ? weight + 1 : weight }
      : { traceId, reason: 'thinned', weight: 0 },
  );
}

const byRank = (a: TraceFacts, b: TraceFacts): number => a.rank - b.rank || (a.traceId < b.traceId ? -1 : 1);

export interface Day {
  /** Epoch milliseconds, midnight UTC. */
  readonly startMs: number;
  /** Of segments and calls on disk. */
  readonly bytes: number;
}

export interface ThinningPolicy extends ThinningRules {
  readonly isOn: boolean;
  /** Younger traces are all kept. */
  readonly hotHours: number;
  /** From this share of the disk limit on, days are thinned before they are that old; 0 to 1. */
  readonly pressureShare: number;
  /** A smaller day is left whole: it would free nothing that anybody misses. */
  readonly dayBytesMin: number;
}

const dayMs = 86_400_000;
/** A day under pressure is thinned only when it has been over for this long. */
const coolMs = 3_600_000;

/** The next day to thin, the oldest first; undefined when none is to be. `days` are those not thinned yet. */
export function chooseDay(
  days: readonly Day[],
  usage: { readonly bytes: number; readonly bytesMax: number },
  policy: ThinningPolicy,
  nowMs: number,
): Day | undefined {
  if (!policy.isOn) return undefined;
  const isTight = usage.bytes > usage.bytesMax * policy.pressureShare;
  const waitMs = isTight ? Math.min(coolMs, policy.hotHours * 3_600_000) : policy.hotHours * 3_600_000;
  return [...days]
    .sort((a, b) => a.startMs - b.startMs)
    .find(({ startMs, bytes }) => bytes >= policy.dayBytesMin && startMs + dayMs + waitMs <= nowMs);
}
