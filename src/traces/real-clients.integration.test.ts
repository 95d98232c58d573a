import { type ChildProcess, spawn } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Service } from '@aws-sdk/client-xray';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { newTraceId, startTestPlane, type TestPlane } from './test-plane.fixture.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const children: ChildProcess[] = [];
let plane: TestPlane;
let dynamo: Server;
let isDenied = false;

const announce = "listen(0,'127.0.0.1',function(){console.log('port '+this.address().port)})";
const client = `const {DynamoDBClient,PutItemCommand}=require('@aws-sdk/client-dynamodb');
  let db=new DynamoDBClient({endpoint:process.env.DYNAMO,region:'us-east-1',credentials:{accessKeyId:'a',secretAccessKey:'b'},maxAttempts:1});
  const write=()=>db.send(new PutItemCommand({TableName:'access',Item:{k:{S:'x'}}})).catch(()=>{});`;
const bff = `const xray=require('aws-xray-sdk');const http=require('http');xray.captureHTTPsGlobal(http);
  const express=require('express');const app=express();app.use(xray.express.openSegment('bff'));
  const get=(url)=>new Promise((ok,no)=>http.get(url,(r)=>{r.resume();r.on('end',ok)}).on('error',no));
  app.get('/api/',async(q,r)=>{await get(process.env.BACKEND1+'/date');await get(process.env.BACKEND2+'/time');r.json({})});
  app.use(xray.express.closeSegment());require('http').createServer(app).${announce}`;
const backend1 = `const xray=require('aws-xray-sdk');${client} db=xray.captureAWSv3Client(db);
  const express=require('express');const app=express();app.use(xray.express.openSegment('backend1'));
  app.get('/date',async(q,r)=>{await write();r.json({})});
  app.use(xray.express.closeSegment());require('http').createServer(app).${announce}`;
const backend2 = `const {NodeSDK}=require('@opentelemetry/sdk-node');
  const {OTLPTraceExporter}=require(process.env.EXPORTER);
  const {HttpInstrumentation}=require('@opentelemetry/instrumentation-http');
  const {AwsInstrumentation}=require('@opentelemetry/instrumentation-aws-sdk');
  const {AWSXRayPropagator}=require('@opentelemetry/propagator-aws-xray');
  new NodeSDK({serviceName:'backend2',traceExporter:new OTLPTraceExporter(),textMapPropagator:new AWSXRayPropagator(),
    instrumentations:[new HttpInstrumentation(),new AwsInstrumentation()]}).start();
  ${client}
  require('http').createServer(async(q,r)=>{await write();r.end('{}')}).${announce}`;

