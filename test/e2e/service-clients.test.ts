import { join } from 'node:path';
import { CloudWatch } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import { EC2 } from '@aws-sdk/client-ec2';
import { ECS, waitUntilServicesInactive, waitUntilServicesStable } from '@aws-sdk/client-ecs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type HatobaProcess, run, startHatoba } from '../support/hatoba-process.ts';
import { awsCommands, describeWith, pythonWith } from '../support/programs.ts';
import { until } from '../support/until.ts';

let hatoba: HatobaProcess;

beforeAll(async () => {
  hatoba = await startHatoba();
});

afterAll(async () => {
  await hatoba?.stop();
});

const app = (file: string): string => join(import.meta.dirname, 'apps', file);

describeWith('awscli', 'the aws command line', () => {
  for (const command of awsCommands()) {
    test(`${command} creates, rolls and deletes a service`, { timeout: 300_000 }, async () => {
      const name = `cli-${command.replace(/\W/g, '')}`;
      const { code, stdout, stderr } = await run('sh', [app('service_cli.sh'), command, name], {
        env: hatoba.environment(),
        timeoutMs: 280_000,
      });
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const lines = stdout.trim().split('\n');
      expect(lines).toEqual([
        'cluster ACTIVE',
        'rolled 2',
        'line second',
        expect.stringMatching(/^metrics [1-9]/),
        'deleted INACTIVE',
      ]);
    });
  }
});

describeWith('python', 'boto3', () => {
  test('creates, rolls and deletes a service', { timeout: 300_000 }, async () => {
    const { code, stdout, stderr } = await run(pythonWith('boto3')!, [app('service_boto3.py'), 'boto3'], {
      env: hatoba.environment(),
      timeoutMs: 280_000,
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toEqual({
      firstLines: expect.any(Number),
      secondLines: expect.any(Number),
      datapoints: expect.any(Number),
      rolled: [true],
      running: 2,
    });
    expect(Object.values(JSON.parse(stdout))).not.toContain(0);
  });
});

describe('SDK v3', () => {
  test('creates, rolls and deletes a service', { timeout: 300_000 }, async () => {
    const settings = {
      endpoint: hatoba.url,
      region: 'us-east-1',
      credentials: { accessKeyId: '000000000000', secretAccessKey: 'x' },
    };
    const ecs = new ECS(settings);
    const name = 'sdk';
    const register = async (text: string) =>
      (
        await ecs.registerTaskDefinition({
          family: name,
          requiresCompatibilities: ['FARGATE'],
          networkMode: 'awsvpc',
          cpu: '256',
          memory: '512',
          containerDefinitions: [
            {
              name: 'main',
              image: 'busybox',
              command: ['sh', '-c', `while :; do echo ${text}; sleep 1; done`],
              logConfiguration: {
                logDriver: 'awslogs',
                options: {
                  'awslogs-group': `/ecs/${name}`,
                  'awslogs-region': 'us-east-1',
                  'awslogs-stream-prefix': 'p',
                  'awslogs-create-group': 'true',
                },
              },
            },
          ],
        })
      ).taskDefinition!.taskDefinitionArn!;
    const { Subnets = [] } = await new EC2(settings).describeSubnets({});
    const waiting = { client: ecs, maxWaitTime: 120, minDelay: 1, maxDelay: 1 };
    const selected = { cluster: name, services: [name] };
    await ecs.createCluster({ clusterName: name });
    await ecs.createService({
      cluster: name,
      serviceName: name,
      taskDefinition: await register('first'),
      desiredCount: 1,
      launchType: 'FARGATE',
      networkConfiguration: { awsvpcConfiguration: { subnets: [Subnets[0]!.SubnetId!] } },
    });
    await waitUntilServicesStable(waiting, selected);
    const second = await register('second');
    await ecs.updateService({ cluster: name, service: name, taskDefinition: second });
    await waitUntilServicesStable(waiting, selected);
    const { taskArns = [] } = await ecs.listTasks({ cluster: name, serviceName: name });
    const { tasks = [] } = await ecs.describeTasks({ cluster: name, tasks: taskArns });
    expect(tasks.map((task) => task.taskDefinitionArn)).toEqual([second]);
    const logs = new CloudWatchLogs(settings);
    const { events } = await until('a line of the second revision', async () => {
      const page = await logs.filterLogEvents({ logGroupName: `/ecs/${name}`, filterPattern: 'second' });
      return page.events?.length ? page : undefined;
    });
    expect(events![0]!.message).toBe('second');
    const cloudwatch = new CloudWatch(settings);
    const names = await until('metrics of the service', async () => {
      const { Metrics = [] } = await cloudwatch.listMetrics({
        Namespace: 'AWS/ECS',
        Dimensions: [{ Name: 'ServiceName', Value: name }],
      });
      return Metrics.length > 0 ? Metrics.map((metric) => metric.MetricName).sort() : undefined;
    });
    expect(names).toEqual(['CPUUtilization', 'MemoryUtilization']);
    await ecs.deleteService({ cluster: name, service: name, force: true });
    await waitUntilServicesInactive(waiting, selected);
    expect((await ecs.deleteCluster({ cluster: name })).cluster?.status).toBe('INACTIVE');
  });
});
