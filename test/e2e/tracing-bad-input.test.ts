import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { XRay } from '@aws-sdk/client-xray';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, send } from '../../src/gateway/raw-http.fixture.ts';
import { type HatobaProcess, startHatoba } from '../support/hatoba-process.ts';
import { canMeasureMemory, childrenOf, memoryOf } from '../support/memory-of.ts';
import {
  attribute,
  callGrpc,
  field,
  framed,
  type GrpcAnswer,
  ledgerOf,
  newId,
  newTraceId,
  nowSeconds,
  requestOf,
  spanBytes,
} from '../support/otlp-client.ts';
import { clientSettings, expectUndisturbed } from '../support/undisturbed.ts';
import { until } from '../support/until.ts';

// What is too large, too deep, too old or never ends: each is refused in the words of its protocol and counted by its
// reason, and the next good request of the same kind is taken. Memory stays where it was.

const mebibyte = 1 << 20;
let hatoba: HatobaProcess;
let xray: XRay;
let slow: SlowClients;
let restMB = 0;

beforeAll(async () => {
  hatoba = await startHatoba({ args: ['--runtime', 'fake'] });
  xray = new XRay(clientSettings(hatoba));
  await expectGood();
  restMB = memoryMB();
  // They take half a minute to be given up: what became of them is asked at the end.
  slow = startSlowClients();
});
afterEach(async () => {
  await expectGood();
  await expectUndisturbed(hatoba);
});
afterAll(async () => {
  slow?.destroy();
  xray?.destroy();
  await hatoba?.stop();
});

const memoryMB = () =>
  canMeasureMemory ? [hatoba.pid, ...childrenOf(hatoba.pid)].reduce((sum, pid) => sum + memoryOf(pid).nowMB, 0) : 0;

const post = (path: string, body: Buffer | string, headers: Record<string, string>): Promise<Answer> =>
  send(hatoba.ports.otlpHttp, { method: 'POST', path, headers, body });
const postProtobuf = (body: Buffer, headers: Record<string, string> = {}) =>
  post('/v1/traces', body, { 'content-type': 'application/x-protobuf', ...headers });
const postJson = (body: Buffer | string) => post('/v1/traces', body, { 'content-type': 'application/json' });
const postZipkin = (body: Buffer | string) => post('/api/v2/spans', body, { 'content-type': 'application/json' });
const grpc = (message: Buffer, headers: Record<string, string> = {}) =>
  callGrpc(hatoba.ports.otlpGrpc, message, headers);
const put = (...documents: (object | string)[]) =>
  xray.putTraceSegments({
    TraceSegmentDocuments: documents.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))),
  });
const gzip = { 'content-encoding': 'gzip' };
const segment = (more: object = {}) => ({
  trace_id: newTraceId(),
  id: newId(),
  name: 'good',
  start_time: nowSeconds() - 1,
  end_time: nowSeconds(),
  ...more,
});
const segmentsOf = async (traceId: string) =>
  (await xray.batchGetTraces({ TraceIds: [traceId] })).Traces?.[0]?.Segments?.length ?? 0;
const zipkinSpan = () => ({
  traceId: newTraceId().slice(2).replace('-', ''),
  id: newId(),
  kind: 'SERVER',
  name: 'get',
  timestamp: nowSeconds() * 1e6,
  duration: 1000,
  localEndpoint: { serviceName: 'zipkin' },
});

/** A good request by every way in is taken. */
async function expectGood(): Promise<void> {
  const ids = Array.from({ length: 3 }, newTraceId) as [string, string, string];
  const zipkin = zipkinSpan();
  expect((await postProtobuf(requestOf([spanBytes({ traceId: ids[0] })]))).status).toBe(200);
  expect(await grpc(framed(requestOf([spanBytes({ traceId: ids[1] })])))).toEqual({ http: 200, grpc: '0' });
  expect((await put(segment({ trace_id: ids[2] }))).UnprocessedTraceSegments).toEqual([]);
  expect((await postZipkin(JSON.stringify([zipkin]))).status).toBe(202);
  const zipkinId = `1-${zipkin.traceId.slice(0, 8)}-${zipkin.traceId.slice(8)}`;
  for (const id of [...ids, zipkinId]) await until(`the good trace ${id}`, async () => (await segmentsOf(id)) === 1);
}

/** Runs it and gives by how much the reasons of a source have grown, without those of the slow clients. */
async function reasonsOf(source: string, run: () => Promise<void>): Promise<Record<string, number>> {
  const before = (await ledgerOf(hatoba, source)).reasons;
  await run();
  const { reasons, received, stored, refused } = await ledgerOf(hatoba, source);
  expect(received).toBe(stored + refused);
  return Object.fromEntries(
    Object.entries(reasons)
      .map(([reason, count]) => [reason, count - (before[reason] ?? 0)] as const)
      .filter(([reason, count]) => count > 0 && reason !== 'BodyNotFinished'),
  );
}

