import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { newId, newTraceId, startTestPlane, type TestPlane } from '../test-plane.fixture.ts';
import { findTraceIds, makeCall, makeSegment, putDocuments, readDocuments, readGraph } from './plane-client.fixture.ts';

// What an attacker may write into every field: it is kept and shown as it is, and means nothing to anybody on the way.

let plane: TestPlane;
beforeAll(async () => {
  plane = await startTestPlane();
});
afterAll(() => plane.stop());
afterEach(() => {
  // Nothing has reached what all objects share.
  expect(Object.keys(Object.prototype)).toEqual([]);
  for (const key in {}) expect.unreachable(key);
  expect(Object.keys(Object)).toEqual([]);
});

const now = Math.floor(Date.now() / 1000);
const hostile: [what: string, text: string][] = [
  ['SQL', `'; DROP TABLE segments; --`],
  ['SQL in a comment', `*/ UNION ALL SELECT 1 FORMAT TSV /* ' " \` \\' \\"`],
  ['a parameter of a statement', '{f0:String} {account:String} %s $1 ?'],
  ['HTML', `<script>alert(1)</script><img src=x onerror="alert(1)">&amp;`],
  ['ANSI', '\u001b[31mred\u001b[0m\u001b]0;title\u0007\r\n\t\b'],
  ['bidi', '\u202egnp.exe\u2066\u200b\ufeff'],
  ['NUL', 'a\0b\\0c\\u0000'],
  ['half a surrogate pair', 'half \ud83d of a pair \ude00'],
  ['line separators', 'a\u2028b\u2029c\u0085d'],
  ['a property of all objects', '__proto__'],
  ['another', 'constructor'],
  ['a template', '${process.exit(1)} {{7*7}} #{1} <%= 1 %>'],
  ['a shell', '$(reboot) `reboot` | reboot; reboot &'],
];

function documentOf(text: string, start: number): Record<string, any> & { trace_id: string } {
  const exception = {
    id: newId(),
    type: text,
    message: text,
    remote: false,
    stack: [{ path: text, line: 1, label: text }],
  };
  const call = makeCall(start, 1, 'constructor', {
    namespace: 'aws',
    aws: { operation: text, table_name: text, queue_url: text, request_id: text },
    sql: { url: text, sanitized_query: text, user: text },
    http: { request: { method: text, url: text } },
  });
  const remote = makeCall(start, 1, 'toString', { annotations: { [text]: text } });
  return makeSegment(start, 1, 'hostile', {
    origin: text,
    user: text,
    resource_arn: text,
    service: { version: text },
    http: { request: { method: text, url: text, user_agent: text, client_ip: text }, response: { status: text } },
    aws: { ec2: { instance_id: text, availability_zone: text }, ecs: { container: text, cluster_arn: text } },
    annotations: { [text]: text, plain: text },
    metadata: { [text]: { [text]: text } },
    fault: true,
    cause: { working_directory: text, exceptions: [exception] },
    links: [{ trace_id: text, id: text, attributes: { [text]: text } }],
    subsegments: [call, remote],
    [text]: text,
  });
}

/** As the store keeps it: half a pair is no character. */
const wellFormed = (text: string) =>
  text.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd');

