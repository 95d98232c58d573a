import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeSegment, putDocuments } from '../traces/acceptance/plane-client.fixture.ts';
import { account, region, startTestPlane, type TestPlane } from '../traces/test-plane.fixture.ts';
import type { CallOperation } from './read-snapshot.ts';
import { readTraceContext } from './read-trace-context.ts';

let plane: TestPlane;
beforeAll(async () => {
  plane = await startTestPlane({ insights: false });
});
afterAll(() => plane.stop());

const now = Math.floor(Date.now() / 1000);
const start = now - 600;
const at = (seconds: number) => new Date((start + seconds) * 1000);
const arn = (kind: string, id: string) => `arn:aws:ecs:${region}:${account}:${kind}/shop/${id}`;

/** A cluster with the services web, which is being deployed, and api, whose task of the trace was killed. */
const deployments = [
  { service: 'web', id: '2', createdAt: at(-20), status: 'IN_PROGRESS', from: 'web:6', to: 'web:7' },
  { service: 'web', id: '1', createdAt: at(-900), finishedAt: at(-890), status: 'SUCCESSFUL', to: 'web:6' },
  { service: 'api', id: '4', createdAt: at(30), status: 'IN_PROGRESS', from: 'api:1', to: 'api:2' },
  { service: 'api', id: '3', createdAt: at(-100), finishedAt: at(-60), status: 'SUCCESSFUL', to: 'api:1' },
];
const used: Record<string, number> = {
  'AWS/ECS CPUUtilization web': 40,
  'AWS/ECS MemoryUtilization web': 30,
  'AWS/ECS CPUUtilization api': 80,
  'ECS/ContainerInsights TaskCpuUtilization api': 99.5,
};

const answers: Record<string, (input: any) => object> = {
  ListClusters: () => ({ clusterArns: [`arn:aws:ecs:${region}:${account}:cluster/shop`] }),
  ListServices: () => ({ serviceArns: [arn('service', 'web'), arn('service', 'api'), arn('service', 'idle')] }),
  ListServiceDeployments: ({ service, createdAt, maxResults }) => ({
    serviceDeployments: deployments
      .filter((one) => one.service === service && one.createdAt < createdAt.before)
      .slice(0, maxResults)
      .map(({ service, id }) => ({ serviceDeploymentArn: arn('service-deployment', `${service}/${id}`) })),
  }),
  DescribeServiceDeployments: ({ serviceDeploymentArns }) => ({
    serviceDeployments: deployments
      .map(({ service, id, from, to, ...rest }) => ({
        ...rest,
        serviceDeploymentArn: arn('service-deployment', `${service}/${id}`),
        sourceServiceRevisions: from ? [{ arn: arn('service-revision', from) }] : [],
        targetServiceRevision: { arn: arn('service-revision', to) },
      }))
      .filter((one) => serviceDeploymentArns.includes(one.serviceDeploymentArn)),
  }),
  DescribeServiceRevisions: ({ serviceRevisionArns }) => ({
    serviceRevisions: serviceRevisionArns.map((one: string) => ({
      serviceRevisionArn: one,
      taskDefinition: arn('task-definition', one.split('/').at(-1)!),
    })),
  }),
  DescribeTasks: ({ cluster, tasks }) => {
    if (cluster !== 'shop') throw new Error('no such cluster');
    return {
      tasks: [
        {
          taskArn: arn('task', 'task1'),
          clusterArn: `arn:aws:ecs:${region}:${account}:cluster/shop`,
          group: 'service:api',
          taskDefinitionArn: arn('task-definition', 'api:1'),
          stoppingAt: at(2),
          stoppedReason: 'Essential container in task exited',
          containers: [{ reason: 'OutOfMemoryError: Container killed due to memory usage' }],
        },
      ].filter(({ taskArn }) => tasks.includes(taskArn)),
    };
  },
  GetMetricData: ({ MetricDataQueries }) => ({
    MetricDataResults: MetricDataQueries.map(({ Id, MetricStat: { Metric } }: any) => {
      const value = used[`${Metric.Namespace} ${Metric.MetricName} ${Metric.Dimensions[1].Value}`];
      return { Id, Values: value === undefined ? [] : [value / 2, value] };
    }),
  }),
};

const callOperation = (async (_service: string, operation: string, input: object) =>
  answers[operation]!(input)) as CallOperation;
const read = (traceId: string) =>
  readTraceContext({ traces: plane.traces, callOperation }, { account, region }, traceId);

test('deployments, load and ends of tasks of the services that took part', async () => {
  const web = makeSegment(start, 0.1, 'web');
  const of = { trace_id: web.trace_id };
  const ecs = (task: string, cluster = 'shop') => ({
    aws: { ecs: { task_arn: `arn:aws:ecs:${region}:${account}:task/${cluster}/${task}` } },
  });
  await putDocuments(
    plane,
    web,
    makeSegment(start + 0.01, 0.05, 'api-of-another-name', { ...of, ...ecs('task1') }),
    makeSegment(start + 0.02, 0.01, 'gone', { ...of, ...ecs('task9', 'nowhere') }),
  );
  const context = (await read(web.trace_id))!;
  expect(context.traceId).toBe(web.trace_id);
  expect(context.start).toBe(at(0).toISOString());
  expect(context.deployments).toEqual([
    {
      cluster: 'shop',
      service: 'web',
      deploymentArn: arn('service-deployment', 'web/2'),
      revision: 'web:7',
      previousRevision: 'web:6',
      status: 'IN_PROGRESS',
      at: at(-20).toISOString(),
      when: 'during',
      secondsBefore: 20,
      servedBy: [],
    },
    {
      cluster: 'shop',
      service: 'api',
      deploymentArn: arn('service-deployment', 'api/3'),
      revision: 'api:1',
      status: 'SUCCESSFUL',
      at: at(-100).toISOString(),
      finishedAt: at(-60).toISOString(),
      when: 'before',
      secondsBefore: 60,
      servedBy: ['api:1'],
    },
  ]);
  expect(context.usage).toEqual([
    { cluster: 'shop', service: 'api', task: 'task1', cpuPercent: 99.5 },
    { cluster: 'shop', service: 'web', cpuPercent: 40, memoryPercent: 30 },
  ]);
  expect(context.stops).toEqual([
    {
      cluster: 'shop',
      service: 'api',
      task: 'task1',
      at: at(2).toISOString(),
      reason: 'OutOfMemoryError: Container killed due to memory usage',
      outOfMemory: true,
    },
  ]);
});

test('of a trace that nobody sent there is nothing, and of one without ECS services only its times', async () => {
  expect(await read(`1-${'0'.repeat(8)}-${'0'.repeat(24)}`)).toBeUndefined();
  expect(await read('no id')).toBeUndefined();
  const alone = makeSegment(start + 5, 0.1, 'laptop');
  await putDocuments(plane, alone);
  expect(await read(alone.trace_id)).toMatchObject({ deployments: [], usage: [], stops: [] });
});
