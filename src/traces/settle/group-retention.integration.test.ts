import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../platform/clock.ts';
import { groupKind } from '../api/groups.ts';
import { buildGraph } from '../graph/build-graph.ts';
import type { SegmentDocument } from '../model.ts';
import type { Settling } from './index.ts';
import { callRoute } from './route.fixture.ts';
import { dyingStore, newId, openSettleStore, type SettleStore, scope, settleAll } from './settle-store.fixture.ts';
import { forgetGroup, longestGroupDays } from './thinning-policy.ts';

const dayMs = 86_400_000;
const day = Math.floor(Date.now() / dayMs) * dayMs - 11 * dayMs;
const thinning = { policy: { isOn: false }, diskBytesMax: 1e12, retentionDays: 30, scope };
const range = { ...scope, startMs: day, endMs: day + 2 * dayMs };

/** A request of the day that goes through these services, one after the other. */
function request(hour: number, number: number, services: readonly string[], trace = newId() + newId()) {
  const start_time = (day + hour * 3_600_000 + number * 1000) / 1000;
  let parent: string | undefined;
  return services.map((name): SegmentDocument => {
    const id = newId();
    const call = newId();
    const document = {
      id,
      trace_id: trace,
      name,
      start_time,
      end_time: start_time + 0.2,
      ...(parent ? { parent_id: parent } : {}),
      subsegments: [{ id: call, name: 'next', namespace: 'remote', start_time, end_time: start_time + 0.1 }],
    };
    parent = call;
    return document;
  });
}

async function openWithGroups(groups: Record<string, string>): Promise<SettleStore> {
  const store = await openSettleStore();
  for (const [GroupName, FilterExpression] of Object.entries(groups)) {
    const put = { GroupName, GroupARN: `arn:aws:xray:::group/${GroupName}`, FilterExpression };
    const key = `${scope.account}/${scope.region}/${GroupName}`;
    await store.state.commit([{ kind: groupKind, key, expect: 'absent', put }]);
  }
  return store;
}

const groups = { health: 'service("health")', payments: 'service("payments")', causes: 'rootcause.fault.service' };
let own: SettleStore;
beforeAll(async () => {
  own = await openWithGroups(groups);
});
afterAll(() => own.stop());

const readTraces = async (store: SettleStore, where = 'true') => {
  const rows = await store.telemetry.query<{ id: string }>(
    `SELECT DISTINCT toString(trace_id) AS id FROM segments WHERE ${where} ORDER BY id`,
  );
  return rows.map(({ id }) => id);
};
const idsOf = (documents: readonly SegmentDocument[]) => [...new Set(documents.map((one) => one.trace_id!))].sort();

async function readMap(settling: Settling) {
  const now = systemClock.now();
  const { nodes, edges } = await settling.readGroups(range, now);
  return buildGraph(nodes, edges, scope.account, now);
}

async function settled(store: SettleStore, more: Parameters<SettleStore['begin']>[0] = {}): Promise<Settling> {
  const settling = store.begin(more);
  await settleAll(settling);
  // One account and day goes in each round.
  for (let round = 0; round < 5; round += 1) await settling.step();
  return settling;
}

