import { describe, expect, it } from 'vitest';
import { resolveAgainst } from './against.ts';

const hour = 3_600_000;
const range = { start: 10 * hour, end: 11 * hour };

describe('what a map is compared with', () => {
  it('is the time before, or the same time another day', () => {
    expect(resolveAgainst('previous', range)).toEqual({ before: { start: 9 * hour, end: 10 * hour }, after: range });
    expect(resolveAgainst('1d', range)?.before).toEqual({ start: -14 * hour, end: -13 * hour });
  });

  it('is the time before a deployment: what came later is compared with it', () => {
    const at = (hours: number) => `deployment:shop/a@b@${new Date(hours * hour).toISOString()}`;
    expect(resolveAgainst(at(10.5), range)).toEqual({
      before: { start: 9.5 * hour, end: 10.5 * hour },
      after: { start: 10.5 * hour, end: 11 * hour },
    });
    expect(resolveAgainst(at(2), range)?.after).toEqual(range);
    expect(resolveAgainst(at(20), range)?.after).toEqual({ start: 20 * hour, end: 21 * hour });
  });

  it('is any range, and nothing else', () => {
    const text = `${new Date(hour).toISOString()}~${new Date(2 * hour).toISOString()}`;
    expect(resolveAgainst(text, range)?.before).toEqual({ start: hour, end: 2 * hour });
    for (const nonsense of ['', 'toString', 'deployment:x', 'a~b']) {
      expect(resolveAgainst(nonsense, range)).toBeUndefined();
    }
  });
});
