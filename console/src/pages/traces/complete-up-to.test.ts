import { describe, expect, it } from 'vitest';
import { completeUpTo } from './complete-up-to.ts';

const now = 1_800_000_000_000;
const trace = (secondsAgo: number, IsPartial: boolean) => ({
  Id: String(secondsAgo),
  StartTime: now / 1000 - secondsAgo,
  IsPartial,
});

describe('freshness', () => {
  it('is two seconds behind the moment of reading', () => {
    expect(completeUpTo([trace(1, false)], now, now)).toEqual({ atMs: now - 2000, inProgress: 0 });
  });

  it('is held back by the oldest trace in progress, but not by one that was given up', () => {
    const traces = [trace(30, true), trace(90, true), trace(5000, true)];
    expect(completeUpTo(traces, now, now)).toEqual({ atMs: now - 90_000, inProgress: 2 });
  });

  it('is the end of a range that is over', () => {
    expect(completeUpTo([], now, now - 3_600_000).atMs).toBe(now - 3_600_000);
  });
});
