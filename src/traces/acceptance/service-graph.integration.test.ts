import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestPlane, type TestPlane } from '../test-plane.fixture.ts';
import {
  edgesIn,
  findTraceIds,
  makeCall,
  makeSegment,
  putDocuments,
  readDocuments,
  readGraph,
} from './plane-client.fixture.ts';

let plane: TestPlane;
beforeAll(async () => {
  plane = await startTestPlane();
});
afterAll(() => plane.stop());

const now = Math.floor(Date.now() / 1000);

test('four nodes: a client, its service, a table and a topic, with counts, histograms and whole seconds', async () => {
  const start = now - 7000;
  const durations = [0.005, 0.015, 0.157, 0.096];
  const documents = durations.map((seconds, index) => {
    const at = start + index * 10 + 0.25;
    const table = makeCall(at + 0.01, seconds, 'DynamoDB', {
      namespace: 'aws',
      aws: { operation: 'PutItem', table_name: 'players' },
      http: { response: { status: index === 3 ? 400 : 200 } },
    });
    const topic = makeCall(at + 0.2, 0.05, 'SNS', {
      namespace: 'aws',
      aws: { operation: 'Publish', topic_arn: 'arn:aws:sns:us-east-1:000000000000:scores' },
    });
    return makeSegment(at, 0.3, 'game', {
      origin: 'AWS::ECS::Container',
      http: { request: { method: 'POST', url: 'http://game/' }, response: { status: index === 2 ? 500 : 200 } },
      subsegments: index === 0 ? [table, topic] : [table],
    });
  });
  expect(await putDocuments(plane, ...documents)).toEqual([]);

  const services = await readGraph(plane, start, start + 100);
  const find = (type: string) => services.find(({ Type }) => Type === type)!;
  expect(edgesIn(services)).toEqual([
    'game [AWS::ECS::Container] -> players [AWS::DynamoDB::Table] 4',
    'game [AWS::ECS::Container] -> scores [AWS::SNS::Topic] 1',
    'game [client] -> game [AWS::ECS::Container] 4',
  ]);
  expect(services.map(({ ReferenceId }) => ReferenceId).sort()).toEqual([0, 1, 2, 3]);

  const client = find('client');
  expect(client).toMatchObject({ Name: 'game', State: 'unknown' });
  for (const key of ['SummaryStatistics', 'DurationHistogram', 'ResponseTimeHistogram']) {
    expect(client).not.toHaveProperty(key);
  }
  expect(find('AWS::ECS::Container')).toMatchObject({
    Root: true,
    State: 'active',
    SummaryStatistics: {
      OkCount: 3,
      FaultStatistics: { OtherCount: 1, TotalCount: 1 },
      TotalCount: 4,
      TotalResponseTime: 1.2,
    },
  });
  const table = find('AWS::DynamoDB::Table');
  expect(table).toMatchObject({
    State: 'unknown',
    SummaryStatistics: {
      OkCount: 3,
      ErrorStatistics: { ThrottleCount: 0, OtherCount: 1, TotalCount: 1 },
      FaultStatistics: { OtherCount: 0, TotalCount: 0 },
      TotalCount: 4,
      TotalResponseTime: 0.273,
    },
  });
  expect(table.ResponseTimeHistogram).toEqual([
    { Value: 0.005, Count: 1 },
    { Value: 0.015, Count: 1 },
    { Value: 0.096, Count: 1 },
    { Value: 0.16, Count: 1 },
  ]);
  const edge = find('AWS::ECS::Container').Edges!.find(({ ReferenceId }) => ReferenceId === table.ReferenceId)!;
  expect(edge.SummaryStatistics).toEqual(table.SummaryStatistics);
  expect(edge.Aliases).toEqual([]);
  for (const { StartTime, EndTime } of [...services, edge]) {
    expect([StartTime!.getTime() % 1000, EndTime!.getTime() % 1000]).toEqual([0, 0]);
    expect(StartTime!.getTime()).toBeGreaterThanOrEqual(start * 1000);
  }
});

test('when the callee reports late, its inferred node goes and the edge keeps the timing of the caller', async () => {
  const start = now - 6000;
  const call = makeCall(start + 0.1, 0.8, 'callee.example.com');
  const caller = makeSegment(start, 1, 'caller', { subsegments: [call] });
  await putDocuments(plane, caller);
  expect(edgesIn(await readGraph(plane, start, start + 10))).toEqual([
    'caller -> callee.example.com [remote] 1',
    'caller [client] -> caller 1',
  ]);
  expect((await readDocuments(plane, caller.trace_id)).map(({ name }) => name)).toEqual([
    'caller',
    'callee.example.com',
  ]);

  await putDocuments(plane, makeSegment(start + 0.3, 0.2, 'callee', { trace_id: caller.trace_id, parent_id: call.id }));
  const services = await readGraph(plane, start, start + 10);
  expect(edgesIn(services)).toEqual(['caller -> callee 1', 'caller [client] -> caller 1']);
  const edge = services.find(({ Name, Type }) => Name === 'caller' && Type === '')!.Edges![0]!;
  expect(edge.SummaryStatistics!.TotalResponseTime).toBe(0.8);
  expect(services.find(({ Name }) => Name === 'callee')!.SummaryStatistics!.TotalResponseTime).toBe(0.2);
  expect((await readDocuments(plane, caller.trace_id)).map(({ name }) => name)).toEqual(['caller', 'callee']);
});