beforeAll(async () => {
  dynamo = createServer((request, response) => {
    request.resume();
    const denied = {
      __type: 'com.amazon.coral.service#AccessDeniedException',
      Message: 'not authorized to perform: dynamodb:PutItem',
    };
    response.writeHead(isDenied ? 400 : 200, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(isDenied ? JSON.stringify(denied) : '{}');
  });
  await new Promise<void>((resolve) => dynamo.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await plane.stop();
});

afterAll(() => {
  dynamo.closeAllConnections();
  dynamo.close();
});

/** Starts a service; resolves with its address. */
async function startService(script: string, environment: Record<string, string>): Promise<string> {
  const child = spawn(process.execPath, ['--stack-trace-limit=50', '-e', script], {
    cwd: root,
    env: {
      PATH: process.env.PATH,
      AWS_XRAY_DAEMON_ADDRESS: `127.0.0.1:${plane.traces.ports.xray}`,
      AWS_XRAY_CONTEXT_MISSING: 'IGNORE_ERROR',
      AWS_XRAY_LOG_LEVEL: 'silent',
      OTEL_BSP_SCHEDULE_DELAY: '200',
      NODE_NO_WARNINGS: '1',
      DYNAMO: `http://127.0.0.1:${(dynamo.address() as AddressInfo).port}`,
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  for await (const chunk of child.stdout!) {
    const port = /port (\d+)/.exec(String(chunk))?.[1];
    if (port) return `http://127.0.0.1:${port}`;
  }
  throw new Error('the service ended before it served');
}

function shape(services: Service[]): string[] {
  const name = (service: Service) => `${service.Name}(${service.Type})`;
  return services
    .flatMap((service) => [
      `${name(service)} ${service.SummaryStatistics?.TotalCount ?? '-'}`,
      ...(service.Edges ?? []).map((edge) => {
        const target = services.find(({ ReferenceId }) => ReferenceId === edge.ReferenceId)!;
        return `${name(service)} -> ${name(target)} ${edge.SummaryStatistics?.TotalCount}`;
      }),
    ])
    .sort();
}

const expected = (count: number) =>
  [
    `access(AWS::DynamoDB::Table) ${count * 2}`,
    `backend1() ${count}`,
    `backend1() -> access(AWS::DynamoDB::Table) ${count}`,
    `backend2() ${count}`,
    `backend2() -> access(AWS::DynamoDB::Table) ${count}`,
    `bff() ${count}`,
    `bff() -> backend1() ${count}`,
    `bff() -> backend2() ${count}`,
    'bff(client) -',
    `bff(client) -> bff() ${count}`,
  ].sort();

test.each([
  ['@opentelemetry/exporter-trace-otlp-proto', 'otlpHttp'],
  ['@opentelemetry/exporter-trace-otlp-grpc', 'otlpGrpc'],
] as const)(
  'X-Ray SDK and OpenTelemetry by %s make one map, without a node for any address',
  async (EXPORTER, port) => {
    plane = await startTestPlane();
    isDenied = false;
    const BACKEND1 = await startService(backend1, {});
    const BACKEND2 = await startService(backend2, {
      EXPORTER,
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${plane.traces.ports[port]}`,
    });
    const address = await startService(bff, { BACKEND1, BACKEND2 });
    const start = new Date(Date.now() - 60_000);
    const traceIds: string[] = [];
    const request = async () => {
      const traceId = newTraceId(Date.now());
      traceIds.push(traceId);
      const headers = { 'x-amzn-trace-id': `Root=${traceId};Sampled=1` };
      expect((await fetch(`${address}/api/`, { headers })).status).toBe(200);
    };
    for (let count = 0; count < 4; count += 1) await request();
    isDenied = true;
    await request();

    const read = async () =>
      shape(
        (await plane.xray.GetServiceGraph({ StartTime: start, EndTime: new Date(Date.now() + 60_000) }, plane.context))
          .Services!,
      );
    let graph = await read();
    // No node that should not be there shows up, not even while spans are on their way.
    while (JSON.stringify(graph) !== JSON.stringify(expected(5))) {
      expect(graph.filter((line) => line.startsWith('127.0.0.1'))).toEqual([]);
      await new Promise((resolve) => setTimeout(resolve, 200));
      graph = await read();
    }

    const { Traces } = await plane.xray.BatchGetTraces({ TraceIds: [traceIds[4]!] }, plane.context);
    const documents = Traces![0]!.Segments!.map(({ Document }) => JSON.parse(Document!));
    expect(documents.filter(({ inferred }) => !inferred).map(({ name }) => name)).toEqual([
      'bff',
      'backend1',
      'backend2',
    ]);
    const ofXray = documents.find(({ name }) => name === 'backend1').subsegments[0];
    expect(ofXray).toMatchObject({ error: true, cause: { exceptions: [{ type: 'AccessDeniedException' }] } });
    const ofOtel = documents.find(({ name }) => name === 'backend2').subsegments[0];
    expect(ofOtel).toMatchObject({
      namespace: 'aws',
      error: true,
      aws: { table_name: 'access', operation: 'PutItem' },
    });
    expect(ofOtel.fault).toBeUndefined();
    expect(ofOtel.cause.exceptions[0]).toMatchObject({ type: 'AccessDeniedException', remote: true });
    expect(ofOtel.cause.exceptions[0].stack.length).toBeGreaterThan(3);

    // The first request that comes undecided makes the SDK ask for the rules.
    await fetch(`${address}/api/`);
    while (!plane.forwarded.includes('POST /GetSamplingRules')) await new Promise((resolve) => setTimeout(resolve, 50));
    for (const entry of plane.traces.ledger()) expect(entry).toMatchObject({ refused: 0 });
  },
  90_000,
);
