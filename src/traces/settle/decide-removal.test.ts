import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decideRemoval, expressionsOf, type GroupDays } from './decide-removal.ts';

const dayMs = 86_400_000;
const names = ['a', 'b', 'c', 'd'];
const someGroups = fc.uniqueArray(
  fc.record({ group: fc.constantFrom(...names), days: fc.integer({ min: 1, max: 60 }) }),
  { selector: ({ group }) => group },
);

/** What the sentence says, for a trace that belongs to these groups. */
function isGone(own: ReadonlySet<string>, groups: readonly GroupDays[], retentionDays: number, ageMs: number): boolean {
  const days = groups.filter(({ group }) => own.has(group)).map((one) => one.days);
  return ageMs >= (days.length > 0 ? Math.max(...days) : retentionDays) * dayMs;
}

test('a trace goes exactly when the longest of its groups lets it go, or the general time is over', () => {
  fc.assert(
    fc.property(
      someGroups,
      fc.subarray(names),
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 0, max: 61 * dayMs }),
      (groups, belongs, retentionDays, ageMs) => {
        const own = new Set(belongs);
        const removal = decideRemoval(groups, retentionDays, ageMs);
        const goes =
          removal !== undefined &&
          !removal.keeping.some((group) => own.has(group)) &&
          (removal.isAll || removal.over.some((group) => own.has(group)));
        expect(goes).toBe(isGone(own, groups, retentionDays, ageMs));
        if (removal)
          expect(new Set([...removal.over, ...removal.keeping])).toEqual(new Set(groups.map((g) => g.group)));
      },
    ),
  );
});

test('what goes is asked for group by group, the longest first, and never with what another keeps', () => {
  const groups = [
    { group: 'health', days: 1 },
    { group: 'shop', days: 7 },
    { group: 'payments', days: 90 },
  ];
  expect(decideRemoval(groups, 30, 0.5 * dayMs)).toBeUndefined();
  expect(expressionsOf(decideRemoval(groups, 30, 8 * dayMs)!)).toEqual([
    { group: 'shop', expression: 'group.name = "shop" AND group.name != "payments"' },
    { group: 'health', expression: 'group.name = "health" AND group.name != "payments"' },
  ]);
  expect(expressionsOf(decideRemoval(groups, 30, 30 * dayMs)!).at(-1)).toEqual({
    group: '',
    expression: 'group.name != "payments"',
  });
  expect(expressionsOf(decideRemoval([], 30, 30 * dayMs)!)).toEqual([{ group: '', expression: '' }]);
});
