import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { XRay } from '@aws-sdk/client-xray';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { send } from '../../src/gateway/raw-http.fixture.ts';
import { type HatobaProcess, startHatoba } from '../support/hatoba-process.ts';
import {
  callGrpc,
  framed,
  ledgerOf,
  newId,
  newTraceId,
  nowSeconds,
  requestOf,
  spanBytes,
} from '../support/otlp-client.ts';
import { clientSettings, expectUndisturbed } from '../support/undisturbed.ts';
import { until } from '../support/until.ts';

let hatoba: HatobaProcess;
let xray: XRay;

beforeAll(async () => {
  hatoba = await startHatoba({ args: ['--runtime', 'fake'] });
  xray = new XRay(clientSettings(hatoba));
});
afterEach(() => expectUndisturbed(hatoba));
afterAll(async () => {
  xray?.destroy();
  await hatoba?.stop();
});

const segment = (traceId: string) => ({
  trace_id: traceId,
  id: newId(),
  name: 'good',
  start_time: nowSeconds() - 1,
  end_time: nowSeconds(),
});

/** An ExportTraceServiceRequest of one span. */
const exportRequest = (traceId: string) => requestOf([spanBytes({ traceId })]);

const segmentsOf = async (traceId: string) =>
  (await xray.batchGetTraces({ TraceIds: [traceId] })).Traces?.[0]?.Segments?.length ?? 0;

function sendUdp(datagrams: readonly (Buffer | string)[]): Promise<void> {
  const socket = createSocket('udp4');
  const sent = datagrams.map(
    (datagram) =>
      new Promise<void>((resolve, reject) => {
        socket.send(datagram, hatoba.ports.xray, '127.0.0.1', (error) => (error ? reject(error) : resolve()));
      }),
  );
  return Promise.all(sent).then(() => void socket.close());
}

test('UDP garbage is counted with its reasons, and the segment among it is stored', async () => {
  const header = '{"format":"json","version":1}\n';
  const traceId = newTraceId();
  const garbage = [
    '',
    'nothing',
    header,
    `${header}{`,
    `${header}[]`,
    `${header}null`,
    `${header}{"trace_id":5}`,
    '{"format":"xml","version":1}\n{}',
    Buffer.from([0, 255, 10, 254, 123]),
    `${header}${'['.repeat(60_000)}`,
    ...Array.from({ length: 20 }, () => randomBytes(1_000)),
    // The first half of a document, as a datagram that was cut would be.
    (header + JSON.stringify(segment(newTraceId()))).slice(0, 90),
  ];
  await sendUdp([...garbage, header + JSON.stringify(segment(traceId))]);
  await until('the good segment', () => segmentsOf(traceId));
  const ledger = await until('all of the garbage counted', async () => {
    const row = await ledgerOf(hatoba, 'udp');
    return row.refused >= garbage.length - 1 ? row : undefined;
  });
  expect(ledger.accepted).toBe(1);
  expect(Object.keys(ledger.reasons).length).toBeGreaterThan(1);
});

test('truncated protobuf over OTLP/HTTP: at every length an answer, never a failure of ours', async () => {
  const traceId = newTraceId();
  const whole = exportRequest(traceId);
  const headers = { 'content-type': 'application/x-protobuf' };
  const post = (body: Buffer, extra: Record<string, string> = {}) =>
    send(hatoba.ports.otlpHttp, { method: 'POST', path: '/v1/traces', headers: { ...headers, ...extra }, body });
  for (let length = 1; length < whole.length; length++) {
    // Cut anywhere, an outer length is wrong.
    expect([length, (await post(whole.subarray(0, length))).status]).toEqual([length, 400]);
  }
  expect((await post(gzipSync(whole).subarray(0, 20), { 'content-encoding': 'gzip' })).status).toBe(400);
  expect((await post(Buffer.from('hello'), { 'content-type': 'application/json' })).status).toBe(400);
  expect((await post(Buffer.from('x'), { 'content-encoding': 'br' })).status).toBe(415);
  expect((await post(gzipSync(Buffer.alloc((64 << 20) + 1)), { 'content-encoding': 'gzip' })).status).toBe(413);
  expect(await segmentsOf(traceId)).toBe(0);
  expect((await post(whole)).status).toBe(200);
  await until('the whole one', () => segmentsOf(traceId));
});

