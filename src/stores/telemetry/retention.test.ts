import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chooseDaysToDrop, type DayPartition } from './retention.ts';

const now = new Date('2026-11-22T10:00:00Z');
const day = (table: string, name: string, bytes: number): DayPartition => ({ table, day: name, bytes, parts: 1 });

test('days before the retention go', () => {
  const partitions = [day('a', '2026-11-14', 1), day('a', '2026-11-15', 1), day('b', '2026-11-22', 1)];
  expect(chooseDaysToDrop(partitions, { retentionDays: 7, bytesMax: 100 }, now)).toEqual([partitions[0]]);
});

test('a table may keep its days for longer, never for less', () => {
  const partitions = [day('a', '2026-11-12', 1), day('a', '2026-11-13', 1), day('b', '2026-11-14', 1)];
  const limits = { retentionDays: 7, bytesMax: 100, longerDays: new Map([['a', 9]]) };
  expect(chooseDaysToDrop(partitions, limits, now)).toEqual([partitions[0], partitions[2]]);
  const shorter = { ...limits, longerDays: new Map([['a', 1]]) };
  const kept = day('a', '2026-11-15', 1);
  expect(chooseDaysToDrop([...partitions, kept], shorter, now)).toEqual(partitions);
});

test('a size that is exceeded takes the oldest day of every table, and the newest day stays', () => {
  const partitions = [
    day('a', '2026-11-20', 50),
    day('b', '2026-11-20', 10),
    day('a', '2026-11-21', 50),
    day('a', '2026-11-22', 500),
  ];
  const limits = { retentionDays: 7, bytesMax: 560 };
  expect(chooseDaysToDrop(partitions, limits, now)).toEqual(partitions.slice(0, 2));
  expect(chooseDaysToDrop(partitions, { ...limits, bytesMax: 1 }, now)).toEqual(partitions.slice(0, 3));
});

test('today stays although something is dated tomorrow', () => {
  const partitions = [day('a', '2026-11-21', 50), day('a', '2026-11-22', 500), day('a', '2026-11-23', 1)];
  expect(chooseDaysToDrop(partitions, { retentionDays: 7, bytesMax: 1 }, now)).toEqual(partitions.slice(0, 1));
});

test('what is dropped is never newer than what is kept, and enough', () => {
  const partition = fc.record({
    table: fc.constantFrom('a', 'b'),
    day: fc.integer({ min: 10, max: 22 }).map((n) => `2026-11-${n}`),
    bytes: fc.integer({ min: 0, max: 100 }),
    parts: fc.constant(1),
  });
  fc.assert(
    fc.property(fc.array(partition), fc.integer({ min: 0, max: 600 }), (partitions, bytesMax) => {
      const dropped = new Set(chooseDaysToDrop(partitions, { retentionDays: 5, bytesMax }, now));
      const kept = partitions.filter((p) => !dropped.has(p));
      const keptDays = new Set(kept.map((p) => p.day));
      for (const gone of dropped) expect(kept.every((p) => p.day > gone.day)).toBe(true);
      expect(kept.reduce((sum, p) => sum + p.bytes, 0) <= bytesMax || keptDays.size === 1).toBe(true);
    }),
  );
});
