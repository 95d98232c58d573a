import fc from 'fast-check';
import { expect, test } from 'vitest';
import { systemClock } from '../../platform/clock.ts';
import { silentLogger } from '../../platform/logger.ts';
import { openSqliteStateStore } from '../../stores/state/sqlite.ts';
import type { TelemetryStore } from '../../stores/telemetry/store.ts';
import { Settling } from './index.ts';
import { planReading } from './plan-reading.ts';
import { chooseDue, cutRun, hourMs, minuteMs, toRuns } from './plan-settling.ts';
import { cutSlices } from './read-live.ts';

const minutes = fc.array(
  fc.nat(600).map((number) => number * minuteMs),
  { maxLength: 60 },
);

test('each moment of a range is read from exactly one place, and what is open is counted live', () => {
  fc.assert(
    fc.property(fc.nat(36_000_000), fc.nat(36_000_000), fc.array(fc.nat(9)), minutes, (a, b, hours, open) => {
      const range = { startMs: Math.min(a, b), endMs: Math.max(a, b) };
      const settledHours = new Set(hours.map((hour) => hour * hourMs));
      const plan = planReading(range, settledHours, open);
      const pieces = [...plan.hours, ...plan.minutes, ...plan.live].sort((one, two) => one.startMs - two.startMs);
      let reached = range.startMs;
      for (const { startMs, endMs } of pieces) {
        expect(startMs).toBe(reached);
        expect(endMs).toBeGreaterThan(startMs);
        reached = endMs;
      }
      expect(reached).toBe(range.endMs);
      for (const { startMs, endMs } of plan.hours) {
        for (let hour = startMs; hour < endMs; hour += hourMs) expect(settledHours.has(hour)).toBe(true);
      }
      for (const { startMs, endMs } of [...plan.hours, ...plan.minutes]) {
        expect([startMs % minuteMs, endMs % minuteMs]).toEqual([0, 0]);
        expect(open.some((minute) => minute >= startMs && minute < endMs)).toBe(false);
      }
      expect(plan.live.length).toBeLessThanOrEqual(30);
    }),
  );
});

test('runs and their parts hold each due minute once, within its hour', () => {
  fc.assert(
    fc.property(minutes, fc.array(fc.nat(100), { minLength: 601, maxLength: 601 }), (due, rows) => {
      const rowsByMinute = new Map(rows.map((count, index) => [index * minuteMs, count]));
      const parts = toRuns([...new Set(due)]).flatMap((run) => cutRun(run, rowsByMinute, 150));
      const held = parts.flatMap(({ startMs, endMs }) => {
        expect(Math.floor((endMs - 1) / hourMs)).toBe(Math.floor(startMs / hourMs));
        return Array.from({ length: (endMs - startMs) / minuteMs }, (_, index) => startMs + index * minuteMs);
      });
      expect(held).toEqual([...new Set(due)].sort((a, b) => a - b));
    }),
  );
});

test('a minute is due when it is quiet, or has waited long enough, and is over', () => {
  const policy = { quietMs: 60_000, waitMsMax: 300_000, marginMs: 20_000 };
  const pending = new Map([
    [0, { firstMs: 900_000, lastMs: 940_000 }],
    [minuteMs, { firstMs: 900_000, lastMs: 940_001 }],
    [2 * minuteMs, { firstMs: 700_000, lastMs: 999_999 }],
    [16 * minuteMs, { firstMs: 0, lastMs: 0 }],
  ]);
  expect(chooseDue(pending, 1_000_000, policy)).toEqual([2 * minuteMs, 0]);
});

test('slices hold every bin that has rows, and few rows each', () => {
  const bin = 600_000;
  const ranges = [{ startMs: 100_000, endMs: 10 * bin + 5 }];
  const rows = new Map(Array.from({ length: 11 }, (_, index) => [index * bin, index === 4 ? 0 : 400_000]));
  const slices = cutSlices(ranges, rows);
  expect(slices.length).toBe(5);
  const covered = slices.flat().sort((a, b) => a.startMs - b.startMs);
  expect(covered[0]!.startMs).toBe(100_000);
  expect(covered.at(-1)!.endMs).toBe(10 * bin + 5);
  expect(covered.some(({ startMs, endMs }) => startMs < 4.5 * bin && endMs > 4.5 * bin)).toBe(false);
});

test.each([
  ['241', 'memory'],
  ['159', 'time'],
])('a map that the engine stops (%s) says what to narrow', async (code, limit) => {
  const telemetry = {
    query: (sql: string) =>
      sql.includes('uniqExact') || sql.includes('statusClass') || sql.includes('totalSeconds')
        ? Promise.reject(Object.assign(new Error('DB::Exception'), { code }))
        : Promise.resolve([]),
  } as unknown as TelemetryStore;
  const state = openSqliteStateStore(':memory:', () => systemClock.now());
  const settling = new Settling({ telemetry, state, clock: systemClock, logger: silentLogger });
  const selection = {
    account: '000000000000',
    region: 'us-east-1',
    startMs: 0,
    endMs: 6 * hourMs,
    traceCondition: 'true',
  };
  await expect(settling.readGroups(selection, systemClock.now())).rejects.toMatchObject({
    code: 'InvalidRequestException',
    message: expect.stringMatching(new RegExp(`6 hours takes too much ${limit}.*shorter range.*filter`)),
  });
});
