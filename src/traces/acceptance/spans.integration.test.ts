import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId, startTestPlane, type TestPlane } from '../test-plane.fixture.ts';
import { edgesIn, findTraceIds, putDocuments, readDocuments, readGraph } from './plane-client.fixture.ts';

let plane: TestPlane;
beforeAll(async () => {
  plane = await startTestPlane();
});
afterAll(() => plane.stop());

const now = Math.floor(Date.now() / 1000);
const attributesOf = (values: Record<string, string | number | readonly string[]>) =>
  Object.entries(values).map(([key, value]) => ({ key, value: toAnyValue(value) }));

function toAnyValue(value: string | number | readonly string[]): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'number') return { intValue: value };
  return { arrayValue: { values: value.map(toAnyValue) } };
}

interface TestSpan {
  traceId: string;
  spanId?: string;
  parentSpanId?: string;
  kind: number;
  name?: string;
  start: number;
  seconds?: number;
  attributes?: Record<string, string | number | readonly string[]>;
  events?: object[];
  status?: object;
}

async function postSpans(service: string, spans: TestSpan[], resource: Record<string, string | string[]> = {}) {
  const body = {
    resourceSpans: [
      {
        resource: { attributes: attributesOf({ 'service.name': service, ...resource }) },
        scopeSpans: [
          {
            spans: spans.map(({ start, seconds = 1, attributes = {}, ...span }) => ({
              spanId: newId(),
              name: 'work',
              ...span,
              attributes: attributesOf(attributes),
              startTimeUnixNano: `${Math.round(start * 1e6)}000`,
              endTimeUnixNano: `${Math.round((start + seconds) * 1e6)}000`,
            })),
          },
        ],
      },
    ],
  };
  const response = await fetch(`http://127.0.0.1:${plane.traces.ports.otlpHttp}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(await response.json()).toEqual({});
}

const toXray = (hex: string) => `1-${hex.slice(0, 8)}-${hex.slice(8)}`;
let traces = 0;
const newW3cId = () => {
  traces += 1;
  return `fe${traces.toString(16).padStart(30, '7')}`;
};

test('a random W3C trace id is found by both of its forms and by the time of its spans, not by its digits', async () => {
  const traceId = newW3cId();
  const start = now - 900;
  await postSpans('random', [{ traceId, kind: 2, start }]);
  for (const id of [traceId, toXray(traceId)]) {
    const { Traces } = await plane.xray.BatchGetTraces({ TraceIds: [id] }, plane.context);
    expect(Traces!.map(({ Id }) => Id)).toEqual([toXray(traceId)]);
  }
  expect(await findTraceIds(plane, start, start + 10, 'service("random")')).toEqual([toXray(traceId)]);
  expect(await findTraceIds(plane, start - 100, start, 'service("random")')).toEqual([]);
});

describe('spans become what their segments would be', () => {
  test('old and stable HTTP conventions give the same segment', async () => {
    const conventions: Record<string, string | number>[] = [
      {
        'http.method': 'POST',
        'http.scheme': 'https',
        'http.host': 'shop.example.com',
        'http.target': '/cart?id=1',
        'http.status_code': 503,
        'http.user_agent': 'test/1',
        'http.client_ip': '10.1.2.3',
      },
      {
        'http.request.method': 'POST',
        'url.scheme': 'https',
        'server.address': 'shop.example.com',
        'url.path': '/cart',
        'url.query': 'id=1',
        'http.response.status_code': 503,
        'user_agent.original': 'test/1',
        'client.address': '10.1.2.3',
      },
    ];
    const documents = [];
    for (const attributes of conventions) {
      const traceId = newW3cId();
      await postSpans('shop', [{ traceId, spanId: 'a'.repeat(16), kind: 2, start: now - 800, attributes }]);
      const [{ trace_id: _id, metadata: _rest, ...document }] = await readDocuments(plane, toXray(traceId));
      documents.push(document);
    }
    expect(documents[0]).toMatchObject({
      name: 'shop',
      fault: true,
      http: {
        request: {
          method: 'POST',
          url: 'https://shop.example.com/cart?id=1',
          client_ip: '10.1.2.3',
          user_agent: 'test/1',
        },
        response: { status: 503 },
      },
    });
    expect(documents[1]).toEqual(documents[0]);
  });

  test('an exception event gives an exception with its stack', async () => {
    const traceId = newW3cId();
    const stack = 'TypeError: x is undefined\n    at total (/app/cart.js:12:7)\n    at async handle (/app/main.js:3:1)';
    const event = {
      name: 'exception',
      timeUnixNano: `${now}000000000`,
      attributes: attributesOf({
        'exception.type': 'TypeError',
        'exception.message': 'x is undefined',
        'exception.stacktrace': stack,
      }),
    };
    await postSpans('cart', [{ traceId, kind: 2, start: now - 700, events: [event], status: { code: 2 } }], {
      'telemetry.sdk.language': 'nodejs',
    });
    const [document] = await readDocuments(plane, toXray(traceId));
    expect(document).toMatchObject({
      fault: true,
      cause: {
        exceptions: [
          {
            type: 'TypeError',
            message: 'x is undefined',
            remote: false,
            stack: [
              { path: '/app/cart.js', line: 12, label: 'total' },
              { path: '/app/main.js', line: 3 },
            ],
          },
        ],
      },
    });
  });

  test('a producer and its consumer are two nodes with an edge between them', async () => {
    const traceId = newW3cId();
    const [sender, send] = [newId(), newId()];
    const start = now - 600;
    await postSpans('sender', [
      { traceId, spanId: sender, kind: 2, start },
      {
        traceId,
        spanId: send,
        parentSpanId: sender,
        kind: 4,
        start: start + 0.1,
        seconds: 0.1,
        attributes: { 'messaging.system': 'kafka' },
      },
    ]);
    await postSpans('receiver', [{ traceId, parentSpanId: send, kind: 5, start: start + 0.5 }]);
    expect(edgesIn(await readGraph(plane, start - 5, start + 5))).toEqual([
      'sender -> receiver 1',
      'sender [client] -> sender 1',
    ]);
  });

  test('a database call by the stable convention gives an SQL block and a database node', async () => {
    const traceId = newW3cId();
    const parent = newId();
    const attributes = {
      'db.system.name': 'postgresql',
      'db.namespace': 'orders',
      'server.address': 'db.internal',
      'db.query.text': 'SELECT * FROM orders WHERE id = $1',
    };
    const start = now - 500;
    await postSpans('api', [
      { traceId, spanId: parent, kind: 2, start },
      { traceId, parentSpanId: parent, kind: 3, start, attributes },
    ]);
    const [segment, inferred] = await readDocuments(plane, toXray(traceId));
    expect(segment.subsegments[0].sql).toMatchObject({
      database_type: 'postgresql',
      connection_string: 'db.internal/orders',
      sanitized_query: attributes['db.query.text'],
    });
    expect(inferred).toMatchObject({ name: 'orders@db.internal', inferred: true });
    expect(edgesIn(await readGraph(plane, start - 5, start + 5))).toContain(
      'api -> orders@db.internal [Database::SQL] 1',
    );
  });

  test('the resource detector of ECS names the task, the platform and the log groups', async () => {
    const traceId = newW3cId();
    const task = 'arn:aws:ecs:us-east-1:000000000000:task/main/0123456789abcdef0123456789abcdef';
    await postSpans('detected', [{ traceId, kind: 2, start: now - 400 }], {
      'cloud.provider': 'aws',
      'cloud.platform': 'aws_ecs',
      'aws.ecs.launchtype': 'fargate',
      'aws.ecs.task.arn': task,
      'container.name': 'ip-172-31-0-9',
      'aws.log.group.names': ['/ecs/detected'],
    });
    const [document] = await readDocuments(plane, toXray(traceId));
    expect(document).toMatchObject({
      origin: 'AWS::ECS::Fargate',
      aws: { ecs: { task_arn: task, container: 'ip-172-31-0-9' }, cloudwatch_logs: [{ log_group: '/ecs/detected' }] },
    });
  });
});

describe('Zipkin', () => {
  test('what the real exporter of OpenTelemetry posts makes services, edges and errors', async () => {
    // The exporter and the SDK that it was made for come with the SDK for Node.
    const ofSdk = createRequire(createRequire(import.meta.url).resolve('@opentelemetry/sdk-node'));
    const { ZipkinExporter } = ofSdk('@opentelemetry/exporter-zipkin');
    const { BasicTracerProvider, SimpleSpanProcessor } = ofSdk('@opentelemetry/sdk-trace-base');
    const { resourceFromAttributes } = ofSdk('@opentelemetry/resources');
    const { SpanKind, trace, context } = ofSdk('@opentelemetry/api');
    const url = `http://127.0.0.1:${plane.traces.ports.otlpHttp}/api/v2/spans`;
    const providers = ['front', 'back'].map(
      (serviceName) =>
        new BasicTracerProvider({
          resource: resourceFromAttributes({ 'service.name': serviceName }),
          spanProcessors: [new SimpleSpanProcessor(new ZipkinExporter({ url }))],
        }),
    );
    const [front, back] = providers.map((provider) => provider.getTracer('test')) as [any, any];
    const root = front.startSpan('GET /', { kind: SpanKind.SERVER, attributes: { 'http.response.status_code': 500 } });
    const inRoot = trace.setSpan(context.active(), root);
    const call = front.startSpan(
      'GET',
      { kind: SpanKind.CLIENT, attributes: { 'server.address': 'back.internal' } },
      inRoot,
    );
    const callee = back.startSpan('GET /x', { kind: SpanKind.SERVER }, trace.setSpan(inRoot, call));
    for (const span of [callee, call, root]) span.end();
    await Promise.all(providers.map((provider) => provider.shutdown()));

    const traceId = toXray(root.spanContext().traceId);
    const documents = await readDocuments(plane, traceId);
    // The clock of the SDK has milliseconds: both may have started in the same one.
    const byName = new Map(documents.map((document) => [document.name, document]));
    expect([...byName.keys()].sort()).toEqual(['back', 'front']);
    expect(byName.get('front')).toMatchObject({
      fault: true,
      subsegments: [{ name: 'back.internal', namespace: 'remote' }],
    });
    const { Services } = await plane.xray.GetTraceGraph({ TraceIds: [traceId] }, plane.context);
    expect(edgesIn(Services!)).toEqual(['front -> back 1', 'front [client] -> front 1']);
  });

  test('a client and a server that share a span id, as in B3, are a call and its callee', async () => {
    const traceId = '00000000000000004b2b8f1e00000001';
    const span = (service: string, kind: string, more: object) => ({
      traceId: traceId.slice(16),
      id: '00000000000000aa',
      parentId: '00000000000000bb',
      kind,
      name: 'get',
      timestamp: (now - 300) * 1e6,
      duration: 1e5,
      localEndpoint: { serviceName: service, ipv4: '10.0.0.1', port: 80 },
      ...more,
    });
    const spans = [
      span('one', 'SERVER', {
        id: '00000000000000bb',
        parentId: undefined,
        tags: { 'http.method': 'GET', 'http.status_code': '404', error: '' },
      }),
      span('one', 'CLIENT', { remoteEndpoint: { serviceName: 'two' }, annotations: [{ timestamp: 1, value: 'ws' }] }),
      span('two', 'SERVER', { shared: true }),
    ];
    const post = (body: unknown) =>
      fetch(`http://127.0.0.1:${plane.traces.ports.otlpHttp}/api/v2/spans`, {
        method: 'POST',
        body: JSON.stringify(body),
      });
    expect((await post(spans)).status).toBe(202);
    expect((await post({})).status).toBe(400);
    const documents = await readDocuments(plane, toXray(traceId));
    expect(documents.map(({ name, error }) => [name, error])).toEqual([
      ['one', true],
      ['two', undefined],
    ]);
    expect(documents[0].subsegments).toMatchObject([{ name: 'two', namespace: 'remote' }]);
  });
});

test('one trace of X-Ray documents and spans is one map', async () => {
  const traceId = newW3cId();
  const start = now - 200;
  const call = { id: newId(), name: 'otel.internal', namespace: 'remote', start_time: start, end_time: start + 1 };
  const segment = { trace_id: toXray(traceId), id: newId(), name: 'xray', start_time: start, end_time: start + 1 };
  await putDocuments(plane, { ...segment, subsegments: [call] });
  await postSpans('otel', [{ traceId, parentSpanId: call.id, kind: 2, start }]);
  const { Services } = await plane.xray.GetTraceGraph({ TraceIds: [traceId] }, plane.context);
  expect(edgesIn(Services!)).toEqual(['xray -> otel 1', 'xray [client] -> xray 1']);
});