describe('bombs', () => {
  const gigabyte = gzipSync(Buffer.alloc(256 * mebibyte), { level: 1 });

  test('of gzip, many at once: refused as too large, or asked to come again, and counted', async () => {
    const answers: Answer[] = [];
    const reasons = await reasonsOf('otlp-http', async () => {
      answers.push(...(await Promise.all(Array.from({ length: 12 }, () => postProtobuf(gigabyte, gzip)))));
    });
    for (const { status, headers } of answers) {
      expect([413, 429]).toContain(status);
      if (status === 429) expect(headers['retry-after']).toBeDefined();
    }
    const count = (wanted: number) => answers.filter(({ status }) => status === wanted).length;
    expect(count(413)).toBeGreaterThan(0);
    expect([reasons.BodyTooLarge ?? 0, reasons.TooMuchAtOnce ?? 0]).toEqual([count(413), count(429)]);
  });

  test('of gzip over gRPC: RESOURCE_EXHAUSTED', async () => {
    const reasons = await reasonsOf('otlp-grpc', async () => {
      const bomb = framed(gigabyte, gigabyte.length, 1);
      expect(await grpc(bomb, { 'grpc-encoding': 'gzip' })).toEqual({ http: 200, grpc: '8' });
    });
    expect(reasons).toEqual({ BodyTooLarge: 1 });
  });

  test('of spans that are empty: thirty million of two bytes each', async () => {
    const empty = Buffer.alloc(60 * mebibyte);
    for (let at = 0; at < empty.length; at += 2) empty[at] = 0x12;
    const bomb = field(1, field(2, empty));
    const reasons = await reasonsOf('otlp-http', async () => {
      const answer = await postProtobuf(bomb);
      expect([answer.status, answer.text]).toEqual([400, expect.stringContaining('more than')]);
      expect((await postProtobuf(gzipSync(bomb), gzip)).status).toBe(400);
    });
    expect(reasons).toEqual({ UnreadableRequest: 2 });
    expect(await grpc(framed(bomb))).toEqual({ http: 200, grpc: '3' });
  });

  test('of JSON that is empty: lists of nothing', async () => {
    const empties = (count: number) => `[${'{},'.repeat(count)}{}]`;
    const reasons = await reasonsOf('otlp-http', async () => {
      expect((await postJson(`{"resourceSpans":${empties(3_000_000)}}`)).status).toBe(400);
      expect((await postJson(`{"resourceSpans":${empties(20_000_000)}}`)).status).toBe(413);
    });
    expect(reasons).toEqual({ UnreadableRequest: 1, BodyTooLarge: 1 });
    expect((await postZipkin(empties(3_000_000))).status).toBe(400);
  });

  test('a million attributes in one span: refused as a whole request, or as a span', async () => {
    const attributes = (count: number) =>
      Buffer.concat(Array.from({ length: count }, (_, index) => attribute(`k${index.toString(36)}`, 'v')));
    const good = newTraceId();
    const reasons = await reasonsOf('otlp-http', async () => {
      const tooMany = requestOf([spanBytes({ traceId: newTraceId(), more: attributes(1_000_000) })]);
      expect((await postProtobuf(tooMany)).status).toBe(400);
      // Few enough to be read: then it is the span that is too large, and its neighbour is stored.
      const large = spanBytes({ traceId: newTraceId(), more: attributes(300_000) });
      const answer = await postProtobuf(requestOf([large, spanBytes({ traceId: good })]));
      expect([answer.status, answer.text]).toEqual([200, expect.stringContaining('SegmentTooLarge')]);
    });
    expect(reasons).toEqual({ UnreadableRequest: 1, SegmentTooLarge: 1 });
    expect(await segmentsOf(good)).toBe(1);
  });

  test('documents of 50 MB by every way in', async () => {
    const text = 'x'.repeat(50 * mebibyte);
    const large = segment({ metadata: { a: { b: text } } });
    const apiReasons = await reasonsOf('api', async () => {
      const { UnprocessedTraceSegments } = await put(large, segment());
      expect(UnprocessedTraceSegments).toMatchObject([{ ErrorCode: 'SegmentTooLarge' }]);
    });
    expect(apiReasons).toEqual({ SegmentTooLarge: 1 });
    const span = requestOf([spanBytes({ traceId: newTraceId(), more: attribute('big', text) })]);
    const httpReasons = await reasonsOf('otlp-http', async () => {
      expect((await postProtobuf(span)).text).toContain('SegmentTooLarge');
      expect((await postJson(`{"a":"${text}"}`)).status).toBe(413);
    });
    expect(httpReasons).toEqual({ SegmentTooLarge: 1, BodyTooLarge: 1 });
    const grpcReasons = await reasonsOf('otlp-grpc', async () => {
      expect(await grpc(framed(span))).toEqual({ http: 200, grpc: '0' });
    });
    expect(grpcReasons).toEqual({ SegmentTooLarge: 1 });
    const zipkinReasons = await reasonsOf('zipkin', async () => {
      expect((await postZipkin(JSON.stringify([{ ...zipkinSpan(), tags: { text } }]))).status).toBe(413);
    });
    expect(zipkinReasons).toEqual({ BodyTooLarge: 1 });
  });

  test('a gRPC frame over the limit is refused by its announced length, or once it has come that far', async () => {
    const over = Buffer.alloc(66 * mebibyte);
    const reasons = await reasonsOf('otlp-grpc', async () => {
      expect(await grpc(framed(Buffer.alloc(10), 65 * mebibyte))).toEqual({ http: 200, grpc: '8' });
      expect(await grpc(framed(over))).toEqual({ http: 200, grpc: '8' });
      expect(await grpc(framed(over, 100))).toEqual({ http: 200, grpc: '8' });
    });
    expect(reasons).toEqual({ BodyTooLarge: 3 });
  });

  test.runIf(canMeasureMemory)('after all of them, memory is near what it was, and its peak had a bound', async () => {
    // What the engine and V8 keep for later is theirs; what grows with each bomb would be ours.
    const settled = await until('memory that is given back', () => memoryMB() < 4 * restMB + 400 && memoryMB(), {
      timeoutMs: 60_000,
    });
    expect(settled).toBeLessThan(4 * restMB + 400);
    expect(memoryOf(hatoba.pid).peakMB).toBeLessThan(2500);
  });
});