test('truncated protobuf and broken frames over OTLP/gRPC have a gRPC status', async () => {
  const traceId = newTraceId();
  const whole = exportRequest(traceId);
  const invalidArgument = { http: 200, grpc: '3' };
  const unimplemented = { http: 200, grpc: '12' };
  for (const length of [1, 2, 5, 20, whole.length - 1]) {
    expect(await callGrpc(hatoba.ports.otlpGrpc, framed(whole.subarray(0, length)))).toEqual(invalidArgument);
  }
  expect(await callGrpc(hatoba.ports.otlpGrpc, Buffer.alloc(0))).toEqual(invalidArgument);
  expect(await callGrpc(hatoba.ports.otlpGrpc, framed(whole, whole.length + 9))).toEqual(invalidArgument);
  expect(await callGrpc(hatoba.ports.otlpGrpc, framed(whole, 0xffff_ffff))).toEqual({ http: 200, grpc: '8' });
  expect(await callGrpc(hatoba.ports.otlpGrpc, framed(whole, whole.length, 1))).toEqual(unimplemented);
  expect(await callGrpc(hatoba.ports.otlpGrpc, framed(whole, whole.length, 1), { 'grpc-encoding': 'gzip' })).toEqual(
    invalidArgument,
  );
  expect(await callGrpc(hatoba.ports.otlpGrpc, framed(whole), { ':path': '/no.such.Service/Method' })).toEqual(
    unimplemented,
  );
  expect(await callGrpc(hatoba.ports.otlpGrpc, framed(whole), { 'content-type': 'text/plain' })).toEqual({
    http: 415,
    grpc: undefined,
  });
  expect(await segmentsOf(traceId)).toBe(0);
  expect(await callGrpc(hatoba.ports.otlpGrpc, framed(whole))).toEqual({ http: 200, grpc: '0' });
  await until('the whole one', () => segmentsOf(traceId));
});

test('what is not HTTP/2 on the gRPC port is hung up on', async () => {
  for (const bytes of [Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'), randomBytes(5_000)]) {
    await new Promise<void>((resolve) => {
      const socket = connect(hatoba.ports.otlpGrpc, '127.0.0.1', () => socket.write(bytes));
      socket.on('error', () => {});
      socket.on('close', () => resolve());
      socket.resume();
    });
  }
});

test('invalid segments are listed as unprocessed, the valid ones of the call are stored', async () => {
  const traceId = newTraceId();
  const good = segment(traceId);
  const bad = { ...good, id: newId() };
  const { UnprocessedTraceSegments } = await xray.putTraceSegments({
    TraceSegmentDocuments: [
      JSON.stringify(good),
      'not JSON',
      JSON.stringify({ ...bad, id: undefined }),
      JSON.stringify({ ...bad, trace_id: undefined }),
      JSON.stringify({ ...bad, trace_id: '1-zz-1' }),
      JSON.stringify({ ...bad, end_time: undefined }),
      JSON.stringify({ ...bad, name: '<script>' }),
      JSON.stringify({ ...bad, start_time: 'yesterday' }),
    ],
  });
  expect(UnprocessedTraceSegments).toMatchObject([
    { ErrorCode: 'ParseError' },
    { ErrorCode: 'MissingId' },
    { Id: bad.id, ErrorCode: 'MissingTraceId' },
    { Id: bad.id, ErrorCode: 'InvalidTraceId' },
    { Id: bad.id, ErrorCode: 'MissingEndTime' },
    { Id: bad.id, ErrorCode: 'InvalidName' },
    { Id: bad.id, ErrorCode: expect.stringMatching(/Time|Parse/) },
  ]);
  expect(await until('the good one', () => segmentsOf(traceId))).toBe(1);
});
