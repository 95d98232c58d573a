import { afterEach, describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatHistogramTime,
  formatPercent,
  formatShare,
  formatTime,
  formatWhole,
  setFormatLanguage,
  toMs,
} from './format.ts';

afterEach(() => setFormatLanguage('en'));

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
    expect(formatWhole(100_000)).toBe('100,000');
    expect(formatBytes(1_572_864)).toBe('1.50 MB');
  });

  it('are rounded before they are split into two units, and leave out one of which there is nothing', () => {
    expect([119.9, 120, 179.7, 3600, 7199.6, 7200, 9000, 172_799, 259_200].map(formatDuration)).toEqual([
      '120 s',
      '2 min',
      '3 min',
      '60 min',
      '2 h',
      '2 h',
      '2 h 30 min',
      '2.00 d',
      '3.00 d',
    ]);
    expect([-0.5, -125, -7300].map(formatDuration)).toEqual(['-500 ms', '-2 min 5 s', '-2 h 2 min']);
  });

  it('out of a histogram are as exact as a histogram is', () => {
    const times = [undefined, 0, 0.001, 0.099, 0.34, 1, 5.1, 9.9, 42, 118, 130];
    expect(times.map(formatHistogramTime)).toEqual([
      '-',
      '< 1 ms',
      '1 ms',
      '99 ms',
      '340 ms',
      '1.0 s',
      '5.1 s',
      '9.9 s',
      '42 s',
      '118 s',
      '2 min 10 s',
    ]);
  });

  it('have the words of Japanese where Japanese has words, and symbols where it has symbols', () => {
    setFormatLanguage('ja');
    expect([0, 0.00034, 0.0123, 5.0123, 125, 7300, 259_200].map(formatDuration)).toEqual([
      '0 ms',
      '340 µs',
      '12.3 ms',
      '5.01 秒',
      '2 分 5 秒',
      '2 時間 2 分',
      '3.00 日',
    ]);
    expect([0.34, 5].map(formatHistogramTime)).toEqual(['340 ms', '5.0 秒']);
    expect([formatShare(1, 3), formatShare(0, 3), formatShare(3, 3)]).toEqual(['33.3%', '0%', '100%']);
    expect([formatPercent(12.34), formatPercent(undefined)]).toEqual(['12.3%', '-']);
    expect([formatCount(12_345), formatBytes(1_572_864)]).toEqual(['12.3k', '1.50 MB']);
    expect(formatDuration(undefined)).toBe('-');
  });

  it('of nothing are a dash', () => {
    expect(formatShare(0, 0)).toBe('-');
    expect([formatShare(1, 3), formatPercent(7)]).toEqual(['33.3 %', '7 %']);
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