describe('contents that cannot be right', () => {
  test('absurd times are set aside, span by span, with their reason', async () => {
    const second = 1_000_000_000n;
    const now = BigInt(nowSeconds()) * second;
    const absurd: [start: bigint, end: bigint][] = [
      [0n, 0n],
      [1n, now],
      [now, 0xffff_ffff_ffff_ffffn],
      [0xffff_ffff_ffff_ffffn, 0xffff_ffff_ffff_ffffn],
      [now + 200_000n * second, now + 200_001n * second],
      [now - 400n * 86_400n * second, now],
    ];
    const good = newTraceId();
    const reversed = newTraceId();
    const reasons = await reasonsOf('otlp-http', async () => {
      const spans = absurd.map(([start, end]) => spanBytes({ traceId: newTraceId(), start, end }));
      // An end before its start is an instant.
      const kept = [spanBytes({ traceId: good }), spanBytes({ traceId: reversed, start: now, end: now - second })];
      const answer = await postProtobuf(requestOf([...spans, ...kept]));
      expect([answer.status, answer.text]).toEqual([200, expect.stringContaining('InvalidTimestamp')]);
      const texts = ['-1', '1e30', '"x"', 'null', '"99999999999999999999"', '{}', 'true'];
      const ofJson = texts.map(
        (time) =>
          `{"traceId":"${'ab'.repeat(16)}","spanId":"${newId()}","name":"x","startTimeUnixNano":${time},"endTimeUnixNano":${time}}`,
      );
      const json = await postJson(`{"resourceSpans":[{"scopeSpans":[{"spans":[${ofJson.join(',')}]}]}]}`);
      expect(JSON.parse(json.text)).toMatchObject({ partialSuccess: { rejectedSpans: String(texts.length) } });
    });
    expect(reasons).toEqual({ InvalidTimestamp: absurd.length + 7 });
    expect([await segmentsOf(good), await segmentsOf(reversed)]).toEqual([1, 1]);
    const documents = [0, -1, 1e12, 1e300].map((time) => segment({ start_time: time, end_time: time }));
    const apiReasons = await reasonsOf('api', async () => {
      expect((await put(...documents)).UnprocessedTraceSegments).toHaveLength(documents.length);
    });
    expect(apiReasons).toEqual({ InvalidTimestamp: documents.length });
  });

  test('nesting without end', async () => {
    const deepJson = (depth: number) => `${'{"arrayValue":{"values":['.repeat(depth)}${']}}'.repeat(depth)}`;
    const spanOf = (value: string) =>
      `{"resourceSpans":[{"scopeSpans":[{"spans":[{"attributes":[{"key":"k","value":${value}}]}]}]}]}`;
    let nested: Buffer = Buffer.alloc(0);
    for (let depth = 0; depth < 3000; depth += 1) nested = field(5, field(1, nested));
    const protobuf = requestOf([
      spanBytes({ traceId: newTraceId(), more: field(9, Buffer.concat([field(1, 'k'), field(2, nested)])) }),
    ]);
    const reasons = await reasonsOf('otlp-http', async () => {
      expect((await postJson(spanOf(deepJson(1000)))).status).toBe(400);
      expect((await postJson('['.repeat(1_000_000))).status).toBe(400);
      expect((await postProtobuf(protobuf)).status).toBe(400);
    });
    expect(reasons).toEqual({ UnreadableRequest: 3 });
    expect(await grpc(framed(protobuf))).toEqual({ http: 200, grpc: '3' });
    const deep = `${'[{"a":'.repeat(100_000)}1${'}]'.repeat(100_000)}`;
    expect((await postZipkin(`[{"tags":{"a":${deep}}}]`)).status).toBe(400);
    const document = JSON.stringify(segment({ metadata: 'DEEP' })).replace('"DEEP"', deep);
    expect((await put(document)).UnprocessedTraceSegments).toMatchObject([{ ErrorCode: 'InvalidSegment' }]);
  });

  test('bytes that are not UTF-8 are replaced, not passed on', async () => {
    const broken = Buffer.from([0x61, 0xff, 0xfe, 0xc0, 0xaf, 0xed, 0xa0, 0x80, 0x62]);
    const ids = [newTraceId(), newTraceId()] as const;
    const span = spanBytes({ traceId: ids[0], name: broken, more: attribute('http.url', broken) });
    expect((await postProtobuf(requestOf([span]))).status).toBe(200);
    const text = JSON.stringify(segment({ trace_id: ids[1], user: 'BROKEN' }));
    const [before, after] = text.split('BROKEN') as [string, string];
    const socket = createSocket('udp4');
    const datagram = Buffer.concat([
      Buffer.from(`{"format":"json","version":1}\n${before}`),
      broken,
      Buffer.from(after),
    ]);
    await new Promise<void>((resolve) => socket.send(datagram, hatoba.ports.xray, '127.0.0.1', () => resolve()));
    socket.close();
    for (const id of ids) await until(`the trace ${id}`, async () => (await segmentsOf(id)) === 1);
    const { Traces } = await xray.batchGetTraces({ TraceIds: [...ids] });
    const documents = Traces!.flatMap(({ Segments }) => Segments!.map(({ Document }) => JSON.parse(Document!)));
    expect(documents.map(({ user }) => user).filter(Boolean)).toEqual([broken.toString('utf8')]);
  });

  test('wrong lengths and wire types', async () => {
    const whole = requestOf([spanBytes({ traceId: newTraceId() })]);
    const reasons = await reasonsOf('otlp-http', async () => {
      for (const [at, byte] of [
        [1, 0xff],
        [1, whole[1]! + 1],
        [1, whole[1]! - 1],
        [0, 0x08],
        [0, 0x0b],
        [0, 0x00],
      ] as const) {
        const wrong = Buffer.from(whole);
        wrong[at] = byte;
        expect([at, byte, (await postProtobuf(wrong)).status]).toEqual([at, byte, 400]);
      }
    });
    expect(reasons).toEqual({ UnreadableRequest: 6 });
  });
});