test('error does not find an error that was handled further down; service(){error} does', async () => {
  const start = now - 5000;
  const call = makeCall(start + 0.1, 0.2, 'shy.example.com', { http: { response: { status: 404 } }, error: true });
  const caller = makeSegment(start, 1, 'bold', { http: { response: { status: 200 } }, subsegments: [call] });
  const callee = makeSegment(start + 0.1, 0.1, 'shy', { trace_id: caller.trace_id, parent_id: call.id, error: true });
  await putDocuments(plane, caller, callee);
  const find = (expression: string) => findTraceIds(plane, start, start + 10, expression);
  expect(await find('error')).toEqual([]);
  expect(await find('service() { error }')).toEqual([caller.trace_id]);
  expect(await find('service("shy") { error }')).toEqual([caller.trace_id]);
  expect(await find('service("bold") { error }')).toEqual([]);
});

test('each streamed call counts, however many of a kind are inside of one subsegment, for whoever holds that', async () => {
  const start = now - 3000;
  const root = makeSegment(start, 20, 'nightly');
  const { trace_id } = root;
  const step = makeSegment(start, 19, 'step', { trace_id, type: 'subsegment', parent_id: root.id });
  const part = { id: 'feedfeedfeed0001', name: 'part', start_time: start, end_time: start + 18 };
  const inner = makeSegment(start, 18, 'inner', {
    trace_id,
    type: 'subsegment',
    parent_id: step.id,
    subsegments: [part],
  });
  const nobody = makeSegment(start, 1, 'lost', { trace_id, type: 'subsegment', parent_id: 'feedfeedfeed0002' });
  const toTable = (index: number, more: object = {}) => ({
    ...makeSegment(start + index / 100, 0.001, 'DynamoDB', { trace_id, type: 'subsegment', parent_id: part.id }),
    ...{ namespace: 'aws', aws: { operation: 'PutItem', table_name: 'orders' }, ...more },
  });
  const tables = Array.from({ length: 300 }, (_, index) => toTable(index, index % 3 === 0 ? { fault: true } : {}));
  const remote = { trace_id, type: 'subsegment', namespace: 'remote' };
  const calls = [0, 1].map((index) =>
    makeSegment(start + 10 + index, 0.5, 'stock.local', { ...remote, parent_id: step.id }),
  );
  const callee = makeSegment(start + 10.1, 0.3, 'stock', { trace_id, parent_id: calls[0]!.id });
  // Whole streams come in any order, and some of it twice.
  await putDocuments(plane, ...tables.slice(0, 150), callee, inner, ...tables.slice(100), step, nobody, ...calls, root);
  const { Services = [] } = await plane.xray.GetTraceGraph({ TraceIds: [trace_id] }, plane.context);
  const expected = [
    'nightly -> orders [AWS::DynamoDB::Table] 300',
    'nightly -> stock 2',
    'nightly [client] -> nightly 1',
  ];
  expect(edgesIn(Services)).toEqual(expected);
  const table = Services.find(({ Name }) => Name === 'orders')!;
  expect(table.SummaryStatistics).toMatchObject({ OkCount: 200, FaultStatistics: { TotalCount: 100 } });
  expect(edgesIn(await readGraph(plane, start - 10, start + 100))).toEqual(expected);
});

test('a map of more than a page is of one moment: nothing comes twice while services appear', async () => {
  const start = now - 4000;
  const names = Array.from({ length: 1100 }, (_, index) => `service-${String(index).padStart(4, '0')}`);
  await putDocuments(plane, ...names.map((name) => makeSegment(start, 1, name)));
  const range = { StartTime: new Date(start * 1000), EndTime: new Date((start + 10) * 1000) };
  const seen: string[] = [];
  const references = new Set<number>();
  let NextToken: string | undefined;
  do {
    const page = await plane.xray.GetServiceGraph({ ...range, ...(NextToken ? { NextToken } : {}) }, plane.context);
    NextToken = page.NextToken;
    seen.push(...page.Services!.map(({ Name, Type }) => `${Name} ${Type}`));
    for (const { ReferenceId } of page.Services!) references.add(ReferenceId!);
    await putDocuments(plane, makeSegment(start, 1, `a-new-one-${seen.length}`));
  } while (NextToken);
  // Each service and its client.
  expect(seen.sort()).toEqual(names.flatMap((name) => [`${name} `, `${name} client`]).sort());
  expect(references.size).toBe(2200);
});
