import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findRootCause, groupSuspects, keyOf, reachableFrom, type Suspect } from './find-root-cause.ts';

const node = (name: string, excess = 1): Suspect => ({ name, type: '', excess });
const callsOf = (edges: readonly (readonly [string, string])[]) => {
  const calls = new Map<string, string[]>();
  for (const [from, to] of edges)
    calls.set(keyOf(node(from)), [...(calls.get(keyOf(node(from))) ?? []), keyOf(node(to))]);
  return calls;
};

const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
const situation = fc.record({
  edges: fc.array(fc.tuple(fc.constantFrom(...names), fc.constantFrom(...names)), { maxLength: 14 }),
  suspects: fc.uniqueArray(fc.constantFrom(...names), { minLength: 1 }),
});

test('the farthest downstream of a chain is the root cause, whoever fails most', () => {
  const calls = callsOf([
    ['bff', 'backend1'],
    ['backend1', 'table'],
    ['bff', 'backend2'],
  ]);
  expect(findRootCause([node('bff', 100), node('backend1', 50), node('table', 2)], calls)?.name).toBe('table');
  // A node in between that hides the faults below it does not break the chain.
  expect(findRootCause([node('bff', 100), node('table', 2)], calls)?.name).toBe('table');
  expect(findRootCause([node('backend1', 5), node('backend2', 50), node('bff', 60)], calls)?.name).toBe('backend2');
});

test('a root cause is anomalous, and nothing anomalous lies below it but what calls it back', () => {
  fc.assert(
    fc.property(situation, ({ edges, suspects }) => {
      const calls = callsOf(edges);
      const cause = findRootCause(
        suspects.map((name) => node(name)),
        calls,
      )!;
      expect(suspects).toContain(cause.name);
      const below = reachableFrom(keyOf(cause), calls);
      for (const name of suspects) {
        const key = keyOf(node(name));
        if (name !== cause.name && below.has(key)) expect(reachableFrom(key, calls).has(keyOf(cause))).toBe(true);
      }
      expect(
        findRootCause(
          suspects.toReversed().map((name) => node(name)),
          calls,
        ),
      ).toEqual(cause);
    }),
  );
});

test('each suspect is in one group; those that reach each other share it; the order does not matter', () => {
  fc.assert(
    fc.property(situation, ({ edges, suspects }) => {
      const calls = callsOf(edges);
      const groups = groupSuspects(
        suspects.map((name) => node(name)),
        calls,
      );
      expect(
        groups
          .flat()
          .map(({ name }) => name)
          .sort(),
      ).toEqual(suspects.toSorted());
      const groupOf = (name: string) => groups.findIndex((group) => group.some((other) => other.name === name));
      for (const one of suspects) {
        for (const other of suspects) {
          if (reachableFrom(keyOf(node(one)), calls).has(keyOf(node(other)))) expect(groupOf(one)).toBe(groupOf(other));
        }
      }
      const asText = (found: Suspect[][]) => found.map((group) => group.map(({ name }) => name).join()).sort();
      expect(
        asText(
          groupSuspects(
            suspects.toReversed().map((name) => node(name)),
            calls,
          ),
        ),
      ).toEqual(asText(groups));
    }),
  );
});

test('what was one insight stays one, although the calls between are not seen for a while', () => {
  const together = new Set([keyOf(node('a')), keyOf(node('b'))]);
  expect(groupSuspects([node('a'), node('b')], new Map())).toHaveLength(2);
  expect(groupSuspects([node('a'), node('b')], new Map(), [together])).toHaveLength(1);
});
