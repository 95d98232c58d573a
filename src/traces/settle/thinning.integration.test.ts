import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../platform/clock.ts';
import { countTracesByMinute } from '../find-traces.ts';
import { buildGraph } from '../graph/build-graph.ts';
import type { SegmentDocument } from '../model.ts';
import type { Settling } from './index.ts';
import { callRoute } from './route.fixture.ts';
import { dyingStore, newId, openSettleStore, type SettleStore, scope, settleAll } from './settle-store.fixture.ts';

let own: SettleStore;
beforeAll(async () => {
  own = await openSettleStore();
});
afterAll(() => own.stop());

const dayMs = 86_400_000;
const day = Math.floor(Date.now() / dayMs) * dayMs - 4 * dayMs;
const thinning = {
  policy: { dayBytesMin: 1, slowestShare: 0.01, rareBelow: 5, sampleShare: 0.1 },
  diskBytesMax: 1e12,
  retentionDays: 30,
  scope,
};
const range = { ...scope, startMs: day, endMs: day + 2 * dayMs };

/** One request of each number: some fail, three take a way of their own, all make a call. */
function request(number: number, hour: number): SegmentDocument {
  const start_time = (day + hour * 3_600_000 + number * 1000) / 1000;
  const end_time = start_time + 0.1 + number / 1e4;
  const name = number < 3 ? `odd-${number}` : 'front';
  return {
    id: newId(),
    trace_id: newId() + newId(),
    name,
    start_time,
    end_time,
    ...(number % 50 === 7 ? { fault: true } : {}),
    http: { request: { method: 'GET', url: `http://front/items/${number}` }, response: { status: 200 } },
    subsegments: [{ id: newId(), name: 'db', namespace: 'remote', start_time, end_time: start_time + 0.05 }],
  };
}

async function readMap(settling: Settling) {
  const now = systemClock.now();
  const { nodes, edges } = await settling.readGroups(range, now);
  return buildGraph(nodes, edges, scope.account, now);
}

const numberOf = async (sql: string) => Number((await own.telemetry.query<{ n: string }>(sql))[0]?.n);

test('an old day keeps what matters and weights for the rest; counts stay, wherever it is killed', async () => {
  const documents = [10, 15].flatMap((hour) => Array.from({ length: 400 }, (_, number) => request(number, hour)));
  // One goes on after midnight.
  const long = documents.at(-1)!;
  await own.store([
    ...documents,
    { ...request(399, 24.5), trace_id: long.trace_id!, parent_id: long.id, name: 'late' },
  ]);
  await settleAll(own.begin());
  const before = await readMap(await looked());

  for (let calls = 0; ; calls += 1) {
    const telemetry = dyingStore(own.telemetry, calls);
    await own
      .begin({ telemetry, thinning })
      .step()
      .catch(() => {});
    if (!telemetry.isDead) break;
    if (calls > 60) throw new Error('it never gets done');
  }

  const settling = own.begin({ thinning });
  await settleAll(settling);
  expect(await readMap(settling)).toEqual(before);
  const traces = await numberOf('SELECT uniqExact(trace_id) AS n FROM segments');
  expect(traces).toBeGreaterThan(800 * 0.1);
  expect(traces).toBeLessThan(800 * 0.2);
  expect(await numberOf('SELECT countIf(fault = 1) AS n FROM segments')).toBe(16);
  expect(await numberOf("SELECT countIf(name LIKE 'odd-%') AS n FROM segments")).toBe(6);
  expect(await numberOf('SELECT uniqExact(trace_id) AS n FROM calls')).toBe(traces);
  const counted = await countTracesByMinute(own.telemetry, {
    ...range,
    rangeType: 'TraceId',
    filterExpression: '',
    groups: new Map(),
  });
  expect(counted.reduce((sum, { count }) => sum + count, 0)).toBe(800);
  expect(traces + (await settling.countThinned(scope, range))).toBe(800);
  // What has no row weighs one.
  const isDone = `is_done = 1 AND day = toDateTime(${day / 1000}, 'UTC')`;
  expect(await numberOf(`SELECT count() AS n FROM trace_thinned WHERE ${isDone}`)).toBe(1);
  expect(
    await numberOf(`SELECT ${traces} + sum(toInt64(weight) - 1) AS n FROM trace_weights
      WHERE weight > 0 AND version IN (SELECT version FROM trace_thinned WHERE ${isDone})`),
  ).toBe(800);
}, 120_000);

