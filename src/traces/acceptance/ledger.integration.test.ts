import dgram from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:http2';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId, newTraceId, startTestPlane, type TestPlane } from '../test-plane.fixture.ts';
import { encodeTraces, type PlainSpan } from './encode-otlp.fixture.ts';
import { makeSegment, putDocuments } from './plane-client.fixture.ts';

// What each source sent is what the ledger says, and what it says is stored is stored.

let plane: TestPlane;
beforeAll(async () => {
  plane = await startTestPlane();
});
afterAll(() => plane.stop());

const now = Math.floor(Date.now() / 1000);

/** What a client did, in its own count. */
interface Sent {
  stored: number;
  reasons: Record<string, number>;
  /** Documents that are made of what it sent: a call without a segment of its own takes two. */
  rows: number;
}

const sources = ['udp', 'api', 'otlp-http', 'otlp-grpc', 'zipkin'] as const;
type SourceName = (typeof sources)[number];

const spanOf = (more: Partial<PlainSpan> = {}): PlainSpan => ({
  traceId: newTraceId(now * 1000)
    .slice(2)
    .replace('-', ''),
  spanId: newId(),
  name: 'GET',
  kind: 2,
  startSeconds: now - 60,
  seconds: 1,
  ...more,
});
const header = '{"format":"json","version":1}\n';
const otlpUrl = (path: string) => `http://127.0.0.1:${plane.traces.ports.otlpHttp}${path}`;
const nothing = { stored: 0, rows: 0, reasons: {} };

const http = (path: string, body: Buffer | string, headers: Record<string, string>) =>
  fetch(otlpUrl(path), { method: 'POST', body, headers });
const protobuf = (body: Buffer, headers: Record<string, string> = {}) =>
  http('/v1/traces', body, { 'content-type': 'application/x-protobuf', ...headers });

async function grpc(body: Buffer, headers: Record<string, string> = {}): Promise<void> {
  const session = connect(`http://127.0.0.1:${plane.traces.ports.otlpGrpc}`);
  const stream = session.request({
    ':method': 'POST',
    ':path': '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
    'content-type': 'application/grpc',
    ...headers,
  });
  stream.resume();
  stream.end(body);
  await once(stream, 'close');
  session.close();
}
const frame = (message: Buffer) => {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
};

async function datagram(text: string | Buffer): Promise<void> {
  const socket = dgram.createSocket('udp4');
  await new Promise<void>((resolve, reject) =>
    socket.send(text, plane.traces.ports.xray, '127.0.0.1', (error) => (error ? reject(error) : resolve())),
  );
  socket.close();
}

