import { describe, expect, it } from 'vitest';
import { absoluteRange, isRelative, periodSeconds, resolveRange } from './time-range.ts';

const now = Date.UTC(2026, 10, 22, 12);

describe('time ranges', () => {
  it('that are relative end now', () => {
    expect(resolveRange('15m', now)).toEqual({ start: now - 900_000, end: now });
    expect([isRelative('3h'), isRelative('0m'), isRelative('3x'), isRelative('')]).toEqual([true, false, false, false]);
  });

  it('survive the way through a link', () => {
    const range = { start: now - 5000, end: now };
    expect(resolveRange(absoluteRange(range), now + 99_999)).toEqual(range);
  });

  it('that say nothing are the default', () => {
    for (const text of ['', 'x', '2026-01-02~2026-01-01', '~'])
      expect(resolveRange(text, now)).toEqual(resolveRange('15m', now));
  });

  it('have a step that CloudWatch takes', () => {
    expect(periodSeconds({ start: now - 900_000, end: now })).toBe(10);
    expect(periodSeconds({ start: now - 86_400_000, end: now })).toBe(900);
  });
});
