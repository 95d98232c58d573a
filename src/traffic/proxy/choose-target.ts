import type { LiveTarget } from './live-target.ts';
import type { GroupRoute } from './routing-table.ts';

/** The group that gets a request; `random` is in [0, 1). Groups of weight 0 get nothing; all zero gives undefined. */
export function chooseGroup(
  choices: readonly { readonly group: GroupRoute; readonly weight: number }[],
  random: number,
): GroupRoute | undefined {
  if (choices.length === 1) return choices[0]!.weight > 0 ? choices[0]!.group : undefined;
  const total = choices.reduce((sum, choice) => sum + choice.weight, 0);
  let point = random * total;
  for (const { group, weight } of choices) {
    if (point < weight) return group;
    point -= weight;
  }
  return undefined;
}

export interface ChoosingFacts {
  /** Requests that this group has had: the round-robin counter. */
  readonly turn: number;
  /** In [0, 1). */
  readonly random: number;
  readonly nowMs: number;
  /** A target that has just refused the connection. */
  readonly except?: LiveTarget | undefined;
}

/** Who gets the next request of this group; undefined when nobody can. */
export function chooseTarget(group: GroupRoute, facts: ChoosingFacts): LiveTarget | undefined {
  const { eligible } = group;
  const candidates = facts.except ? eligible.filter((target) => target !== facts.except) : eligible;
  if (candidates.length <= 1) return candidates[0];
  switch (group.algorithm) {
    case 'least_outstanding_requests': {
      // Ties go round, or the first target would take all of a light load.
      let best = candidates[facts.turn % candidates.length]!;
      for (const target of candidates) if (target.inFlight < best.inFlight) best = target;
      return best;
    }
    case 'weighted_random':
      return candidates[Math.floor(facts.random * candidates.length)];
    default:
      return group.slowStartMs > 0
        ? chooseSlowly(group, candidates, facts)
        : candidates[facts.turn % candidates.length];
  }
}

/** During slow start a target's share grows linearly; without anyone warmed up all are equal. */
function chooseSlowly(group: GroupRoute, candidates: readonly LiveTarget[], facts: ChoosingFacts): LiveTarget {
  const shares = candidates.map((target) =>
    Math.min(1, Math.max(0.01, (facts.nowMs - target.healthySinceMs) / group.slowStartMs)),
  );
  if (!shares.includes(1)) return candidates[facts.turn % candidates.length]!;
  let point = facts.random * shares.reduce((sum, share) => sum + share, 0);
  for (const [index, share] of shares.entries()) {
    if (point < share) return candidates[index]!;
    point -= share;
  }
  return candidates[0]!;
}
