import { randomBytes } from 'node:crypto';
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { ECS, type ServiceDeployment } from '@aws-sdk/client-ecs';
import { putSegments } from './seed-traces.ts';
import { until } from './until.ts';

const account = '000000000000';
const hex = (bytes: number) => randomBytes(bytes).toString('hex');
const settings = (url: string) => ({
  endpoint: url,
  region: 'us-east-1',
  credentials: { accessKeyId: account, secretAccessKey: 'test' },
});

export interface TroubledTrace {
  readonly traceId: string;
  /** The trace of the worker that took its message. */
  readonly workerTraceId: string;
  /** Epoch seconds. */
  readonly start: number;
  readonly seconds: number;
  readonly taskArn: string;
}

/**
 * Two services of which one, web, is deployed twice, and a trace in the midst of its second deployment: chained causes
 * through three services, throttled writes, similar statements, a nested local subsegment, a message to a worker, log lines;
 * before it, forty requests without trouble.
 */
export async function seedTroubledTrace(url: string): Promise<TroubledTrace> {
  const ecs = new ECS(settings(url));
  try {
    await ecs.createCluster({ clusterName: 'shop', settings: [{ name: 'containerInsights', value: 'enhanced' }] });
    await Promise.all([createService(ecs, 'web', 252), createService(ecs, 'api', 20)]);
    await deployed(ecs, 'web', 1);
    await deployed(ecs, 'api', 1);
    await registerDefinition(ecs, 'web', 252);
    await ecs.updateService({ cluster: 'shop', service: 'web', taskDefinition: 'web' });
    const second = await deployed(ecs, 'web', 2);
    const { taskArns = [] } = await ecs.listTasks({ cluster: 'shop', serviceName: 'web' });
    const began = second.createdAt!.getTime() / 1000;
    const ended = second.finishedAt!.getTime() / 1000;
    const seconds = 0.4;
    const start = began + Math.max(0, (ended - began - seconds) / 2);
    const taskArn = taskArns[0]!;
    for (let index = 1; index <= 40; index += 1) {
      await putSegments(url, account, requestDocuments(start - index, 0.2 + index / 1000, taskArn, false).documents);
    }
    const { documents, traceId, sentBy } = requestDocuments(start, seconds, taskArn, true);
    const worker = workerDocuments(start + 3, traceId, sentBy);
    await putSegments(url, account, [...documents, worker]);
    await putLogLines(url, traceId, start);
    return { traceId, workerTraceId: worker.trace_id, start, seconds, taskArn };
  } finally {
    ecs.destroy();
  }
}

const registerDefinition = (ecs: ECS, family: string, cpuUnits: number) =>
  ecs.registerTaskDefinition({
    family,
    cpu: '256',
    memory: '512',
    networkMode: 'host',
    containerDefinitions: [
      { name: 'app', image: 'fake', essential: true, dockerLabels: { 'hatoba.fake.cpu-units': String(cpuUnits) } },
    ],
  });

async function createService(ecs: ECS, serviceName: string, cpuUnits: number): Promise<void> {
  await registerDefinition(ecs, serviceName, cpuUnits);
  await ecs.createService({ cluster: 'shop', serviceName, taskDefinition: serviceName, desiredCount: 1 });
}

/** The newest deployment of a service once so many are done. */
async function deployed(ecs: ECS, service: string, count: number): Promise<ServiceDeployment> {
  const { serviceDeployments } = await until(
    `deployment ${count} of ${service}`,
    async () => {
      const listed = await ecs.listServiceDeployments({ cluster: 'shop', service });
      const done = (listed.serviceDeployments ?? []).filter(({ status }) => status === 'SUCCESSFUL');
      return done.length >= count && { serviceDeployments: done };
    },
    { timeoutMs: 120_000 },
  );
  return serviceDeployments[0]!;
}

