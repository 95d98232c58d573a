import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeCall, makeSegment, putDocuments, readGraph } from '../acceptance/plane-client.fixture.ts';
import { newId, startTestPlane, type TestPlane } from '../test-plane.fixture.ts';
import { addLinkEdges } from './add-link-edges.ts';

let plane: TestPlane;
const start = Math.floor(Date.now() / 1000) - 900;
beforeAll(async () => {
  plane = await startTestPlane({ insights: false });
});
afterAll(() => plane.stop());

/** A web request puts a message into a queue; three seconds later a worker takes it, in a trace of its own. */
function queued(at: number, more: object = {}) {
  const queue_url = 'https://sqs.us-east-1.amazonaws.com/000000000000/orders';
  const send = makeCall(at, 0.01, 'SQS', { namespace: 'aws', aws: { operation: 'SendMessage', queue_url } });
  const web = makeSegment(at, 0.1, 'web', { subsegments: [send] });
  const links = [{ trace_id: web.trace_id, id: send.id, attributes: { 'messaging.operation': 'receive' } }];
  const worker = makeSegment(at + 3.01, 0.5, 'worker', { links, ...more });
  return { web, send, worker };
}

const linkEdges = async (from: number, to: number) => {
  const services = await readGraph(plane, from, to);
  return services.flatMap((service) =>
    (service.Edges ?? [])
      .filter(({ EdgeType }) => EdgeType === 'link')
      .map((edge) => ({ from: service, to: services[edge.ReferenceId!]!, edge })),
  );
};

test('a message links the queue with whoever takes it, with its age, and no client stands before that', async () => {
  const [first, second] = [queued(start), queued(start + 1, { fault: true })];
  // The order of arrival does not matter, nor does a repetition.
  await putDocuments(plane, first.worker, first.web, second.web, second.worker, first.worker);
  const found = await linkEdges(start - 5, start + 60);
  expect(found).toHaveLength(1);
  const { from, to, edge } = found[0]!;
  expect([from.Name, from.Type, to.Name]).toEqual(['orders', 'AWS::SQS::Queue', 'worker']);
  expect(edge).toMatchObject({
    EdgeType: 'link',
    SummaryStatistics: { TotalCount: 2, OkCount: 1, FaultStatistics: { TotalCount: 1 } },
    ReceivedEventAgeHistogram: [{ Value: 3, Count: 2 }],
    ResponseTimeHistogram: [],
  });
  const services = await readGraph(plane, start - 5, start + 60);
  expect(services.map(({ ReferenceId }) => ReferenceId)).toEqual(services.map((_, index) => index));
  expect(services.filter(({ Type }) => Type === 'client').map(({ Name }) => Name)).toEqual(['web']);
});

test('the map of one trace shows what it is linked with, either way', async () => {
  const { web, worker } = queued(start + 100);
  await putDocuments(plane, web, worker);
  const names = async (traceId: string) => {
    const { Services = [] } = await plane.xray.GetTraceGraph({ TraceIds: [traceId] }, plane.context);
    return Services.filter(({ Type }) => Type !== 'client')
      .map(({ Name }) => Name)
      .sort();
  };
  expect(await names(worker.trace_id)).toEqual(['orders', 'worker']);
  expect(await names(web.trace_id)).toEqual(['orders', 'web', 'worker']);
  const links = async (traceId: string) => {
    const route = plane.traces.routes!.find(({ path }) => path === '/_hatoba/traces/links')!;
    let body = '';
    const response = { writeHead: () => response, end: (text: string) => (body = text) };
    await route.handle({} as never, response as never, new URL(`http://x/?traceId=${traceId}`));
    return JSON.parse(body);
  };
  expect(await links(worker.trace_id)).toMatchObject({
    before: [{ traceId: web.trace_id, name: 'web', startTime: web.start_time, ownId: worker.id }],
    after: [],
  });
  expect(await links(web.trace_id)).toMatchObject({
    before: [],
    after: [{ traceId: worker.trace_id, name: 'worker' }],
  });
});