interface SlowClients {
  readonly http: Promise<string>;
  readonly zipkin: Promise<string>;
  readonly grpc: Promise<GrpcAnswer>;
  destroy(): void;
}

/** Clients that send a part and then a byte now and then, and would go on for ever. */
function startSlowClients(): SlowClients {
  const ends: (() => void)[] = [];
  const http = (port: number, path: string) =>
    new Promise<string>((resolve) => {
      let answer = '';
      const socket = connect(port, '127.0.0.1', () => {
        const head = `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{`;
        socket.write(head);
      });
      const timer = setInterval(() => socket.write(' '), 1000);
      ends.push(() => socket.destroy());
      socket.on('data', (chunk) => {
        answer += chunk;
      });
      socket.on('error', () => {});
      socket.on('close', () => {
        clearInterval(timer);
        resolve(answer);
      });
    });
  const whole = framed(requestOf([spanBytes({ traceId: newTraceId() })]));
  return {
    http: http(hatoba.ports.otlpHttp, '/v1/traces'),
    zipkin: http(hatoba.ports.otlpHttp, '/api/v2/spans'),
    grpc: callGrpc(hatoba.ports.otlpGrpc, whole.subarray(0, 20), {}, { end: false }),
    destroy() {
      for (const end of ends) end();
    },
  };
}

test('clients that never finish are told so after half a minute, and counted', { timeout: 120_000 }, async () => {
  expect(await slow.grpc).toEqual({ http: 200, grpc: '4' });
  for (const answer of await Promise.all([slow.http, slow.zipkin])) {
    expect(answer).toMatch(/^HTTP\/1\.1 408/);
  }
  for (const source of ['otlp-http', 'zipkin', 'otlp-grpc']) {
    await until(`${source} counted`, async () => (await ledgerOf(hatoba, source)).reasons.BodyNotFinished === 1);
  }
});
