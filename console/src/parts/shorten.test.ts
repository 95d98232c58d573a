import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shorten } from './shorten.ts';

describe('a name that is too long', () => {
  it('is cut between characters, and one that is not stays as it is', () => {
    expect(shorten('bff')).toBe('bff');
    expect(shorten('x'.repeat(10_000))).toHaveLength(80);
    expect(shorten('🛒🛒🛒🛒', 3)).toBe('🛒🛒…');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 20 }), (text, max) => {
        expect([...shorten(text, max)].length).toBeLessThanOrEqual(Math.max(max, 1));
      }),
    );
  });
});
