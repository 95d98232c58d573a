import fc from 'fast-check';
import { expect, test } from 'vitest';
import { planWindows } from './plan-windows.ts';

const minute = 60_000;
const at = (start: number, finished?: number) => ({
  atMs: start * minute,
  ...(finished === undefined ? {} : { finishedMs: finished * minute }),
});

test('half an hour either way where nothing else happens', () => {
  expect(planWindows(at(100, 102), [], 300 * minute, false)).toEqual({
    windowMs: 30 * minute,
    before: { startMs: 70 * minute, endMs: 100 * minute },
    after: { startMs: 102 * minute, endMs: 132 * minute },
  });
  expect(planWindows(at(100, 102), [], 300 * minute, true).after.startMs).toBe(100 * minute);
});

test('other deployments bound both windows, and one that goes on has no after unless its requests can be told', () => {
  expect(planWindows(at(100, 102), [at(90, 92), at(107, 108)], 300 * minute, false).windowMs).toBe(5 * minute);
  expect(planWindows(at(100), [], 104 * minute, false).windowMs).toBe(0);
  expect(planWindows(at(100), [], 104 * minute, true).windowMs).toBe(4 * minute);
});

test('windows are of one length, never overlap each other, another deployment, or the future', () => {
  const times = fc
    .tuple(fc.nat(500), fc.option(fc.nat(30), { nil: undefined }))
    .map(([start, took]) => at(start, took === undefined ? undefined : start + took));
  fc.assert(
    fc.property(times, fc.array(times, { maxLength: 5 }), fc.nat(100), fc.boolean(), (one, others, later, isTold) => {
      const nowMs = Math.max(one.atMs, one.finishedMs ?? 0) + later * minute;
      const { before, after, windowMs } = planWindows(one, others, nowMs, isTold);
      expect(windowMs).toBeGreaterThanOrEqual(0);
      expect(before.endMs - before.startMs).toBe(windowMs);
      expect(after.endMs - after.startMs).toBe(windowMs);
      expect(before.endMs).toBeLessThanOrEqual(after.startMs);
      if (windowMs === 0) return;
      expect(after.endMs).toBeLessThanOrEqual(nowMs);
      for (const other of others) {
        const isInside = ({ startMs, endMs }: typeof before) => other.atMs > startMs && other.atMs < endMs;
        expect(isInside(before) || isInside(after)).toBe(false);
      }
    }),
  );
});
