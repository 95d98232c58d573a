import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../platform/clock.ts';
import { TelemetryQueueFullError } from '../stores/telemetry/store.ts';
import { type Answer, send, sendAndReset } from './raw-http.fixture.ts';
import { echoServices, startTestGateway, type TestGateway } from './test-gateway.fixture.ts';

let running: TestGateway;
beforeAll(async () => {
  const full = () => {
    throw new TelemetryQueueFullError('log_events', 1_200);
  };
  running = await startTestGateway(
    { bodyBytesMax: 100_000 },
    {
      services: [
        ...echoServices.filter(({ service }) => service !== 'logs'),
        { service: 'logs', handlers: { PutLogEvents: full } },
      ],
    },
  );
});
afterAll(() => running.stop());

const form = { 'content-type': 'application/x-www-form-urlencoded' };
const json = (target: string) => ({ 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target });
const ecs = json('AmazonEC2ContainerServiceV20141113.CreateCluster');
const post = (headers: Record<string, string>, body: string | Buffer, path = '/'): Promise<Answer> =>
  send(running.gateway.port, { method: 'POST', path, headers: { host: 'localhost', ...headers }, body });

describe('each protocol says in its own form what is wrong', () => {
  const cases: Record<string, [Record<string, string>, string | Buffer, string, number, string]> = {
    'json: not JSON': [ecs, '{"clusterName":', '/', 400, '"__type":"SerializationException"'],
    'json: not UTF-8': [ecs, Buffer.from([0xff, 0xfe, 0x00]), '/', 400, 'SerializationException'],
    'json: a list for a string': [
      ecs,
      '{"clusterName":["a"]}',
      '/',
      400,
      'START_ARRAY can not be converted to a String',
    ],
    'json: null in a list': [ecs, '{"tags":[null]}', '/', 400, 'NULL_VALUE can not be converted'],
    'json: a bare number': [ecs, '5', '/', 400, 'NUMBER_VALUE can not be converted to a structure'],
    'json: unknown operation': [
      json('AmazonEC2ContainerServiceV20141113.Nope'),
      '{}',
      '/',
      400,
      'UnknownOperationException',
    ],
    'json: unknown service': [json('AmazonSQS.SendMessage'), '{}', '/', 501, 'does not provide the service AmazonSQS'],
    'json: no handler': [json('AmazonEC2ContainerServiceV20141113.ListTasks'), '{}', '/', 501, 'ecs:ListTasks'],
    'json: an inherited name is no handler': [
      json('AmazonEC2ContainerServiceV20141113.constructor'),
      '{}',
      '/',
      400,
      'UnknownOperationException',
    ],
    'json: too large': [ecs, Buffer.alloc(150_000, 32), '/', 413, 'RequestEntityTooLargeException'],
    'json: gzip that inflates too far': [
      { ...ecs, 'content-encoding': 'gzip' },
      gzipSync(Buffer.alloc(5_000_000)),
      '/',
      413,
      'RequestEntityTooLarge',
    ],
    'json: broken gzip': [{ ...ecs, 'content-encoding': 'gzip' }, 'xx', '/', 400, 'not valid gzip'],
    'json: unknown encoding': [{ ...ecs, 'content-encoding': 'br' }, 'xx', '/', 400, 'content-encoding br'],
    'json: validation': [
      ecs,
      '{"settings":[{"name":"nope"}]}',
      '/',
      400,
      "at 'settings.1.member.name' failed to satisfy constraint: Member must satisfy enum value set",
    ],
    'query: unknown action': [form, 'Action=Nope&Version=2011-06-15', '/', 400, '<Code>InvalidAction</Code>'],
    'query: unknown version': [form, 'Action=Publish&Version=2010-03-31', '/', 501, '<Code>NotImplemented</Code>'],
    'query: no handler': [form, 'Action=AssumeRole&Version=2011-06-15', '/', 501, 'sts:AssumeRole'],
    'query: not an integer': [
      form,
      'Action=DescribeLoadBalancers&Version=2015-12-01&PageSize=x',
      '/',
      400,
      '<Code>MalformedInput</Code>',
    ],
    'query: validation': [
      form,
      'Action=DescribeLoadBalancers&Version=2015-12-01&PageSize=9999',
      '/',
      400,
      '<Code>ValidationError</Code>',
    ],
    'query: too large': [form, Buffer.alloc(150_000, 97), '/', 413, '<Code>RequestEntityTooLarge</Code>'],
    'query: too deep': [
      form,
      `Action=DescribeLoadBalancers&Version=2015-12-01&${'a.'.repeat(5_000)}b=1`,
      '/',
      400,
      'nests too deep',
    ],
    'ec2: validation': [
      form,
      'Action=DescribeVpcs&Version=2016-11-15&MaxResults=1',
      '/',
      400,
      '<Errors><Error><Code>InvalidParameterValue</Code>',
    ],
    'rest: unknown path': [{ 'content-type': 'application/json' }, '{}', '/Nope', 404, 'POST /Nope'],
    'rest: not JSON': [{}, '{', '/TraceSegments', 400, 'SerializationException'],
    'rest: required member': [{}, '{}', '/TraceSegments', 400, "Value null at 'traceSegmentDocuments'"],
    'rest: no handler': [{}, '{}', '/TraceSummaries', 501, 'xray:GetTraceSummaries'],
    'rest: too large': [{}, Buffer.alloc(150_000, 32), '/TraceSegments', 413, 'RequestEntityTooLarge'],
  };
  test.each(Object.entries(cases))('%s', async (_name, [headers, body, path, status, text]) => {
    const answer = await post(headers, body, path);
    expect(answer.text).toContain(text);
    expect(answer.status).toBe(status);
    expect(answer.headers['x-amzn-requestid']).toMatch(/^[0-9a-f-]{36}$/);
  });
});

