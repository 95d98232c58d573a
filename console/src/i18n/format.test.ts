import { describe, expect, it } from 'vitest';
import { formatBytes, formatCount, formatDuration, formatShare, formatTime, toMs } from './format.ts';

describe('numbers', () => {
  it('have three significant digits and a unit', () => {
    expect(formatDuration(0.00099996)).toBe('1.00 ms');
    expect([0, 0.00034, 0.0123, 0.5, 5.0123, 65, 125, 7300].map(formatDuration)).toEqual([
      '0 ms',
      '340 µs',
      '12.3 ms',
      '500 ms',
      '5.01 s',
      '65.0 s',
      '2 min 5 s',
      '2 h 2 min',
    ]);
    expect([0, 7, 1234, 12_345, 4_560_000].map(formatCount)).toEqual(['0', '7', '1,234', '12.3k', '4.56M']);
    expect(formatBytes(1_572_864)).toBe('1.50 MB');
  });

  it('of nothing are a dash', () => {
    expect(formatShare(0, 0)).toBe('-');
    expect(formatShare(1, 3)).toBe('33.3 %');
    expect(formatDuration(undefined)).toBe('-');
    expect(formatTime(undefined, { utc: true })).toBe('-');
  });
});

describe('times', () => {
  it('are milliseconds, whichever way the server writes them', () => {
    const ms = Date.UTC(2026, 10, 22, 1, 2, 3);
    expect([ms, ms / 1000, '2026-11-22T01:02:03.000Z'].map(toMs)).toEqual([ms, ms, ms]);
    expect(toMs('x')).toBeUndefined();
  });

  it('leave the date away on the same day', () => {
    const now = Date.UTC(2026, 10, 22, 12);
    expect(formatTime(now - 1000, { utc: true, now })).toBe('11:59:59Z');
    expect(formatTime(now - 86_400_000, { utc: true, now })).toBe('2026-11-21 12:00:00Z');
  });
});
