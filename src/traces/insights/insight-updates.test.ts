import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ManualClock } from '../../platform/clock.ts';
import { silentLogger as logger } from '../../platform/logger.ts';
import { openSqliteStateStore } from '../../stores/state/sqlite.ts';
import type { StateStore } from '../../stores/state/store.ts';
import { makeInsight } from './insight.fixture.ts';
import { isEventful, toEvent, toUpdate } from './insight-events.ts';
import { InsightStore } from './insight-store.ts';
import { InsightUpdates } from './insight-updates.ts';

const dayMs = 86_400_000;
const begin = new Date('2026-03-01T12:00:00Z').getTime();
const id = (digit: number) => `01234567-89ab-4def-8123-45678900000${digit}`;
let clock: ManualClock;
let state: StateStore;
let store: InsightStore;
let updates: InsightUpdates;

beforeEach(() => {
  clock = new ManualClock(new Date(begin));
  state = openSqliteStateStore(':memory:', () => clock.now());
  store = new InsightStore(state);
  updates = new InsightUpdates({ store, clock, logger });
});
afterEach(async () => {
  await updates.stop();
  await state.close();
});

async function save(digit: number, atMs: number, more: object = {}) {
  const insight = makeInsight(id(digit), atMs, { updatedMs: atMs, ...more });
  await store.save(insight, 'absent', toEvent(insight), toUpdate(insight));
  return insight;
}

test('updates are told in order and again until they are taken, also by the next process', async () => {
  await save(1, begin);
  await save(2, begin + 1);
  const told: unknown[] = [];
  let isDown = true;
  const watcher = async ({ detail }: { detail: Readonly<Record<string, unknown>> }) => {
    told.push(detail.InsightId);
    if (isDown) throw new Error('nobody there');
  };
  updates.watch(watcher);
  await vi.waitFor(() => expect(told).toEqual([id(1)]));
  await updates.stop();
  isDown = false;
  updates = new InsightUpdates({ store, clock, logger });
  updates.watch(watcher);
  await vi.waitFor(() => expect(told).toEqual([id(1), id(1), id(2)]));
  await vi.waitFor(async () => expect(await store.pendingUpdates()).toEqual([]));
  await save(3, begin + 2);
  updates.wake();
  await vi.waitFor(() => expect(told.at(-1)).toBe(id(3)));
});

test('what is old is forgotten: closed insights with their events after thirty days, untold updates after one', async () => {
  await save(1, begin - 31 * dayMs, { state: 'CLOSED', endMs: begin - 31 * dayMs });
  await save(2, begin - 31 * dayMs);
  await save(3, begin - 3600_000, { state: 'CLOSED', endMs: begin });
  await store.trim(begin);
  expect((await store.list()).map(({ value }) => value.id)).toEqual([id(2), id(3)]);
  expect(await store.events({ account: '000000000000', region: 'us-east-1' }, id(1))).toEqual([]);
  expect(await store.events({ account: '000000000000', region: 'us-east-1' }, id(3))).toHaveLength(1);
  expect((await store.pendingUpdates()).map(({ value }) => value.detail.InsightId)).toEqual([id(3)]);
});

test('an insight is worth telling when it opens, closes, or is of other services', () => {
  const insight = makeInsight(id(1), begin);
  expect(isEventful(undefined, insight)).toBe(true);
  expect(isEventful(insight, { ...insight, updatedMs: begin + 1, clientImpact: { fault: 9, ok: 1, total: 10 } })).toBe(
    false,
  );
  expect(isEventful(insight, { ...insight, state: 'CLOSED' })).toBe(true);
  expect(isEventful(insight, { ...insight, rootCause: { name: 'other', type: '' } })).toBe(true);
  const more = { ...insight.anomalous[0]!, name: 'front' };
  expect(isEventful(insight, { ...insight, anomalous: [more, ...insight.anomalous] })).toBe(true);
});