/** All that a client of each source may do; each sends and says what should have come of it. */
const deeds: readonly { source: SourceName; send(): Promise<Sent> }[] = [
  ...(['udp', 'api'] as const).flatMap((source) => {
    const send = (text: string) => (source === 'udp' ? datagram(header + text) : putDocuments(plane, text));
    const deed = (text: () => string, sent: Sent) => ({
      source,
      async send() {
        await send(text());
        return sent;
      },
    });
    const payload = (...spans: PlainSpan[]) => encodeTraces('x', spans).toString('base64');
    return [
      deed(() => JSON.stringify(makeSegment(now - 60, 1, 'good')), { stored: 1, rows: 1, reasons: {} }),
      deed(() => JSON.stringify([makeSegment(now - 60, 1, 'a'), makeSegment(now - 60, 1, '<b>')]), {
        stored: 1,
        rows: 1,
        reasons: { InvalidName: 1 },
      }),
      deed(() => '{"id":', { ...nothing, reasons: { ParseError: 1 } }),
      deed(() => '[]', { ...nothing, reasons: { MissingId: 1 } }),
      deed(() => JSON.stringify({ ...makeSegment(now - 60, 1, 'old'), start_time: 5 }), {
        ...nothing,
        reasons: { InvalidTimestamp: 1 },
      }),
      deed(() => `T1S${payload(spanOf(), spanOf(), spanOf({ startSeconds: 1 }))}`, {
        stored: 2,
        rows: 2,
        reasons: { InvalidTimestamp: 1 },
      }),
      // A client span without a parent becomes its service's segment and the call: one span, two documents.
      deed(() => `T1S${payload(spanOf({ kind: 3 }))}`, { stored: 1, rows: 2, reasons: {} }),
      deed(() => `T1U${payload(spanOf(), spanOf())}`, { ...nothing, reasons: { Unsampled: 2 } }),
      deed(() => 'T1Snonsense', { ...nothing, reasons: { ParseError: 1 } }),
    ];
  }),
  ...['', header.slice(0, -1), '{"format":"json","version":2}\n{}'].map((text) => ({
    source: 'udp' as const,
    async send() {
      await datagram(text);
      return { ...nothing, reasons: { MissingHeader: 1 } };
    },
  })),
  {
    source: 'otlp-http',
    async send() {
      const spans = [spanOf(), spanOf({ kind: 3 }), spanOf({ traceId: '0'.repeat(32) }), spanOf({ startSeconds: 0 })];
      expect((await protobuf(encodeTraces('x', spans))).status).toBe(200);
      return { stored: 2, rows: 3, reasons: { InvalidTraceId: 1, InvalidTimestamp: 1 } };
    },
  },
  {
    source: 'otlp-http',
    async send() {
      expect((await protobuf(gzipSync(encodeTraces('x', [spanOf()])), { 'content-encoding': 'gzip' })).status).toBe(
        200,
      );
      return { stored: 1, rows: 1, reasons: {} };
    },
  },
  {
    source: 'otlp-http',
    async send() {
      const whole = encodeTraces('x', [spanOf()]);
      const gzip = { 'content-encoding': 'gzip' };
      expect((await protobuf(whole.subarray(0, whole.length - 1))).status).toBe(400);
      expect((await http('/v1/traces', '{', { 'content-type': 'application/json' })).status).toBe(400);
      expect((await protobuf(whole, gzip)).status).toBe(400);
      expect((await protobuf(whole, { 'content-encoding': 'br' })).status).toBe(415);
      expect((await protobuf(gzipSync(Buffer.alloc((64 << 20) + 1)), gzip)).status).toBe(413);
      expect((await http('/v1/metrics', '{', { 'content-type': 'application/json' })).status).toBe(200);
      return {
        ...nothing,
        reasons: { UnreadableRequest: 2, UnreadableBody: 1, UnsupportedEncoding: 1, BodyTooLarge: 1 },
      };
    },
  },
  {
    source: 'otlp-grpc',
    async send() {
      await grpc(frame(encodeTraces('x', [spanOf(), spanOf({ spanId: '00' })])));
      return { stored: 1, rows: 1, reasons: { InvalidId: 1 } };
    },
  },
  {
    source: 'otlp-grpc',
    async send() {
      const whole = encodeTraces('x', [spanOf()]);
      await grpc(frame(whole.subarray(0, 20)));
      await grpc(Buffer.from([1, 2, 3]));
      await grpc(Buffer.concat([Buffer.from([1]), frame(gzipSync(Buffer.alloc((64 << 20) + 1))).subarray(1)]), {
        'grpc-encoding': 'gzip',
      });
      return { ...nothing, reasons: { UnreadableRequest: 1, UnreadableBody: 1, BodyTooLarge: 1 } };
    },
  },
  {
    source: 'zipkin',
    async send() {
      const good = {
        traceId: newTraceId(now * 1000)
          .slice(2)
          .replace('-', ''),
        id: newId(),
        timestamp: (now - 60) * 1e6,
        duration: 5,
        kind: 'SERVER',
        localEndpoint: { serviceName: 'z' },
      };
      const spans = [good, { ...good, id: 'zz' }, { ...good, traceId: 'x' }, 3, null];
      expect((await http('/api/v2/spans', JSON.stringify(spans), {})).status).toBe(202);
      expect((await http('/api/v2/spans', '{}', {})).status).toBe(400);
      return { stored: 1, rows: 1, reasons: { InvalidId: 1, InvalidTraceId: 3, UnreadableRequest: 1 } };
    },
  },
];

