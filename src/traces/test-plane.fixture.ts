import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logs } from '../logs/index.ts';
import type { Metrics } from '../metrics/index.ts';
import { type Clock, systemClock } from '../platform/clock.ts';
import { silentLogger } from '../platform/logger.ts';
import { openSqliteStateStore } from '../stores/state/sqlite.ts';
import type { StateStore } from '../stores/state/store.ts';
import { openTelemetryStore, type TelemetryStore } from '../stores/telemetry/index.ts';
import type { CallContext } from '../wire/aws/call-context.ts';
import type { Handlers } from '../wire/aws/service-table.ts';
import { createTraces, type Traces, type TracesDeps } from './index.ts';

export const account = '000000000000';
export const region = 'us-east-1';

/** The plane on a real store in a directory of its own, its receivers on free ports of loopback. */
export interface TestPlane {
  readonly traces: Traces;
  readonly telemetry: TelemetryStore;
  readonly state: StateStore;
  readonly xray: Required<Handlers<typeof import('@aws-sdk/client-xray')>>;
  readonly context: CallContext;
  /** What arrived on TCP 2000. */
  readonly forwarded: string[];
  stop(): Promise<void>;
}

interface Stores {
  readonly state: StateStore;
  readonly telemetry: TelemetryStore;
  readonly clock: Clock;
}

export async function startTestPlane(
  more: Partial<TracesDeps['config']> = {},
  { clock = systemClock, metricsOf }: { clock?: Clock; metricsOf?: (stores: Stores) => Metrics } = {},
): Promise<TestPlane> {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'hatoba-traces-'));
  const state = openSqliteStateStore(':memory:', () => clock.now());
  const telemetry = openTelemetryStore({
    dataDirectory,
    mode: 'embedded',
    // Tests with a clock of their own live in the past of this store's clock.
    limits: { memoryBytesMax: 1e9, maxDiskGB: 10, retentionDays: 36_500 },
    clock: systemClock,
    logger: silentLogger,
  });
  await telemetry.start();
  const forwarded: string[] = [];
  const traces = createTraces({
    state,
    telemetry,
    metrics: metricsOf?.({ state, telemetry, clock }) ?? ({} as Metrics),
    logs: {} as Logs,
    clock,
    logger: silentLogger,
    forwardToGateway: (request: IncomingMessage, response: ServerResponse) => {
      forwarded.push(`${request.method} ${request.url}`);
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"SamplingRuleRecords":[]}');
    },
    config: { host: '127.0.0.1', xrayPort: 0, otlpHttpPort: 0, otlpGrpcPort: 0, account, region, ...more },
  });
  await traces.start();
  const context: CallContext = {
    account,
    region,
    requestId: 'test',
    principal: { kind: 'root', account, arn: `arn:aws:iam::${account}:root`, userId: account },
    signal: new AbortController().signal,
  };
  return {
    traces,
    telemetry,
    state,
    xray: traces.services[0]!.handlers as TestPlane['xray'],
    context,
    forwarded,
    async stop() {
      await traces.stop();
      await telemetry.stop();
      await state.close();
      rmSync(dataDirectory, { recursive: true, force: true });
    },
  };
}

let counter = 0;

/** 16 hex digits that no other call has given. */
export function newId(): string {
  counter += 1;
  return counter.toString(16).padStart(16, '0');
}

export function newTraceId(nowMs: number): string {
  return `1-${Math.floor(nowMs / 1000).toString(16)}-${newId().padStart(24, '0')}`;
}

