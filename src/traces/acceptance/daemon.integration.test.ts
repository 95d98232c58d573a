import dgram, { type Socket } from 'node:dgram';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { account, newId, newTraceId, region, startTestPlane, type TestPlane } from '../test-plane.fixture.ts';
import { encodeTraces } from './encode-otlp.fixture.ts';
import { makeSegment, putDocuments, readDocuments } from './plane-client.fixture.ts';

let plane: TestPlane;
let socket: Socket;
beforeAll(async () => {
  plane = await startTestPlane();
  socket = dgram.createSocket('udp4');
});
afterAll(async () => {
  socket.close();
  await plane.stop();
});

const now = Math.floor(Date.now() / 1000);
const header = '{"format":"json","version":1}\n';
const send = (text: string | Buffer, port = plane.traces.ports.xray) =>
  new Promise<void>((resolve, reject) =>
    socket.send(text, port, '127.0.0.1', (error) => (error ? reject(error) : resolve())),
  );
const ledgerOf = (source: string) =>
  plane.traces.ledger().find((entry) => entry.source === source) ?? { received: 0, refused: 0, reasons: {} };

async function untilStored(traceId: string): Promise<any[]> {
  for (;;) {
    const documents = await readDocuments(plane, traceId);
    if (documents.length > 0) return documents;
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

async function untilRefused(count: number): Promise<void> {
  while (ledgerOf('udp').refused < count) await new Promise((resolve) => setTimeout(resolve, 20));
}

test('the datagram of the guide is stored: header with spaces, document with line breaks', async () => {
  const segment = makeSegment(now - 60, 1, 'guide');
  await send(`{"format": "json", "version": 1}\n${JSON.stringify(segment, undefined, 2)}\n`);
  expect(await untilStored(segment.trace_id)).toMatchObject([{ name: 'guide' }]);
});

test('wrong version, missing newline and empty body are refused, with the reason in the ledger', async () => {
  const before = ledgerOf('udp').refused;
  await send('{"format":"json","version":2}\n{"id":"x"}');
  await send('{"format":"json","version":1} {"id":"x"}');
  await send(header);
  await untilRefused(before + 3);
  expect(ledgerOf('udp').reasons).toMatchObject({ MissingHeader: 3 });
});

test('every sender can read why a datagram of its own was refused', async () => {
  const before = ledgerOf('udp').refused;
  await send(`${header}{"id":"0000000000000001"}`);
  await send(`${header}not json`);
  await untilRefused(before + 2);
  expect(ledgerOf('udp').reasons).toMatchObject({ MissingTraceId: 1, ParseError: 1 });
});

const payload = (traceId: string, name: string) =>
  encodeTraces(name, [
    {
      traceId: traceId.slice(2).replace('-', ''),
      spanId: newId(),
      name: 'GET',
      kind: 2,
      startSeconds: now - 30,
      seconds: 1,
    },
  ]).toString('base64');

test('T1S is a trace and T1U is accepted and not kept, by UDP and in PutTraceSegments', async () => {
  const [first, second, third, fourth] = Array.from({ length: 4 }, () => newTraceId(now * 1000)) as [
    string,
    string,
    string,
    string,
  ];
  await send(`${header}T1U${payload(second, 'unsampled')}`);
  await send(`${header}T1S${payload(first, 'by-udp')}`);
  expect(await untilStored(first)).toMatchObject([{ name: 'by-udp' }]);
  expect(await putDocuments(plane, `T1S${payload(third, 'by-put')}`, `T1U${payload(fourth, 'unsampled')}`)).toEqual([]);
  expect(await untilStored(third)).toMatchObject([{ name: 'by-put' }]);
  expect(await readDocuments(plane, second)).toEqual([]);
  expect(await readDocuments(plane, fourth)).toEqual([]);
});

test('a task is known by the socket on which its segments arrive, whatever host name they carry', async () => {
  const taskSocket = dgram.createSocket('udp4');
  await new Promise<void>((resolve) => taskSocket.bind(0, '127.0.0.1', resolve));
  const taskArn = `arn:aws:ecs:${region}:${account}:task/main/0123456789abcdef0123456789abcdef`;
  plane.traces.receivers.serveDaemonUdp(taskSocket, {
    account,
    region,
    clusterName: 'main',
    serviceName: 'orders',
    taskArn,
    taskDefinitionFamily: 'orders',
    taskDefinitionRevision: 3,
    deploymentId: 'ecs-svc/1',
    containerName: 'app',
    image: 'orders:1',
    availabilityZone: 'us-east-1a',
  });
  const segment = makeSegment(now - 20, 1, 'orders', {
    origin: 'AWS::ECS::Container',
    aws: { ecs: { container: 'ip-172-31-0-9.us-east-1.compute.internal' }, xray: { sdk: 'X-Ray for Node.js' } },
  });
  await send(`${header}${JSON.stringify(segment)}`, taskSocket.address().port);
  const [document] = await untilStored(segment.trace_id);
  expect(document.aws).toMatchObject({
    ecs: { container: 'ip-172-31-0-9.us-east-1.compute.internal', task_arn: taskArn },
    xray: { sdk: 'X-Ray for Node.js' },
  });
  const [row] = await plane.telemetry.query<object>(
    'SELECT cluster, service, container, revision, deployment FROM segments WHERE task = {task:String}',
    { task: taskArn },
  );
  expect(row).toEqual({
    cluster: 'main',
    service: 'orders',
    container: 'app',
    revision: 'orders:3',
    deployment: 'ecs-svc/1',
  });
  taskSocket.close();
});

test('what a daemon sends on is taken: batches of 50, and its own records', async () => {
  const batch = Array.from({ length: 50 }, (_, index) => makeSegment(now - 10, index / 100, 'batched'));
  expect(await putDocuments(plane, ...batch)).toEqual([]);
  const counts = {
    SegmentsReceivedCount: 50,
    SegmentsSentCount: 50,
    SegmentsSpilloverCount: 0,
    SegmentsRejectedCount: 0,
  };
  const record = { Timestamp: new Date(now * 1000), ...counts, BackendConnectionErrors: { TimeoutCount: 0 } };
  const empty = { EC2InstanceId: '', Hostname: '', ResourceARN: '' };
  expect(await plane.xray.PutTelemetryRecords({ TelemetryRecords: [record], ...empty }, plane.context)).toEqual({});
});
