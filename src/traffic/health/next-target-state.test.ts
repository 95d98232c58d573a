import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type CheckResult, initialStanding, matchesCode, nextTargetState } from './next-target-state.ts';

const bad: CheckResult = { ok: false, reason: 'Target.Timeout', description: 'Request timed out' };
const run = (results: string, thresholds = { healthyThreshold: 3, unhealthyThreshold: 2 }): string => {
  let standing = initialStanding;
  return [...results]
    .map((letter) => {
      standing = nextTargetState(standing, letter === '+' ? { ok: true } : bad, thresholds);
      return standing.state[0];
    })
    .join('');
};

test('the first passed check makes a new target healthy; later changes need their thresholds', () => {
  expect(run('+')).toBe('h');
  expect(run('-+')).toBe('ih');
  expect(run('--')).toBe('iu');
  expect(run('+-+--')).toBe('hhhhu');
  expect(run('--++-+++')).toBe('iuuuuuuh');
});

test('a draining target stays so, whatever a late check says', () => {
  const draining = { ...initialStanding, state: 'draining' as const };
  expect(nextTargetState(draining, { ok: true }, { healthyThreshold: 2, unhealthyThreshold: 2 })).toBe(draining);
});

test('the state depends on the newest run of equal results only', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('+', '-'), maxLength: 30 }), (results) => {
      expect(run(`${results}+++`).at(-1)).toBe('h');
      expect(run(`${results}--`).at(-1)).toBe('u');
    }),
  );
});

test('codes and ranges of a matcher', () => {
  expect([matchesCode('200', 200), matchesCode('200,202', 202), matchesCode('200-299', 204)]).toEqual([
    true,
    true,
    true,
  ]);
  expect([matchesCode('200', 201), matchesCode('200-299', 302)]).toEqual([false, false]);
});