const entryOf = (source: string) => plane.traces.ledger().find((entry) => entry.source === source);

test('after any deeds of any clients: received = stored + refused, reason by reason, and the store holds as much', async () => {
  const expected = new Map<SourceName, Sent>(sources.map((source) => [source, { stored: 0, rows: 0, reasons: {} }]));
  const order = fc.shuffledSubarray([...deeds.keys(), ...deeds.keys()], { minLength: deeds.length * 2 });
  const [[first]] = [fc.sample(order, { numRuns: 1, seed: Number(process.env.FUZZ_SEED ?? Date.now() % 1e6) })];
  for (const index of first!) {
    const { source, send } = deeds[index]!;
    const sum = expected.get(source)!;
    const sent = await send();
    sum.stored += sent.stored;
    sum.rows += sent.rows;
    for (const [reason, count] of Object.entries(sent.reasons))
      sum.reasons[reason] = (sum.reasons[reason] ?? 0) + count;
  }
  for (const source of sources) {
    const { stored, rows, reasons } = expected.get(source)!;
    const refused = Object.values(reasons).reduce((sum, count) => sum + count, 0);
    // Datagrams and their rows are on their way for a moment.
    while ((entryOf(source)?.stored ?? 0) < stored || (entryOf(source)?.refused ?? 0) < refused) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(entryOf(source)).toMatchObject({
      source,
      received: stored + refused,
      accepted: stored,
      stored,
      refused,
      reasons,
    });
    const [row] = await plane.telemetry.query<{ count: string }>(
      'SELECT count() AS count FROM segments WHERE source = {source:String}',
      {
        source,
      },
    );
    expect([source, Number(row!.count)]).toEqual([source, rows]);
  }
}, 120_000);

test('what was refused is set aside: the last hundred, newest first, each with its reason and how it began', async () => {
  const route = plane.traces.routes!.find(({ path }) => path === '/_hatoba/traces/ledger')!;
  const lastRefused = async () => {
    let body = '';
    const response = { writeHead: () => response, end: (text: string) => (body = text) };
    await route.handle({} as never, response as never, new URL('http://localhost/'));
    return JSON.parse(body).lastRefused as { at: string; source: string; reason: string; id?: string; text: string }[];
  };
  const bad = { ...makeSegment(now - 60, 1, 'lost'), start_time: 5 };
  await putDocuments(plane, bad);
  expect((await lastRefused())[0]).toEqual({
    at: expect.stringMatching(/^\d{4}-.*Z$/),
    source: 'api',
    reason: 'InvalidTimestamp',
    id: bad.id,
    text: JSON.stringify(bad),
  });
  await protobuf(encodeTraces('x', [spanOf({ startSeconds: 0, name: 'an old span' })]));
  expect((await lastRefused())[0]).toMatchObject({ source: 'otlp-http', text: expect.stringContaining('an old span') });
  await putDocuments(plane, ...Array.from({ length: 150 }, () => `{"id":"${'x'.repeat(5000)}`));
  const last = await lastRefused();
  expect([last.length, Math.max(...last.map(({ text }) => text.length))]).toEqual([100, 2000]);
});

test('a hundred thousand spans in one T1S are taken, or refused, one by one', async () => {
  const payload = (startSeconds: number) =>
    `T1S${encodeTraces(
      'many',
      Array.from({ length: 150_000 }, () => spanOf({ startSeconds })),
    ).toString('base64')}`;
  const before = entryOf('api')!;
  expect(await putDocuments(plane, payload(1))).toHaveLength(150_000);
  expect(entryOf('api')!.refused - before.refused).toBe(150_000);
}, 60_000);