test('a group keeps its traces; what each day saved is told', async () => {
  const other = await openSettleStore();
  const groupsDay = Array.from({ length: 200 }, (_, number) => request(number + 10, 8));
  const kept = groupsDay.slice(0, 60).map((document) => ({ ...document, name: 'payments' }));
  await other.store([
    ...groupsDay,
    ...kept.map((document) => ({ ...document, trace_id: newId() + newId(), id: newId() })),
  ]);
  await other.state.commit([
    {
      kind: 'xray-group',
      key: `${scope.account}/${scope.region}/Payments`,
      expect: 'absent',
      put: {
        GroupName: 'Payments',
        GroupARN: 'arn:aws:xray:::group/Payments',
        FilterExpression: 'service("payments")',
      },
    },
  ]);
  const settling = other.begin({ thinning });
  const [read, change] = settling.routes();
  await callRoute(change!, { groupKeepDays: { Payments: 30 }, policy: { sampleShare: 0.05 } });
  await expect(callRoute(change!, { groupKeepDays: { Nobody: 30 } })).rejects.toThrow('Group not found: Nobody');
  await expect(callRoute(change!, { policy: { sampleShare: 2 } })).rejects.toThrow('policy.sampleShare');
  await settleAll(settling);
  const [row] = await other.telemetry.query<{ n: string }>("SELECT count() AS n FROM segments WHERE name = 'payments'");
  expect(Number(row?.n)).toBe(60);
  const told = await callRoute(read!);
  expect(told).toMatchObject({ policy: { sampleShare: 0.05, hotHours: 48 }, groupKeepDays: { Payments: 30 } });
  expect(told.days).toHaveLength(1);
  expect(told.days[0]).toMatchObject({ isDone: true, traces: 260, kept: { grouped: 60, problem: 4 } });
  expect(told.days[0].bytesAfter).toBeGreaterThan(0);
  expect(told.totals.thinned).toBe(told.days[0].thinned);
  await other.stop();
}, 120_000);

test('of a group whose traces can no longer be told nothing is thinned, and thinning goes on', async () => {
  const other = await openSettleStore();
  await other.store(Array.from({ length: 100 }, (_, number) => request(number + 10, 8)));
  const group = { GroupName: 'Kept', GroupARN: 'arn:aws:xray:::group/Kept', FilterExpression: 'service("front")' };
  const key = `${scope.account}/${scope.region}/Kept`;
  await other.state.commit([{ kind: 'xray-group', key, expect: 'absent', put: group }]);
  await callRoute(other.begin({ thinning }).routes()[1]!, { groupKeepDays: { Kept: 30 } });
  const { version } = (await other.state.get('xray-group', key))!;
  const changed = { ...group, FilterExpression: 'rootcause.fault.service' };
  await other.state.commit([{ kind: 'xray-group', key, expect: version, put: changed }]);
  const settling = other.begin({ thinning });
  await settleAll(settling);
  const { days } = await callRoute(settling.routes()[0]!);
  expect(days).toMatchObject([{ isDone: true, thinned: 0, kept: { grouped: 100 } }]);
  await other.stop();
}, 120_000);

test('what arrives for a thinned day is added to its counts', async () => {
  const settling = own.begin({ thinning });
  await settleAll(settling);
  const requests = async () =>
    (await readMap(settling)).find(({ Name }) => Name === 'front')!.SummaryStatistics!.TotalCount!;
  const before = await requests();
  await own.store([request(100, 10), request(200, 15)]);
  await settleAll(settling);
  expect(await requests()).toBe(before + 2);
}, 120_000);

async function looked(): Promise<Settling> {
  const settling = own.begin();
  await settleAll(settling);
  return settling;
}
