import { afterEach, expect, it } from 'vitest';
import { openSqliteStateStore } from '../stores/state/sqlite.ts';
import { StaleVersionError } from '../stores/state/store.ts';
import type { ClusterRecord } from './model.ts';
import { ComputeStore } from './store.ts';

const state = openSqliteStateStore(':memory:', () => new Date());
const opened: ComputeStore[] = [];

afterEach(() => {
  for (const store of opened.splice(0)) store.stop();
});

async function open(): Promise<ComputeStore> {
  const store = new ComputeStore(state);
  await store.start();
  opened.push(store);
  return store;
}

const cluster = (name: string, createdAtMs = 0): ClusterRecord => ({
  account: '000000000000',
  region: 'us-east-1',
  name,
  arn: name,
  status: 'ACTIVE',
  settings: [],
  capacityProviders: [],
  defaultCapacityProviderStrategy: [],
  tags: {},
  createdAtMs,
});

it('two processes on one store count together without losing one', async () => {
  const [one, other] = [await open(), await open()];
  await one.commit([{ mirror: one.clusters, key: 'counted', expect: 'absent', put: cluster('counted') }]);
  await other.clusters.refresh('counted');
  const count = (store: ComputeStore) =>
    store.update(store.clusters, 'counted', (known) => ({ ...known, createdAtMs: known.createdAtMs + 1 }));
  for (let round = 0; round < 20; round += 1) await Promise.all([count(one), count(other), count(one)]);
  await one.clusters.refresh('counted');
  expect(one.clusters.get('counted')!.createdAtMs).toBe(60);
});

it('a commit is all or nothing, and what was stale is known afterwards', async () => {
  const [one, other] = [await open(), await open()];
  await one.commit([{ mirror: one.clusters, key: 'a', expect: 'absent', put: cluster('a') }]);
  await other.clusters.refresh('a');
  await one.commit([{ mirror: one.clusters, key: 'a', put: cluster('a', 7) }]);
  const stale = other.commit([
    { mirror: other.clusters, key: 'b', expect: 'absent', put: cluster('b') },
    { mirror: other.clusters, key: 'a', put: cluster('a', 9) },
  ]);
  // The second write is refused, and the first with it.
  await expect(stale).rejects.toBeInstanceOf(StaleVersionError);
  expect(other.clusters.get('a')!.createdAtMs).toBe(7);
  expect(await state.get('ecs-cluster', 'b')).toBeUndefined();
});
