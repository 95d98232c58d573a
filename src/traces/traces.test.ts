import dgram from 'node:dgram';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { Service } from '@aws-sdk/client-xray';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  account,
  newId,
  newTraceId,
  region,
  shopRequest,
  startTestPlane,
  type TestPlane,
} from './test-plane.fixture.ts';

let plane: TestPlane;
const nowSeconds = () => Math.floor(Date.now() / 1000) - 20;

beforeAll(async () => {
  plane = await startTestPlane();
});
afterAll(() => plane.stop());

const put = async (...documents: object[]) => {
  const answer = await plane.xray.PutTraceSegments(
    { TraceSegmentDocuments: documents.map((document) => JSON.stringify(document)) },
    plane.context,
  );
  return answer.UnprocessedTraceSegments;
};
const postOtlp = (body: unknown, headers: Record<string, string> = {}) =>
  fetch(`http://127.0.0.1:${plane.traces.ports.otlpHttp}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' || body instanceof Uint8Array ? (body as string) : JSON.stringify(body),
  });

function edgesOf(services: Service[]): Record<string, string[]> {
  const name = (service: Service) => `${service.Name}|${service.Type}`;
  return Object.fromEntries(
    services.map((service) => [
      name(service),
      (service.Edges ?? []).map((edge) => {
        const target = services.find(({ ReferenceId }) => ReferenceId === edge.ReferenceId)!;
        return `${name(target)} ${edge.SummaryStatistics?.TotalCount}`;
      }),
    ]),
  );
}

async function until<Value>(read: () => Promise<Value>, done: (value: Value) => boolean): Promise<Value> {
  for (;;) {
    const value = await read();
    if (done(value)) return value;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('the shop', () => {
  const start = nowSeconds() - 3600;
  const requests = Array.from({ length: 5 }, (_, index) => shopRequest(start + index, { denied: index === 4 }));

  test('its map has exactly the nodes of the story, and the counts of edges are those of their callers', async () => {
    for (const request of requests) {
      expect(await put(...request.segments)).toEqual([]);
      expect((await postOtlp(request.otlp)).status).toBe(200);
    }
    const { Services = [] } = await plane.xray.GetServiceGraph(
      { StartTime: new Date(start * 1000), EndTime: new Date((start + 60) * 1000) },
      plane.context,
    );
    expect(edgesOf(Services)).toEqual({
      'bff|client': ['bff| 5'],
      'bff|': ['backend1| 5', 'backend2| 5'],
      'backend1|': ['access|AWS::DynamoDB::Table 5'],
      'backend2|': ['access|AWS::DynamoDB::Table 5'],
      'access|AWS::DynamoDB::Table': [],
    });
    const table = Services.find(({ Type }) => Type === 'AWS::DynamoDB::Table');
    expect(table?.SummaryStatistics).toMatchObject({ TotalCount: 10, FaultStatistics: { TotalCount: 1 }, OkCount: 9 });
    expect(Services.find(({ Type }) => Type === 'client')?.SummaryStatistics).toBeUndefined();
    expect(Services.find(({ Name, Type }) => Name === 'bff' && Type === '')).toMatchObject({
      Root: true,
      State: 'active',
    });
  });

  test('the graph of one trace is made of that trace', async () => {
    const { Services = [] } = await plane.xray.GetTraceGraph({ TraceIds: [requests[0]!.traceId] }, plane.context);
    expect(edgesOf(Services)['bff|']).toEqual(['backend1| 1', 'backend2| 1']);
  });

  test('a trace comes back in segments, with the inferred ones', async () => {
    const { Traces = [], UnprocessedTraceIds } = await plane.xray.BatchGetTraces(
      { TraceIds: [requests[4]!.traceId, '1-00000000-000000000000000000000000'] },
      plane.context,
    );
    expect(UnprocessedTraceIds).toEqual(['1-00000000-000000000000000000000000']);
    const documents = Traces[0]!.Segments!.map(({ Document }) => JSON.parse(Document!));
    expect(documents.map(({ name, inferred }) => `${name}${inferred ? ' inferred' : ''}`)).toEqual([
      'bff',
      'backend1',
      'access inferred',
      'backend2',
      'access inferred',
    ]);
    expect(documents[0].subsegments).toHaveLength(2);
    expect(documents[2]).toMatchObject({
      origin: 'AWS::DynamoDB::Table',
      cause: { exceptions: [{ type: 'AccessDeniedException' }] },
    });
  });

  test('summaries are whole', async () => {
    const { TraceSummaries = [], TracesProcessedCount } = await plane.xray.GetTraceSummaries(
      { StartTime: new Date(start * 1000), EndTime: new Date((start + 60) * 1000) },
      plane.context,
    );
    expect(TracesProcessedCount).toBe(5);
    expect(TraceSummaries.map(({ Id }) => Id)).toEqual(requests.map(({ traceId }) => traceId).reverse());
    expect(TraceSummaries[0]).toMatchObject({
      ResponseTime: 0.1,
      HasFault: false,
      IsPartial: false,
      Http: {
        HttpURL: 'http://shop.local/api/',
        HttpStatus: 200,
        HttpMethod: 'GET',
        ClientIp: '10.0.0.7',
        UserAgent: 'curl',
      },
      Users: [{ UserName: 'alice', ServiceIds: [{ Name: 'bff' }] }],
      EntryPoint: { Name: 'bff', Type: '' },
      FaultRootCauses: [
        {
          ClientImpacting: false,
          Services: [
            { Name: 'bff', EntityPath: [{ Name: 'bff' }, { Name: 'backend1.shop.local', Remote: true }] },
            {
              Name: 'backend1',
              EntityPath: [{ Name: 'backend1' }, { Name: 'DynamoDB', Exceptions: [{ Name: 'AccessDeniedException' }] }],
            },
            { Name: 'access', Type: 'AWS::DynamoDB::Table', Inferred: true },
          ],
        },
      ],
    });
    expect(TraceSummaries[0]!.Annotations).toMatchObject({
      customer: [{ AnnotationValue: { StringValue: 'c-17' } }],
      items: [{ AnnotationValue: { NumberValue: 3 } }],
      member: [{ AnnotationValue: { BooleanValue: true } }],
    });
  });

  test.each([
    ['', 5],
    ['ok', 5],
    ['fault', 0],
    ['!ok', 0],
    ['ok = false', 0],
    ['responsetime > 5', 0],
    ['responsetime > 0.05 AND duration < 1', 5],
    ['ok !partial duration <3', 5],
    ['http.status != 200', 0],
    ['http.status = 200', 5],
    ['http.url CONTAINS "/api/"', 5],
    ['http.url BEGINSWITH "http://shop" AND http.url ENDSWITH "/api/"', 5],
    ['user CONTAINS ""', 5],
    ['user = "bob"', 0],
    ['!user', 0],
    ['annotation.customer = "c-17"', 5],
    ['annotation[customer] = "c-17"', 5],
    ['annotation.customer = 17', 0],
    ['annotation.customer CONTAINS "17"', 5],
    ['annotation.customer != "c-18"', 5],
    ['annotation.items > 2', 5],
    ['annotation.items > 3', 0],
    ['annotation.items = 3', 5],
    ['annotation.member', 5],
    ['!annotation.member', 0],
    ['!annotation.age', 5],
    ['service("backend1")', 5],
    ['service("backend1") { fault }', 0],
    ['service("access") { fault }', 1],
    ['service() { fault }', 1],
    ['service(id(type: "AWS::DynamoDB::Table")) { error }', 1],
    ['service(id(name: "bff", type: ""))', 5],
    ['service("bff") { root = true and fault = true }', 0],
    ['service("bff") { root }', 5],
    ['service("backend2.shop.local")', 0],
    ['service("127.0.0.1")', 0],
    [`service("bff") AND service(id(account.id: "${account}"))`, 5],
    ['service("bff") { annotation[customer] = "c-17" }', 5],
    ['service("backend1") { annotation[customer] = "c-17" }', 0],
    ['edge("bff", "backend1")', 5],
    ['edge("bff", "backend2") { ok }', 5],
    ['edge("backend1", "access") { fault }', 1],
    ['edge(id(name: "backend1", type:""), id(name: "access", type:"AWS::DynamoDB::Table")) { fault }', 1],
    ['edge("bff", "bff")', 5],
    ['edge("backend1", "bff")', 0],
    ['edge(, "access") { fault }', 1],
    ['inferred', 5],
    ['group.name = "Default"', 5],
    ['rootcause.fault.entity { name = "DynamoDB" and remote }', 1],
    ['rootcause.fault.service { last and inferred and type = "AWS::DynamoDB::Table" }', 1],
    ['rootcause.fault.entity { first and name = "DynamoDB" }', 0],
    ['rootcause.fault.exception { name = "AccessDeniedException" and message CONTAINS "authorized" }', 1],
    ['!rootcause.fault.service AND service("bff")', 4],
    ['rootcause.responsetime.entity { coverage > 0.9 }', 5],
    ['rootcause.json = #[{"Services":[{"Name":"bff"},{"Name":"backend1"},{"Name":"access","Inferred":true}]}]', 1],
  ])('%s selects %i', async (FilterExpression, count) => {
    const input = { StartTime: new Date(start * 1000), EndTime: new Date((start + 60) * 1000), FilterExpression };
    const { TraceSummaries = [] } = await plane.xray.GetTraceSummaries(input, plane.context);
    expect(TraceSummaries).toHaveLength(count);
  });

  test('a wrong expression says where', async () => {
    const input = { StartTime: new Date(start * 1000), EndTime: new Date(), FilterExpression: 'fault AND nme = "x"' };
    await expect(plane.xray.GetTraceSummaries(input, plane.context)).rejects.toMatchObject({
      code: 'InvalidRequestException',
      message: expect.stringContaining('position 11'),
    });
  });

  test('service health tells own time from waiting', async () => {
    const health = await plane.traces.serviceHealth(
      { account, region },
      new Date(start * 1000),
      new Date((start + 60) * 1000),
    );
    const bff = health.find(({ name }) => name === 'bff');
    expect(bff).toMatchObject({ total: 5, ok: 5 });
    expect(bff!.medianSeconds).toBeCloseTo(0.1, 3);
    expect(bff!.ownMedianSeconds).toBeCloseTo(0.1 - 0.029 - 0.064, 3);
  });

  test('traces are counted by minute', async () => {
    const counts = await plane.traces.countTraces(
      { account, region },
      'service("access") { fault }',
      new Date(start * 1000),
      new Date((start + 60) * 1000),
    );
    expect(counts.map(({ count }) => count)).toEqual([1]);
  });

  test('time series of nodes, edges and clients', async () => {
    const range = { StartTime: new Date(start * 1000), EndTime: new Date((start + 120) * 1000), Period: 300 };
    const total = async (EntitySelectorExpression?: string, GroupName?: string) => {
      const { TimeSeriesServiceStatistics: rows = [] } = await plane.xray.GetTimeSeriesServiceStatistics(
        {
          ...range,
          ...(EntitySelectorExpression ? { EntitySelectorExpression } : {}),
          ...(GroupName && { GroupName }),
        },
        plane.context,
      );
      return rows.reduce(
        (sum, row) => sum + ((row.EdgeSummaryStatistics ?? row.ServiceSummaryStatistics)?.TotalCount ?? 0),
        0,
      );
    };
    expect(await total()).toBe(5);
    expect(await total('service("access")')).toBe(10);
    expect(await total('edge("bff", "backend2")')).toBe(5);
    expect(await total(`service(id(name: "access", account.id: "${account}"))`)).toBe(10);
    expect(await total('service(id(name: "access", account.id: "111111111111"))')).toBe(0);
    const ofFailed = await total('service("access") { fault }');
    expect([ofFailed > 0, ofFailed < 10]).toEqual([true, true]);
    await plane.xray.CreateGroup({ GroupName: 'of-bff', FilterExpression: 'service("bff") OR fault' }, plane.context);
    expect(await total('service("access")', 'of-bff')).toBe(10);
    expect(await total('service("access") { fault }', 'of-bff')).toBe(ofFailed);
    await plane.xray.DeleteGroup({ GroupName: 'of-bff' }, plane.context);
  });
});

describe('receivers', () => {
  test('UDP: documents in, garbage counted, unsampled OTLP not stored', async () => {
    const traceId = newTraceId(nowSeconds() * 1000);
    const hex = traceId.slice(2).replace('-', '');
    const socket = dgram.createSocket('udp4');
    const send = (text: string) =>
      new Promise<void>((resolve, reject) =>
        socket.send(text, plane.traces.ports.xray, '127.0.0.1', (error) => (error ? reject(error) : resolve())),
      );
    const document = {
      trace_id: traceId,
      id: newId(),
      name: 'udp-service',
      start_time: nowSeconds(),
      end_time: nowSeconds() + 1,
    };
    await send(`{"format": "json", "version": 1}\n${JSON.stringify(document)}`);
    await send('garbage');
    await send('{"format":"json","version":2}\n{}');
    await send('{"format":"json","version":1}\n');
    const { otlp } = shopRequest(nowSeconds());
    expect(otlp.resourceSpans).toHaveLength(1);
    await send(`{"format":"json","version":1}\nT1S${Buffer.from('bad').toString('base64')}`);
    const found = await until(
      async () => plane.xray.BatchGetTraces({ TraceIds: [hex] }, plane.context),
      ({ Traces }) => Traces!.length === 1,
    );
    expect(found.Traces![0]!.Id).toBe(traceId);
    const ledger = await until(
      async () => plane.traces.ledger().find(({ source }) => source === 'udp')!,
      ({ refused }) => refused === 4,
    );
    expect(ledger).toMatchObject({ accepted: 1, stored: 1, reasons: { MissingHeader: 3, ParseError: 1 } });
    socket.close();
  });

  test('TCP 2000 hands on, except to a page of another origin', async () => {
    const url = `http://127.0.0.1:${plane.traces.ports.xray}/GetSamplingRules`;
    expect((await fetch(url, { method: 'POST' })).status).toBe(200);
    expect(plane.forwarded).toEqual(['POST /GetSamplingRules']);
    expect((await fetch(url, { method: 'POST', headers: { origin: 'http://evil.example' } })).status).toBe(403);
  });

  test('OTLP: gzip, refused spans, bad bodies, other signals', async () => {
    const { otlp, traceId } = shopRequest(nowSeconds());
    const spans = otlp.resourceSpans[0]!.scopeSpans[0]!.spans;
    spans[2]!.startTimeUnixNano = '1';
    const answer = await postOtlp(new Uint8Array(gzipSync(JSON.stringify(otlp))), { 'content-encoding': 'gzip' });
    expect(await answer.json()).toEqual({
      partialSuccess: { rejectedSpans: '1', errorMessage: expect.stringContaining('InvalidTimestamp') },
    });
    const { Traces } = await plane.xray.BatchGetTraces({ TraceIds: [traceId] }, plane.context);
    expect(Traces).toHaveLength(1);
    expect((await postOtlp('{')).status).toBe(400);
    expect((await postOtlp(new Uint8Array([10, 255]), { 'content-type': 'application/x-protobuf' })).status).toBe(400);
    expect((await postOtlp('x', { 'content-encoding': 'gzip' })).status).toBe(400);
    const metrics = await fetch(`http://127.0.0.1:${plane.traces.ports.otlpHttp}/v1/metrics`, {
      method: 'POST',
      body: 'x',
    });
    expect(metrics.status).toBe(200);
  });
});