/** What the shop's services send for one request: bff and backend1 by the X-Ray SDK, backend2 by OpenTelemetry. */
export function shopRequest(startSeconds: number, options: { denied?: boolean; slow?: number } = {}) {
  const traceId = newTraceId(startSeconds * 1000);
  const [bff, backend1, toBackend1, toBackend2] = [newId(), newId(), newId(), newId()];
  const at = (offset: number) => startSeconds + offset;
  const end = 0.1 + (options.slow ?? 0);
  const denied = {
    error: true,
    fault: true,
    cause: {
      exceptions: [
        {
          id: newId(),
          type: 'AccessDeniedException',
          message: 'not authorized',
          remote: true,
          stack: [{ path: '/shop/backend1.js', line: 5, label: 'async' }],
        },
      ],
    },
  };
  const call = (id: string, host: string, from: number, to: number) => ({
    id,
    name: host,
    namespace: 'remote',
    start_time: at(from),
    end_time: at(to),
    http: { request: { method: 'GET', url: `http://${host}/` }, response: { status: 200 } },
  });
  const segments = [
    {
      trace_id: traceId,
      id: bff,
      name: 'bff',
      start_time: at(0),
      end_time: at(end),
      http: {
        request: { method: 'GET', url: 'http://shop.local/api/', client_ip: '10.0.0.7', user_agent: 'curl' },
        response: { status: 200 },
      },
      annotations: { customer: 'c-17', items: 3, member: true },
      user: 'alice',
      subsegments: [
        call(toBackend1, 'backend1.shop.local', 0.001, 0.03),
        call(toBackend2, 'backend2.shop.local', 0.031, end - 0.005),
      ],
    },
    {
      trace_id: traceId,
      id: backend1,
      parent_id: toBackend1,
      name: 'backend1',
      start_time: at(0.002),
      end_time: at(0.028),
      http: { request: { method: 'GET', url: 'http://backend1.shop.local/date' }, response: { status: 200 } },
      subsegments: [
        {
          id: newId(),
          name: 'DynamoDB',
          namespace: 'aws',
          start_time: at(0.005),
          end_time: at(0.02),
          aws: { operation: 'PutItem', table_name: 'access', region, retries: 1 },
          http: { response: { status: options.denied ? 400 : 200 } },
          ...(options.denied ? denied : {}),
        },
      ],
    },
  ];
  const hex = traceId.slice(2).replace('-', '');
  const [server, dynamo, post] = [newId(), newId(), newId()];
  const nanos = (offset: number) => `${Math.round((startSeconds + offset) * 1e6)}000`;
  const text = (key: string, value: string) => ({ key, value: { stringValue: value } });
  const span = (
    spanId: string,
    parentSpanId: string,
    name: string,
    kind: number,
    from: number,
    to: number,
    attributes: object[],
  ) => ({
    traceId: hex,
    spanId,
    parentSpanId,
    name,
    kind,
    startTimeUnixNano: nanos(from),
    endTimeUnixNano: nanos(to),
    attributes,
    status: { code: 0 },
  });
  const otlp = {
    resourceSpans: [
      {
        resource: { attributes: [text('service.name', 'backend2'), text('telemetry.sdk.language', 'nodejs')] },
        scopeSpans: [
          {
            spans: [
              span(server, toBackend2, 'GET', 2, 0.032, end - 0.006, [
                text('http.request.method', 'GET'),
                text('url.path', '/time'),
                text('url.scheme', 'http'),
                text('server.address', 'backend2.shop.local'),
                { key: 'http.response.status_code', value: { intValue: 200 } },
              ]),
              span(dynamo, server, 'DynamoDB.PutItem', 3, 0.04, 0.06, [
                text('rpc.system', 'aws-api'),
                text('rpc.service', 'DynamoDB'),
                text('rpc.method', 'PutItem'),
                { key: 'aws.dynamodb.table_names', value: { arrayValue: { values: [{ stringValue: 'access' }] } } },
              ]),
              span(post, dynamo, 'POST', 3, 0.041, 0.059, [
                text('http.request.method', 'POST'),
                text('url.full', 'http://127.0.0.1:4566/'),
                text('server.address', '127.0.0.1'),
              ]),
            ],
          },
        ],
      },
    ],
  };
  return { traceId, segments, otlp, bff };
}