test('OpenTelemetry: a consumer whose span links to what a producer sent, as span kinds say', async () => {
  const at = start + 400;
  const hex = (digit: string) => digit.repeat(32);
  const nanos = (offset: number) => `${Math.round((at + offset) * 1e6)}000`;
  const span = (traceId: string, spanId: string, kind: number, from: number, more: object = {}) => ({
    traceId,
    spanId,
    kind,
    name: 'orders',
    startTimeUnixNano: nanos(from),
    endTimeUnixNano: nanos(from + 0.1),
    attributes: [{ key: 'messaging.destination.name', value: { stringValue: 'orders' } }],
    ...more,
  });
  const [server, producer, consumer] = [newId(), newId(), newId()];
  const ofService = (name: string, ...spans: object[]) => ({
    resource: { attributes: [{ key: 'service.name', value: { stringValue: name } }] },
    scopeSpans: [{ spans }],
  });
  const resourceSpans = [
    ofService('checkout', span(hex('a'), server, 2, 0), span(hex('a'), producer, 4, 0.01, { parentSpanId: server })),
    ofService('shipping', span(hex('b'), consumer, 5, 5, { links: [{ traceId: hex('a'), spanId: producer }] })),
  ];
  const response = await fetch(`http://127.0.0.1:${plane.traces.ports.otlpHttp}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans }),
  });
  expect(await response.json()).toEqual({});
  const [found] = await linkEdges(at - 1, at + 60);
  expect(found!.to.Name).toBe('shipping');
  const services = await readGraph(plane, at - 1, at + 60);
  const checkout = services.find(({ Name, Type }) => Name === 'checkout' && Type !== 'client')!;
  expect(services[checkout.Edges![0]!.ReferenceId!]!.Name).toBe(found!.from.Name);
  expect(found!.edge.ReceivedEventAgeHistogram).toEqual([{ Value: 4.9, Count: 1 }]);
});

test('a retrieval names the traces that its services are linked with', async () => {
  const { web, worker } = queued(start + 200);
  await putDocuments(plane, web, worker);
  const range = { StartTime: new Date(start * 1000), EndTime: new Date((start + 600) * 1000) };
  const TraceIds = [web.trace_id, worker.trace_id];
  const { RetrievalToken = '' } = await plane.xray.StartTraceRetrieval({ TraceIds, ...range }, plane.context);
  const { Services = [] } = await plane.xray.GetRetrievedTracesGraph({ RetrievalToken }, plane.context);
  const ofWorker = Services.find(({ Service }) => Service?.Name === 'worker')!;
  expect(ofWorker.Links).toEqual([
    { ReferenceType: 'link', SourceTraceId: web.trace_id, DestinationTraceIds: [worker.trace_id] },
  ]);
});

test('links that nobody can follow are left out: unknown traces, nonsense, more than a hundred', async () => {
  const nonsense = [
    { trace_id: 'x', id: 'y' },
    7,
    null,
    { trace_id: `1-${'a'.repeat(8)}-${'b'.repeat(24)}`, id: 'c'.repeat(16) },
  ];
  const many = Array.from({ length: 500 }, () => nonsense[3]);
  expect(await putDocuments(plane, makeSegment(start + 300, 0.1, 'odd', { links: [...nonsense, ...many] }))).toEqual(
    [],
  );
  expect(await putDocuments(plane, makeSegment(start + 300, 0.1, 'odder', { links: 'none' }))).toEqual([]);
  expect(await linkEdges(start + 290, start + 320)).toEqual([]);
  const [{ count } = { count: '' }] = await plane.telemetry.query<{ count: string }>(
    "SELECT count() AS count FROM span_links WHERE name = 'odd'",
  );
  expect(Number(count)).toBeLessThanOrEqual(100);
});

test('without links a map is what it was', () => {
  const services = [{ ReferenceId: 0, Name: 'a', Type: '', Edges: [] }];
  expect(addLinkEdges(services, [], '1')).toEqual(services);
});