test('a document nested a hundred thousand deep is refused and nothing breaks', async () => {
  const dynamo = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'DynamoDB_20120810.PutItem' };
  const deep = `{"TableName":"t","Item":{"a":${'{"L":['.repeat(10_000)}${']}'.repeat(10_000)}}}`;
  expect((await post(dynamo, deep)).status).toBeGreaterThanOrEqual(400);
  expect((await post(ecs, '{"clusterName":"a"}')).status).toBe(200);
});

test('keys of maps may be called __proto__', async () => {
  const answer = await post(
    ecs,
    '{"clusterName":"a","__proto__":{"polluted":1},"tags":[{"key":"__proto__","value":"x"}]}',
  );
  expect(JSON.parse(answer.text).cluster.tags).toEqual([{ key: '__proto__', value: 'x' }]);
  expect(({} as any).polluted).toBeUndefined();
});

test('a full telemetry queue is 429 in the caller protocol, with the time to wait', async () => {
  const event = { logGroupName: 'g', logStreamName: 's', logEvents: [{ timestamp: 1, message: 'm' }] };
  const answer = await post(json('Logs_20140328.PutLogEvents'), JSON.stringify(event));
  expect(answer.status).toBe(429);
  expect(answer.headers['retry-after']).toBe('2');
  expect(JSON.parse(answer.text)).toMatchObject({ __type: 'ThrottlingException', message: 'Rate exceeded' });
});

test('clients that reset in the middle of a head or a body disturb nobody', async () => {
  const head =
    'POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: AmazonEC2ContainerServiceV20141113.CreateCluster\r\n';
  for (const bytes of [
    head,
    `${head}Content-Length: 100\r\n\r\n{"clus`,
    `${head}Transfer-Encoding: chunked\r\n\r\n5\r\nabc`,
  ]) {
    for (let n = 0; n < 5; n++) await sendAndReset(running.gateway.port, bytes);
  }
  expect((await post(ecs, '{"clusterName":"a"}')).status).toBe(200);
});

test('cut at any byte, a request is answered or refused, never an internal failure', async () => {
  const query = 'Action=DescribeVpcs&Version=2016-11-15&Filter.1.Name=a&Filter.1.Value.1=%C3%BC';
  const body = '{"clusterName":"ü","tags":[{"key":"a","value":"b"}]}';
  const bytes = Buffer.from(body);
  for (let length = 0; length < bytes.length; length += 3) {
    expect((await post(ecs, bytes.subarray(0, length))).status).toBeLessThan(500);
  }
  for (let length = 20; length < query.length; length += 3) {
    expect([200, 400, 501]).toContain((await post(form, query.slice(0, length))).status);
  }
});

test('calls wait until everything is ready, then are told to come again', async () => {
  const { ManualClock } = await import('../platform/clock.ts');
  const { createGateway } = await import('./index.ts');
  const { FakeIdentity } = await import('./test-gateway.fixture.ts');
  const { silentLogger } = await import('../platform/logger.ts');
  const clock = new ManualClock();
  const config = {
    host: '127.0.0.1',
    port: 0,
    auth: 'open',
    account: '000000000000',
    allowedHosts: [],
    corsOrigins: [],
    bodyBytesMax: 1_000,
  } as const;
  const gateway = createGateway({
    config,
    services: echoServices,
    routes: [],
    identity: new FakeIdentity(),
    clock,
    logger: silentLogger,
  });
  await gateway.start();
  const call = () =>
    send(gateway.port, { method: 'POST', headers: { host: 'localhost', ...ecs }, body: '{"clusterName":"a"}' });
  const health = () => send(gateway.port, { path: '/_hatoba/health', headers: { host: 'localhost' } });
  expect((await health()).status).toBe(503);
  const refused = call();
  await systemClock.sleep(100);
  clock.advance(5_001);
  expect(await refused).toMatchObject({ status: 503, text: expect.stringContaining('still starting') });
  const waited = call();
  await systemClock.sleep(50);
  gateway.setReady();
  expect((await waited).status).toBe(200);
  expect(JSON.parse((await health()).text)).toEqual({ status: 'ready' });
  await gateway.stop();
});

test('many large bodies at once are held up to a bound, then told to come again; all of it is given back', async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const waiting = { service: 'ecs', handlers: { CreateCluster: async () => held } } as const;
  const small = await startTestGateway({ bodyBytesMax: 100_000 }, { services: [waiting] });
  const body = JSON.stringify({ clusterName: 'a', ignored: 'x'.repeat(90_000) });
  const call = () => send(small.gateway.port, { method: 'POST', headers: { host: 'localhost', ...ecs }, body });
  const calls = Array.from({ length: 8 }, call);
  const refused = await Promise.any(calls);
  expect(refused).toMatchObject({ status: 429, headers: { 'retry-after': '1' } });
  release();
  const statuses = new Set((await Promise.all(calls)).map(({ status }) => status));
  expect([...statuses].filter((status) => status !== 200)).toEqual([429]);
  for (let round = 0; round < 12; round++) expect((await call()).status).toBe(200);
  await small.stop();
});