test('what belongs to a group goes after its days, and stays if another group keeps it; counts stay, wherever it is killed', async () => {
  const many = (services: string[], hour: number) =>
    Array.from({ length: 40 }, (_, number) => request(hour, number, services)).flat();
  const health = [...many(['health'], 3), ...many(['front', 'health'], 7)];
  const both = many(['payments', 'health'], 7);
  const rest = [...many(['payments'], 3), ...many(['front'], 7)];
  // Begins before midnight, and belongs to the group by what it did after it.
  const late = request(23.95, 0, ['front', 'health']).map((one, index) =>
    index === 0 ? one : { ...one, start_time: one.start_time + 600, end_time: one.start_time + 601 },
  );
  await own.store([...health, ...both, ...rest, ...late]);
  const before = await readMap(await settled(own));
  const change = own.begin({ thinning }).routes()[1]!;
  await callRoute(change, { groupKeepDays: { health: 3, payments: 20 } });

  const count = async (sql: string) => Number((await own.telemetry.query<{ n: string }>(sql))[0]?.n);
  const markedAs = (isDone: 0 | 1) => count(`SELECT count() AS n FROM trace_removed WHERE is_done = ${isDone}`);
  for (let attempt = 0; (await markedAs(1)) === 0; attempt += 1) {
    // Once all is decided, it dies after every single deletion.
    const telemetry = dyingStore(own.telemetry, (await markedAs(0)) === 0 ? attempt : 1);
    await own
      .begin({ thinning, telemetry })
      .step()
      .catch(() => {});
    if (attempt > 80) throw new Error('it never gets done');
  }
  expect(await markedAs(0)).toBe(1);

  const settling = await settled(own, { thinning });
  expect(await readTraces(own)).toEqual(idsOf([...both, ...rest]));
  expect(await readTraces(own, "name = 'health'")).toEqual(idsOf(both));
  expect(await count('SELECT uniqExact(trace_id) AS n FROM calls')).toBe(idsOf([...both, ...rest]).length);
  expect(await readMap(settling)).toEqual(before);
  // What is gone is known of: 40 and 40 and the one over midnight.
  expect(await settling.countThinned(scope, range)).toBe(81);
  const told = await callRoute(settling.routes()[0]!);
  expect(told).toMatchObject({
    retentionDays: 30,
    groupKeepDays: { health: 3, payments: 20 },
    totals: { removed: 81 },
  });
  const [first] = told.removals;
  expect(told.removals).toHaveLength(1);
  expect(first).toMatchObject({ isDone: true, groups: { health: 81 }, removed: 81, removedDocuments: 122 });
  expect(first.day).toBe(new Date(day).toISOString().slice(0, 10));
}, 180_000);

test('what comes late for a day that was gone through is counted, and goes as well', async () => {
  const requests = async (settling: Settling) =>
    (await readMap(settling)).find(({ Name }) => Name === 'health')!.SummaryStatistics!.TotalCount!;
  const before = await requests(await settled(own));
  const stored = await readTraces(own);
  const late = request(5, 0, ['health']);
  const kept = request(5, 1, ['payments', 'health']);
  await own.store([...late, ...kept]);
  const settling = await settled(own, { thinning });
  expect(await requests(settling)).toBe(before + 2);
  expect(await readTraces(own)).toEqual([...stored, ...idsOf(kept)].sort());
}, 120_000);

test('a group that is no more keeps nothing and loses nothing; one by root causes can have no retention', async () => {
  const settling = own.begin({ thinning });
  const change = settling.routes()[1]!;
  await expect(callRoute(change, { groupKeepDays: { causes: 3 } })).rejects.toThrow('Root causes');
  await callRoute(change, { groupKeepDays: { payments: 400 } });
  expect((await longestGroupDays(own.state)).get('segments')).toBe(400);
  expect((await longestGroupDays(own.state)).get('metric_data')).toBeUndefined();
  await own.state.commit(await forgetGroup(own.state, scope, 'payments'));
  expect(await callRoute(settling.routes()[0]!)).toMatchObject({ groupKeepDays: { health: 3 } });
  expect((await longestGroupDays(own.state)).get('segments')).toBe(3);
});

test('a group keeps its traces for longer than all else, other accounts included', async () => {
  const store = await openWithGroups(groups);
  const front = request(7, 0, ['front']);
  const payments = request(7, 1, ['payments', 'front']);
  // Goes on after midnight, where nothing tells whose it is.
  const trace = newId() + newId();
  const long = [...request(23.6, 0, ['payments'], trace), ...request(24.2, 0, ['front'], trace)];
  await store.store([...front, ...payments, ...long]);
  await store.store(request(8, 0, ['payments']), 'eu-west-1');
  const before = await readMap(await settled(store));
  const gone: [source: string, documents: number][] = [];
  const onRemoved = (source: string, documents: number) => {
    gone.push([source, documents]);
  };
  const retention = { thinning: { ...thinning, retentionDays: 5 }, onRemoved };
  await callRoute(store.begin(retention).routes()[1]!, { groupKeepDays: { payments: 20 } });
  const settling = await settled(store, retention);
  expect(await readTraces(store)).toEqual(idsOf([...payments, ...long]));
  const [parts] = await store.telemetry.query<{ n: string }>(
    `SELECT count() AS n FROM segments WHERE trace_id = '${trace}'`,
  );
  expect(Number(parts?.n)).toBe(2);
  expect(await readMap(settling)).toEqual(before);
  const told = await callRoute(settling.routes()[0]!);
  expect(told.removals).toMatchObject([{ groups: { '': 1 }, removed: 1, isDone: true }]);
  expect(gone).toEqual([
    ['api', 1],
    ['api', 1],
  ]);
  await store.stop();
}, 180_000);