test('clients that reset in the middle of a body disturb nobody', async () => {
  const { otlpHttp, otlpGrpc, xray } = plane.traces.ports;
  const reset = (port: number, head: string | Buffer) =>
    new Promise<void>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.write(head);
        setTimeout(() => {
          socket.resetAndDestroy();
          resolve();
        }, 50);
      });
      socket.on('error', () => {});
    });
  const request = (path: string, encoding: string) =>
    Buffer.concat([
      Buffer.from(
        `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${encoding}Content-Length: 5000\r\n\r\n`,
      ),
      gzipSync('{"resourceSpans":[').subarray(0, 15),
    ]);
  await Promise.all([
    reset(otlpHttp, request('/v1/traces', '')),
    reset(otlpHttp, request('/v1/traces', 'Content-Encoding: gzip\r\n')),
    reset(xray, request('/GetSamplingRules', '')),
    reset(otlpGrpc!, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0'),
    reset(otlpGrpc!, 'garbage'),
  ]);
  expect((await postOtlp(shopRequest(nowSeconds()).otlp)).status).toBe(200);
});

test('a small body that inflates beyond the limit is refused', async () => {
  const bomb = gzipSync(Buffer.alloc(80 << 20));
  expect((await postOtlp(new Uint8Array(bomb), { 'content-encoding': 'gzip' })).status).toBe(413);
});