describe('in every field of a document', () => {
  test.each(hostile)('%s', async (_what, text) => {
    const start = now - 3000;
    const document = documentOf(text, start);
    const neighbour = makeSegment(start, 1, 'neighbour');
    expect(await putDocuments(plane, neighbour, document)).toEqual([]);
    const [stored] = await readDocuments(plane, document.trace_id);
    expect(wellFormed(JSON.stringify(stored.cause))).toBe(wellFormed(JSON.stringify(document.cause)));
    expect(stored.metadata).toEqual(document.metadata);
    expect(stored.http).toEqual(document.http);
    // It is found by its own words, which are data in the question as well.
    const quoted = JSON.stringify(wellFormed(text)).includes('\\u') ? undefined : text.replace(/["\\]/g, '\\$&');
    if (quoted !== undefined) {
      expect(await findTraceIds(plane, start, start + 10, `user = "${quoted}"`)).toContain(document.trace_id);
      expect(await findTraceIds(plane, start, start + 10, `annotation.plain = "${quoted}"`)).toContain(
        document.trace_id,
      );
      expect(await findTraceIds(plane, start, start + 10, `http.url CONTAINS "${quoted}"`)).toContain(
        document.trace_id,
      );
    }
    const { Services } = await plane.xray.GetTraceGraph({ TraceIds: [document.trace_id] }, plane.context);
    expect(Services!.map(({ Name }) => Name)).toContain('hostile');
    expect(await readDocuments(plane, neighbour.trace_id)).toHaveLength(1);
  });

  test('they are all in the list, and on the map', async () => {
    expect(await findTraceIds(plane, now - 3000, now - 2990, 'service("hostile")')).toHaveLength(hostile.length);
    const types = (await readGraph(plane, now - 3000, now - 2990)).map(({ Type }) => wellFormed(Type!));
    for (const [, text] of hostile) expect(types).toContain(wellFormed(text));
  });
});

describe('in every attribute of a span', () => {
  const attribute = (key: string, value: string) => ({ key, value: { stringValue: value } });
  test.each(hostile)('%s', async (_what, text) => {
    const traceId = `ab${newTraceId(now * 1000)
      .replaceAll('-', '')
      .slice(3)}`.padEnd(32, '0');
    const names = [
      'http.request.method',
      'url.full',
      'user_agent.original',
      'client.address',
      'enduser.id',
      'db.system.name',
      'db.query.text',
      'rpc.service',
      'rpc.method',
      'peer.service',
      'aws.region',
      'aws.dynamodb.table_names',
      'messaging.system',
      'aws.xray.annotations',
      `aws.xray.metadata.${text}`,
      text,
    ];
    const resourceNames = [
      'service.version',
      'telemetry.sdk.language',
      'telemetry.sdk.name',
      'cloud.provider',
      'cloud.platform',
      'container.name',
      text,
    ];
    const span = (kind: number, parentSpanId: string, spanId: string) => ({
      traceId,
      spanId,
      parentSpanId,
      name: text,
      kind,
      startTimeUnixNano: `${now - 2000}000000000`,
      endTimeUnixNano: `${now - 1999}000000000`,
      attributes: names.map((name) => attribute(name, text)),
      events: [
        {
          name: 'exception',
          attributes: ['type', 'message', 'stacktrace'].map((part) =>
            attribute(`exception.${part}`, `${text}\n at ${text}`),
          ),
        },
      ],
      links: [{ traceId: text, spanId: text, attributes: [attribute(text, text)] }],
      status: { code: 2, message: text },
    });
    const [root, call] = [newId(), newId()];
    const resource = {
      attributes: [attribute('service.name', 'spans'), ...resourceNames.map((name) => attribute(name, text))],
    };
    const response = await fetch(`http://127.0.0.1:${plane.traces.ports.otlpHttp}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        resourceSpans: [{ resource, scopeSpans: [{ spans: [span(2, '', root), span(3, root, call)] }] }],
      }),
    });
    expect([response.status, await response.json()]).toEqual([200, {}]);
    const id = `1-${traceId.slice(0, 8)}-${traceId.slice(8)}`;
    const documents = await readDocuments(plane, id);
    expect(documents[0]).toMatchObject({ name: 'spans', user: text, subsegments: [{ id: call }] });
    expect(await findTraceIds(plane, now - 2000, now - 1990, 'service("spans")')).toContain(id);
    const { Services } = await plane.xray.GetTraceGraph({ TraceIds: [id] }, plane.context);
    expect(Services!.map(({ Name }) => Name)).toContain('spans');
  });
});

describe('documents whose parts contradict each other', () => {
  const start = now - 1000;
  const part = (more: object) => ({ ...makeSegment(start, 1, 'odd'), ...more });
  const [a, b] = [newId(), newId()];
  const cases: Record<string, object[]> = {
    'a segment that is its own parent': [part({ id: a, parent_id: a })],
    'two that are each other’s parent': [part({ id: a, parent_id: b }), part({ id: b, parent_id: a })].map(
      (one, _index, [first]) => ({ ...one, trace_id: first!.trace_id }),
    ),
    'subsegments in a circle': [
      part({ type: 'subsegment', id: a, parent_id: b }),
      part({ type: 'subsegment', id: b, parent_id: a }),
    ].map((one, _index, [first]) => ({ ...one, trace_id: first!.trace_id })),
    'the same id at every depth': [
      part({ id: a, subsegments: [part({ id: a, subsegments: [part({ id: a, namespace: 'remote' })] })] }),
    ],
    'a call that is inside itself': [
      part({
        id: a,
        subsegments: [
          makeCall(start, 1, 'x', { id: b, parent_id: b, subsegments: [makeCall(start, 1, 'y', { id: b })] }),
        ],
      }),
    ],
    'an end before its start': [part({ end_time: start - 500 })],
    'a subsegment that began before everything': [part({ subsegments: [makeCall(start - 86_400 * 20, 1, 'old')] })],
  };
  test.each(Object.entries(cases))('%s', async (_what, documents) => {
    await putDocuments(plane, ...documents);
    const id = (documents[0] as { trace_id: string }).trace_id;
    expect((await readDocuments(plane, id)).length).toBeGreaterThan(0);
    const { Services } = await plane.xray.GetTraceGraph({ TraceIds: [id] }, plane.context);
    // Subsegments alone belong to no service yet.
    expect(Services!.length > 0).toBe(!documents.every((one) => 'type' in one));
    expect(await findTraceIds(plane, start, start + 10, '')).toContain(id);
  });
});

test('a document nested beyond all reason is refused, its neighbours are stored', async () => {
  const deep = (open: string, close: string, depth: number) => `${open.repeat(depth)}1${close.repeat(depth)}`;
  const good = makeSegment(now - 900, 1, 'beside');
  const nested = makeSegment(now - 900, 1, 'deep');
  const withMetadata = (json: string) => JSON.stringify({ ...nested, metadata: { x: 'DEEP' } }).replace('"DEEP"', json);
  expect(
    await putDocuments(
      plane,
      good,
      withMetadata(deep('{"a":', '}', 20_000)),
      withMetadata(deep('[', ']', 100_000)),
      deep('[', ']', 50_000),
    ),
  ).toMatchObject([
    { Id: nested.id, ErrorCode: 'InvalidSegment' },
    { Id: nested.id, ErrorCode: 'InvalidSegment' },
    { ErrorCode: 'InvalidSegment' },
  ]);
  expect(await putDocuments(plane, withMetadata(deep('[', ']', 400)))).toEqual([]);
  expect(await readDocuments(plane, good.trace_id)).toHaveLength(1);
  expect(await readDocuments(plane, nested.trace_id)).toHaveLength(1);
});

describe('questions made to hurt', () => {
  const ask = (FilterExpression: string, more: object = {}) =>
    plane.xray.GetTraceSummaries(
      { StartTime: new Date((now - 60) * 1000), EndTime: new Date(now * 1000), FilterExpression, ...more },
      plane.context,
    );
  test.each([
    ['ten thousand brackets', '('.repeat(9000)],
    ['a thousand negations', `${'!'.repeat(1000)}ok`],
    [
      'a thousand services',
      Array.from({ length: 600 }, (_, index) => `service("${index}")`)
        .join(' OR ')
        .slice(0, 9990),
    ],
    ['more text than anybody writes', `user = "${'x'.repeat(20_000)}"`],
    [
      'conditions without end in one service',
      `service() { ${Array.from({ length: 1500 }, () => 'ok').join(' ')} AND ok }`,
    ],
  ])('%s: refused with a place, not with an error of the store', async (_what, expression) => {
    await expect(ask(expression)).rejects.toMatchObject({
      code: 'InvalidRequestException',
      message: expect.stringContaining('position'),
    });
  });

  test('groups that multiply each other are refused before they are a statement', async () => {
    for (let level = 0; level < 5; level += 1) {
      const inner =
        level === 0 ? 'fault' : Array.from({ length: 90 }, () => `group.name = "level-${level - 1}"`).join(' OR ');
      await plane.xray.CreateGroup({ GroupName: `level-${level}`, FilterExpression: inner }, plane.context);
    }
    await expect(ask('group.name = "level-4"')).rejects.toMatchObject({ code: 'InvalidRequestException' });
  });

  test.each([
    [
      'numbers beyond all bounds',
      { FilterExpression: 'responsetime > 1e999 OR duration < -1e999 OR http.status = 1e308' },
    ],
    ['a range of all times', { StartTime: new Date(0), EndTime: new Date(8.64e15) }],
    ['a range long before there was anything', { StartTime: new Date(-8.64e15), EndTime: new Date(-8.64e15 + 1) }],
  ])('%s: answered', async (_what, more) => {
    const answer = await ask('', { ...more });
    expect(answer.TraceSummaries).toBeInstanceOf(Array);
  });

  test.each(['x', '0', 'e30', '999999999.999999999999999', Buffer.from('{"asOfMs":9e15}').toString('base64url')])(
    'the token %s is refused, or answered',
    async (NextToken) => {
      const range = { StartTime: new Date((now - 60) * 1000), EndTime: new Date(now * 1000), NextToken };
      for (const call of [
        plane.xray.GetTraceSummaries(range, plane.context),
        plane.xray.GetServiceGraph(range, plane.context),
      ]) {
        await Promise.resolve(call).catch((error: unknown) =>
          expect(error).toMatchObject({ code: 'InvalidRequestException' }),
        );
      }
    },
  );
});