function requestDocuments(t: number, seconds: number, taskArn: string, isTroubled: boolean) {
  const traceId = `1-${Math.floor(t).toString(16)}-${hex(12)}`;
  const [toApi, send, refused] = [hex(8), hex(8), hex(8)];
  const url = 'http://shop.local/checkout?basket=17';
  const status = isTroubled ? 500 : 200;
  const http = { request: { method: 'POST', url, client_ip: '10.0.0.7', user_agent: 'curl/8' }, response: { status } };
  const failed = isTroubled ? { fault: true } : {};
  const causes = [
    {
      id: hex(8),
      type: 'OrderFailedError',
      message: 'the order of basket 17 could not be written',
      cause: refused,
      stack: [
        { path: 'src/orders/place-order.ts', line: 41, label: 'placeOrder' },
        { path: 'node_modules/express/lib/router.js', line: 281, label: 'next' },
      ],
    },
    {
      id: refused,
      type: 'ProvisionedThroughputExceededException',
      message: 'The level of configured provisioned throughput for the table was exceeded.',
      remote: true,
      cause: 'ffffffffffffffff',
      stack: [{ path: 'node_modules/@smithy/smithy-client/index.js', line: 388, label: 'throwDefaultError' }],
    },
  ];
  const writes = Array.from({ length: isTroubled ? 3 : 1 }, (_, index) => ({
    name: 'DynamoDB',
    id: hex(8),
    namespace: 'aws',
    start_time: t + 0.15 + index * 0.05,
    end_time: t + 0.17 + index * 0.05,
    aws: { operation: 'PutItem', table_name: 'orders' },
    ...(isTroubled ? { error: true, throttle: true, http: { response: { status: 429 } } } : {}),
  }));
  const statements = Array.from({ length: 12 }, (_, index) => ({
    name: 'stock@db.shop.local',
    id: hex(8),
    namespace: 'remote',
    start_time: t + 0.04 + index * 0.008,
    end_time: t + 0.045 + index * 0.008,
    sql: {
      url: 'postgresql://db.shop.local:5432/stock',
      database_type: 'PostgreSQL',
      user: 'api',
      sanitized_query: 'SELECT amount, shelf FROM stock WHERE article = $1 AND warehouse = $2 FOR UPDATE',
    },
  }));
  const documents = [
    {
      name: 'web',
      id: hex(8),
      trace_id: traceId,
      start_time: t,
      end_time: t + seconds,
      origin: 'AWS::ECS::Container',
      http,
      ...failed,
      aws: { ecs: { task_arn: taskArn } },
      annotations: { basket: 17, plan: 'pro' },
      metadata: { default: { cart: { articles: ['anchor', 'rope'], currency: 'JPY' } } },
      ...(isTroubled ? { cause: refused } : {}),
      subsegments: [
        {
          name: 'validate basket',
          id: hex(8),
          start_time: t + 0.002,
          end_time: t + 0.02,
          subsegments: [
            { name: 'parse', id: hex(8), start_time: t + 0.003, end_time: t + (isTroubled ? 0.015 : 0.005) },
          ],
        },
        {
          name: 'api.shop.local',
          id: toApi,
          namespace: 'remote',
          start_time: t + 0.025,
          end_time: t + seconds - 0.04,
          http: { request: { method: 'POST', url: 'http://api.shop.local/orders' }, response: { status } },
          ...failed,
        },
        {
          name: 'SQS',
          id: send,
          namespace: 'aws',
          start_time: t + seconds - 0.035,
          end_time: t + seconds - 0.01,
          aws: { operation: 'SendMessage', queue_url: `https://sqs.us-east-1.amazonaws.com/${account}/receipts` },
        },
      ],
    },
    {
      name: 'api',
      id: hex(8),
      parent_id: toApi,
      trace_id: traceId,
      start_time: t + 0.03,
      end_time: t + seconds - 0.045,
      ...failed,
      http: { response: { status } },
      ...(isTroubled ? { cause: { working_directory: '/srv/api', exceptions: causes } } : {}),
      subsegments: [...statements, ...writes],
    },
  ];
  return { traceId, documents, sentBy: send };
}

function workerDocuments(t: number, sentInTrace: string, sentBy: string) {
  return {
    name: 'receipts-worker',
    id: hex(8),
    trace_id: `1-${Math.floor(t).toString(16)}-${hex(12)}`,
    start_time: t,
    end_time: t + 0.08,
    links: [{ trace_id: sentInTrace, id: sentBy, attributes: { 'messaging.operation': 'receive' } }],
  };
}

async function putLogLines(url: string, traceId: string, start: number): Promise<void> {
  const logs = new CloudWatchLogsClient(settings(url));
  await logs.send(new CreateLogGroupCommand({ logGroupName: '/ecs/shop/web' }));
  await logs.send(new CreateLogStreamCommand({ logGroupName: '/ecs/shop/web', logStreamName: 'web/app/1' }));
  const lines = ['checkout of basket 17', 'WARN order refused, trying again', 'ERROR giving up after 3 tries'];
  await logs.send(
    new PutLogEventsCommand({
      logGroupName: '/ecs/shop/web',
      logStreamName: 'web/app/1',
      logEvents: lines.map((line, index) => ({
        timestamp: Math.round((start + 0.01 + index * 0.17) * 1000),
        message: `${line} trace=${traceId}`,
      })),
    }),
  );
  logs.destroy();
}