test('hostile names stay data', async () => {
  const hostile = `x") OR 1=1 -- ' \\ \u0000 {f0:String} <img>`;
  const start = nowSeconds();
  const { otlp, traceId } = shopRequest(start);
  const span = otlp.resourceSpans[0]!.scopeSpans[0]!.spans[0] as { attributes: object[] };
  span.attributes.push(
    { key: 'enduser.id', value: { stringValue: hostile } },
    { key: 'aws.xray.annotations', value: { arrayValue: { values: [{ stringValue: 'note' }] } } },
    { key: 'note', value: { stringValue: hostile } },
  );
  expect((await postOtlp(otlp)).status).toBe(200);
  const quoted = `"${hostile.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
  for (const FilterExpression of [
    `user = ${quoted}`,
    `annotation.note = ${quoted}`,
    `annotation.note CONTAINS ${quoted}`,
  ]) {
    const input = { StartTime: new Date(start * 1000), EndTime: new Date((start + 1) * 1000), FilterExpression };
    const { TraceSummaries = [] } = await plane.xray.GetTraceSummaries(input, plane.context);
    expect(TraceSummaries.map(({ Id }) => Id)).toEqual([traceId]);
  }
});

test('bad documents are listed with the codes of the service, good ones of the batch are kept', async () => {
  const traceId = newTraceId(nowSeconds() * 1000);
  const good = { trace_id: traceId, id: newId(), name: 'good', start_time: nowSeconds(), end_time: nowSeconds() + 1 };
  const bad = newId();
  const refused = await plane.xray.PutTraceSegments(
    {
      TraceSegmentDocuments: [
        JSON.stringify(good),
        '[]',
        '{}',
        '{',
        JSON.stringify({ ...good, id: bad, trace_id: undefined }),
        JSON.stringify({ ...good, id: bad, trace_id: '1-zz' }),
        JSON.stringify({ ...good, id: bad, end_time: undefined }),
        JSON.stringify({ ...good, id: bad, name: 'a<b' }),
        JSON.stringify({ ...good, id: bad, start_time: 1e30 }),
        JSON.stringify({ ...good, id: bad, subsegments: [{ id: newId(), name: 'x', start_time: nowSeconds() }] }),
      ],
    },
    plane.context,
  );
  expect(refused.UnprocessedTraceSegments!.map(({ Id, ErrorCode }) => [Id, ErrorCode])).toEqual([
    [undefined, 'MissingId'],
    [undefined, 'MissingId'],
    [undefined, 'ParseError'],
    [bad, 'MissingTraceId'],
    [bad, 'InvalidTraceId'],
    [bad, 'MissingEndTime'],
    [bad, 'InvalidName'],
    [bad, 'InvalidTimestamp'],
    [bad, 'MissingEndTime'],
  ]);
  const { Traces } = await plane.xray.BatchGetTraces({ TraceIds: [traceId] }, plane.context);
  expect(Traces![0]!.Segments).toHaveLength(1);
});

test('pages fit together while data arrives', async () => {
  const start = nowSeconds() - 7200;
  const one = (at: number) => ({
    trace_id: newTraceId(at * 1000),
    id: newId(),
    name: 'paged',
    start_time: at,
    end_time: at + 0.1,
  });
  const first = Array.from({ length: 230 }, (_, index) => one(start + (index % 50)));
  await put(...first);
  const seen: string[] = [];
  let NextToken: string | undefined;
  do {
    const page = await plane.xray.GetTraceSummaries(
      {
        StartTime: new Date(start * 1000),
        EndTime: new Date((start + 60) * 1000),
        ...(NextToken ? { NextToken } : {}),
      },
      plane.context,
    );
    seen.push(...page.TraceSummaries!.map(({ Id }) => Id!));
    NextToken = page.NextToken;
    await put(one(start + 10), { ...first[3], id: newId(), start_time: start - 1 });
  } while (NextToken);
  expect(new Set(seen)).toEqual(new Set(first.map(({ trace_id }) => trace_id)));
  expect(seen).toHaveLength(230);
});
