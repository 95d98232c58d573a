import type { NodeId } from './model.ts';

/** Calls between nodes, by node key. */
export type Calls = ReadonlyMap<string, readonly string[]>;

export const keyOf = ({ name, type }: NodeId): string => JSON.stringify([name, type]);

/** An anomalous node, and how many faults it had beyond what was expected. */
export interface Suspect extends NodeId {
  readonly excess: number;
}

/** Everything that can be reached by calls, the node itself only if it is called by what it calls. */
export function reachableFrom(key: string, calls: Calls): Set<string> {
  const reached = new Set<string>();
  const waiting = [key];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const target of calls.get(next) ?? []) {
      if (reached.has(target)) continue;
      reached.add(target);
      waiting.push(target);
    }
  }
  return reached;
}

/**
 * Anomalies that hang together: one calls the other, directly or through nodes that hide its faults, or they were
 * together before (`known`, sets of node keys).
 */
export function groupSuspects<Node extends NodeId>(
  suspects: readonly Node[],
  calls: Calls,
  known: readonly ReadonlySet<string>[] = [],
): Node[][] {
  let groups: Node[][] = [];
  for (const suspect of suspects) {
    const key = keyOf(suspect);
    const reached = reachableFrom(key, calls);
    const belongs = (other: Node) => {
      const otherKey = keyOf(other);
      return (
        reached.has(otherKey) ||
        reachableFrom(otherKey, calls).has(key) ||
        known.some((together) => together.has(key) && together.has(otherKey))
      );
    };
    const joined = groups.filter((group) => group.some(belongs));
    groups = [...groups.filter((group) => !joined.includes(group)), [...joined.flat(), suspect]];
  }
  return groups.map((nodes) => nodes.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)));
}

/**
 * The farthest downstream of the anomalous nodes: one that calls no other of them (but such as call it back). Of several,
 * the one with the longest way from another anomalous node, then the one with the most unexpected faults.
 */
export function findRootCause<Node extends Suspect>(suspects: readonly Node[], calls: Calls): Node | undefined {
  const keys = new Set(suspects.map(keyOf));
  const reach = new Map(suspects.map((suspect) => [keyOf(suspect), reachableFrom(keyOf(suspect), calls)]));
  const isLast = (key: string) =>
    [...reach.get(key)!].every((other) => other === key || !keys.has(other) || reach.get(other)!.has(key));
  const depth = depthsBelow(keys, calls);
  return suspects
    .filter((suspect) => isLast(keyOf(suspect)))
    .toSorted((a, b) => {
      const [keyA, keyB] = [keyOf(a), keyOf(b)];
      return (depth.get(keyB) ?? 0) - (depth.get(keyA) ?? 0) || b.excess - a.excess || (keyA < keyB ? -1 : 1);
    })[0];
}

/** The longest of the shortest ways from each of the nodes. */
function depthsBelow(keys: ReadonlySet<string>, calls: Calls): Map<string, number> {
  const deepest = new Map<string, number>();
  for (const start of keys) {
    const seen = new Set([start]);
    let level = [start];
    for (let distance = 1; level.length > 0; distance += 1) {
      level = [...new Set(level.flatMap((key) => calls.get(key) ?? []))].filter((key) => !seen.has(key));
      for (const key of level) {
        seen.add(key);
        if (keys.has(key)) deepest.set(key, Math.max(deepest.get(key) ?? 0, distance));
      }
    }
  }
  return deepest;
}
