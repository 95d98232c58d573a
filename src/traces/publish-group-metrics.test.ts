import { inspect } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { MetricDatum, Metrics } from '../metrics/index.ts';
import type { TelemetryStore } from '../stores/telemetry/store.ts';
import { makeSegment, putDocuments } from './acceptance/plane-client.fixture.ts';
import { publishMinute } from './publish-group-metrics.ts';
import { newId, newTraceId, startTestPlane, type TestPlane } from './test-plane.fixture.ts';

let plane: TestPlane;
const minute = Math.floor(Date.now() / 60_000) * 60_000 - 5 * 60_000;
beforeAll(async () => {
  plane = await startTestPlane({ insights: false });
});
afterAll(() => plane.stop());

async function publish(
  startMs: number,
  telemetry = plane.telemetry,
  logger = { warn: (what: unknown): void => expect.unreachable(inspect(what)) },
): Promise<Record<string, MetricDatum>> {
  const recorded: Record<string, MetricDatum> = {};
  const record: Metrics['record'] = (_scope, namespace, data) => {
    for (const datum of data) recorded[`${namespace} ${datum.dimensions.GroupName} ${datum.name}`] = datum;
  };
  const metrics = { record } as Metrics;
  await publishMinute({ telemetry, state: plane.state, metrics, logger }, startMs);
  return recorded;
}

test('a group publishes what became of its traces; one whose filter cannot be counted says so', async () => {
  const at = minute / 1000 + 5;
  await putDocuments(
    plane,
    makeSegment(at, 0.25, 'bff', { user: 'alice' }),
    makeSegment(at + 1, 0.25, 'bff', { user: 'alice', fault: true }),
    makeSegment(at + 2, 2, 'bff', { user: 'alice', error: true, throttle: true }),
    makeSegment(at + 3, 9, 'bff', { user: 'bob', fault: true }),
    makeSegment(at + 60, 9, 'bff', { user: 'alice', fault: true }),
  );
  const make = (GroupName: string, FilterExpression: string) =>
    plane.xray.CreateGroup({ GroupName, FilterExpression }, plane.context);
  await make('alice', 'user = "alice"');
  await make('causes', 'rootcause.fault.service');
  const recorded = await publish(minute);
  const countOf = (name: string) => recorded[`AWS/X-Ray ${name}`]?.value;
  expect(countOf('alice ApproximateTraceCount')).toBe(3);
  expect(countOf('alice FaultCount')).toBe(1);
  expect(countOf('alice ErrorCount')).toBe(1);
  expect(countOf('alice ThrottleCount')).toBe(1);
  expect(countOf('Default ApproximateTraceCount')).toBe(4);
  expect(countOf('Default FaultCount')).toBe(2);
  expect(countOf('Default ErrorCount')).toBe(1);
  expect(countOf('Default ThrottleCount')).toBe(1);
  const times = recorded['AWS/X-Ray alice ResponseTime']!;
  expect(times).toMatchObject({ unit: 'Seconds', timestampMs: minute });
  const counted = new Map<number, number>();
  for (const [index, value] of times.values!.entries()) {
    counted.set(value, (counted.get(value) ?? 0) + times.counts![index]!);
  }
  expect([...counted].sort(([a], [b]) => a - b)).toEqual([
    [0.25, 2],
    [2, 1],
  ]);
  expect(Object.keys(recorded).filter((name) => name.includes(' causes '))).toEqual([
    'AWS/X-Ray causes GroupFilterErrors',
  ]);
});

test('the group Default counts each trace once, where it begins, as a group of all traces does', async () => {
  const then = minute - 30 * 60_000;
  const at = then / 1000;
  const [once, twice, orphan, before, long, after] = [1, 2, 3, 4, 5, 6].map(() => newTraceId(then));
  const part = (trace_id: string, offset: number, more: object = {}) => ({
    ...makeSegment(at + offset, 0.25, 'job', {}),
    trace_id,
    ...more,
  });
  const id = newId();
  await putDocuments(
    plane,
    part(once!, 1, { id, in_progress: true, end_time: undefined }),
    part(once!, 1, { id, fault: true }),
    // Two segments without a parent: one trace all the same, told by the first.
    part(twice!, 3, { error: true }),
    part(twice!, 4, { fault: true }),
    // Its beginning was not sampled.
    part(orphan!, 5, { parent_id: newId(), fault: true }),
    part(before!, -20),
    part(before!, 10, { parent_id: newId(), fault: true }),
    part(long!, -200),
    part(long!, 20, { parent_id: newId(), fault: true }),
    part(after!, 59, { parent_id: newId() }),
    part(after!, 61, { parent_id: newId(), throttle: true, error: true }),
  );
  await plane.xray.CreateGroup({ GroupName: 'every', FilterExpression: 'duration >= 0' }, plane.context);
  for (const [offset, counts] of [
    [0, { ApproximateTraceCount: 4, FaultCount: 2, ErrorCount: 1, ThrottleCount: 1 }],
    [-1, { ApproximateTraceCount: 1, FaultCount: 0, ErrorCount: 0, ThrottleCount: 0 }],
    [1, { ApproximateTraceCount: 0, FaultCount: 0, ErrorCount: 0, ThrottleCount: 0 }],
  ] as const) {
    const recorded = await publish(then + offset * 60_000);
    for (const group of ['Default', 'every']) {
      const told = Object.keys(counts).map((name) => [name, recorded[`AWS/X-Ray ${group} ${name}`]?.value]);
      expect([group, offset, Object.fromEntries(told)]).toEqual([group, offset, counts]);
    }
    const times = (group: string) => {
      const { values = [], counts: all = [] } = recorded[`AWS/X-Ray ${group} ResponseTime`] ?? {};
      const sums = new Map<number, number>();
      for (const [index, value] of values.entries()) sums.set(value, (sums.get(value) ?? 0) + all[index]!);
      return sums;
    };
    expect(times('Default')).toEqual(times('every'));
  }
});

test('a minute without traces counts none, in groups that somebody made', async () => {
  const recorded = await publish(minute - 3_600_000);
  expect(recorded['AWS/X-Ray alice ApproximateTraceCount']?.value).toBe(0);
  expect(recorded['AWS/X-Ray alice ResponseTime']).toBeUndefined();
});

test('a minute that the store could not tell is no error of the filter, and is said', async () => {
  const outage = new Error('the engine is away');
  const query: TelemetryStore['query'] = (sql, ...rest) =>
    sql.includes('DISTINCT account') ? plane.telemetry.query(sql, ...rest) : Promise.reject(outage);
  const telemetry = new Proxy(plane.telemetry, {
    get: (store, name) => (name === 'query' ? query : Reflect.get(store, name)),
  });
  const warned: unknown[] = [];
  const recorded = await publish(minute, telemetry, { warn: (what) => void warned.push(what) });
  expect(Object.keys(recorded)).toEqual(['AWS/X-Ray causes GroupFilterErrors']);
  expect(warned).toContainEqual(expect.objectContaining({ error: outage, group: 'alice' }));
});
