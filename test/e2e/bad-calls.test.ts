import { CloudWatch } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDB } from '@aws-sdk/client-dynamodb';
import { ECS, type RegisterTaskDefinitionCommandInput } from '@aws-sdk/client-ecs';
import { ElasticLoadBalancingV2 } from '@aws-sdk/client-elastic-load-balancing-v2';
import { IAM } from '@aws-sdk/client-iam';
import { ServiceDiscovery } from '@aws-sdk/client-servicediscovery';
import { Synthetics } from '@aws-sdk/client-synthetics';
import { XRay } from '@aws-sdk/client-xray';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, send } from '../../src/gateway/raw-http.fixture.ts';
import { type HatobaProcess, startHatoba } from '../support/hatoba-process.ts';
import { clientSettings, expectUndisturbed } from '../support/undisturbed.ts';
import { until } from '../support/until.ts';

let hatoba: HatobaProcess;
let ecs: ECS;

beforeAll(async () => {
  hatoba = await startHatoba({ args: ['--network', 'loopback'] });
  ecs = new ECS(clientSettings(hatoba));
});
afterEach(() => expectUndisturbed(hatoba));
afterAll(async () => {
  ecs?.destroy();
  await hatoba?.stop();
});

const post = (path: string, headers: Record<string, string>, body: string | Buffer): Promise<Answer> =>
  send(hatoba.ports.gateway, { method: 'POST', path, headers, body });
const json = (target: string, version = '1.1') => ({
  'content-type': `application/x-amz-json-${version}`,
  'x-amz-target': target,
});
const form = { 'content-type': 'application/x-www-form-urlencoded' };
const ecsTarget = 'AmazonEC2ContainerServiceV20141113';

describe('calls that cannot be understood are refused in the words of their protocol', () => {
  const cases: Record<string, [string, Record<string, string>, string | Buffer, number, string]> = {
    'an operation that AWS does not have': ['/', json(`${ecsTarget}.Nope`), '{}', 400, 'UnknownOperationException'],
    'an operation that hatoba does not have': [
      '/',
      json(`${ecsTarget}.CreateCapacityProvider`),
      '{"name":"x"}',
      501,
      'ecs:CreateCapacityProvider',
    ],
    'a service that hatoba does not have': ['/', json('AmazonSQS.SendMessage'), '{}', 501, 'AmazonSQS'],
    'an unknown action': ['/', form, 'Action=Nope&Version=2010-05-08', 400, '<Code>InvalidAction</Code>'],
    'an unknown path': ['/Nope', { 'content-type': 'application/json' }, '{}', 404, 'POST /Nope'],
    'json 1.1 that is cut': [
      '/',
      json(`${ecsTarget}.CreateCluster`),
      '{"clusterName":"a',
      400,
      'SerializationException',
    ],
    'json 1.0 that is cut': [
      '/',
      json('DynamoDB_20120810.GetItem', '1.0'),
      '{"TableName"',
      400,
      'SerializationException',
    ],
    'json 1.0 of another shape': [
      '/',
      json('GraniteServiceVersion20100801.PutMetricData', '1.0'),
      '[1]',
      400,
      'SerializationException',
    ],
    'query with a word for a number': [
      '/',
      form,
      'Action=DescribeLoadBalancers&Version=2015-12-01&PageSize=many',
      400,
      '<Code>MalformedInput</Code>',
    ],
    'query that is no form': ['/', form, Buffer.from([0xff, 0x00, 0x3d, 0x26]), 404, '<Code>UnknownOperation'],
    'ec2 beyond its range': [
      '/',
      form,
      'Action=DescribeVpcs&Version=2016-11-15&MaxResults=1',
      400,
      '<Code>InvalidParameterValue</Code>',
    ],
    'rest-json that is cut': ['/TraceSegments', {}, '{"TraceSegmentDocuments":[', 400, 'SerializationException'],
    'gzip that is none': [
      '/',
      { ...json(`${ecsTarget}.CreateCluster`), 'content-encoding': 'gzip' },
      'no gzip',
      400,
      'not valid gzip',
    ],
    'a body beyond the limit': [
      '/',
      json(`${ecsTarget}.CreateCluster`),
      Buffer.alloc(60_000_001, 32),
      413,
      'too large|larger',
    ],
  };
  test.each(Object.entries(cases))('%s', async (_name, [path, headers, body, status, text]) => {
    const answer = await post(path, headers, body);
    expect([answer.status, answer.text]).toEqual([status, expect.stringMatching(text)]);
  });
});

test('what does not exist is said by the names that its clients know', async () => {
  const settings = clientSettings(hatoba);
  const arn = (service: string, rest: string) => `arn:aws:${service}:us-east-1:000000000000:${rest}`;
  const calls: [string, () => Promise<unknown>][] = [
    ['ClusterNotFoundException', () => ecs.listServices({ cluster: 'nowhere' })],
    ['ClusterNotFoundException', () => ecs.runTask({ cluster: arn('ecs', 'cluster/nowhere'), taskDefinition: 'x' })],
    ['ClusterNotFoundException', () => ecs.describeTasks({ cluster: 'arn:aws:s3:::bucket', tasks: ['x'] })],
    ['ClientException', () => ecs.describeTaskDefinition({ taskDefinition: 'nothing:7' })],
    [
      'TargetGroupNotFoundException',
      () =>
        new ElasticLoadBalancingV2(settings).describeTargetHealth({
          TargetGroupArn: arn('elasticloadbalancing', 'targetgroup/none/0123456789abcdef'),
        }),
    ],
    [
      'ResourceNotFoundException',
      () => new CloudWatchLogs(settings).getLogEvents({ logGroupName: 'a', logStreamName: 'b' }),
    ],
    ['ResourceNotFoundException', () => new DynamoDB(settings).describeTable({ TableName: 'none' })],
    ['NoSuchEntityException', () => new IAM(settings).getRole({ RoleName: 'none' })],
    ['ServiceNotFound', () => new ServiceDiscovery(settings).getService({ Id: 'srv-0000000000000000' })],
    ['ResourceNotFoundException', () => new Synthetics(settings).getCanary({ Name: 'none' })],
    [
      'ResourceNotFound',
      () => new CloudWatch(settings).setAlarmState({ AlarmName: 'none', StateValue: 'OK', StateReason: 'x' }),
    ],
    ['InvalidRequestException', () => new XRay(settings).deleteSamplingRule({ RuleName: 'none' })],
  ];
  for (const [name, call] of calls) {
    const error = await call().then(
      () => 'was answered',
      (reason: Error) => reason,
    );
    expect(error).toMatchObject({ name });
  }
  const { failures } = await ecs.describeClusters({ clusters: ['nowhere'] });
  expect(failures).toMatchObject([{ reason: 'MISSING' }]);
  const unknown = '1-5759e988-bd862e3fe1be46a994272793';
  const traces = await new XRay(settings).batchGetTraces({ TraceIds: [unknown] });
  expect(traces.UnprocessedTraceIds).toEqual([unknown]);
});

describe('invalid task definitions', () => {
  const app = { name: 'app', image: 'app:1', memory: 64 };
  const cases: Record<string, [Partial<RegisterTaskDefinitionCommandInput>, RegExp]> = {
    'no container': [{ containerDefinitions: [] }, /[Cc]ontainer/],
    'two containers of one name': [{ containerDefinitions: [app, app] }, /app/],
    'no memory anywhere': [{ containerDefinitions: [{ name: 'app', image: 'a' }] }, /memory/],
    'a dependency on itself': [
      { containerDefinitions: [{ ...app, dependsOn: [{ containerName: 'app', condition: 'START' }] }] },
      /depend/i,
    ],
    'a dependency on nothing': [
      { containerDefinitions: [{ ...app, dependsOn: [{ containerName: 'db', condition: 'HEALTHY' }] }] },
      /db|depend/i,
    ],
    'no essential container': [{ containerDefinitions: [{ ...app, essential: false }] }, /essential/],
    'a size that Fargate does not have': [
      { requiresCompatibilities: ['FARGATE'], networkMode: 'awsvpc', cpu: '300', memory: '512' },
      /Fargate/,
    ],
    'a family that is no name': [{ family: 'a b' }, /[Ff]amily/],
    'a port beyond all ports': [
      { containerDefinitions: [{ ...app, portMappings: [{ containerPort: 70_000 }] }] },
      /[Pp]ort/,
    ],
  };
  test.each(Object.entries(cases))('%s', async (_name, [change, message]) => {
    const input = { family: 'bad', containerDefinitions: [app], ...change };
    const error = await ecs.registerTaskDefinition(input).catch((reason: Error) => reason);
    expect(error).toMatchObject({ name: expect.stringMatching(/^(Client|InvalidParameter)Exception$/) });
    expect((error as Error).message).toMatch(message);
    const { taskDefinitionArns } = await ecs.listTaskDefinitions({ familyPrefix: 'bad' });
    expect(taskDefinitionArns).toEqual([]);
  });
});

describe('a task that cannot start says why, in the task and in the events of its service', () => {
  const cases: Record<string, [string, string[] | undefined, RegExp]> = {
    'its command does not exist': [
      'none',
      ['/no/such/program'],
      /^CannotStartContainerError: .*\/no\/such\/program.*no such file/,
    ],
    'its command is not on the path': ['none', ['no-such-program'], /^CannotStartContainerError: .*no-such-program/],
    'its image is not known': ['nobody/nothing:9', undefined, /^CannotPullContainerError: .*nobody\/nothing/],
  };
  test.each(Object.entries(cases))('%s', async (name, [image, command, reason]) => {
    const id = name.replace(/\W+/g, '-');
    const cluster = `start-${id}`;
    await ecs.createCluster({ clusterName: cluster });
    await ecs.registerTaskDefinition({
      family: id,
      containerDefinitions: [{ name: 'app', image, memory: 64, ...(command && { command }) }],
    });
    await ecs.createService({ cluster, serviceName: 'broken', taskDefinition: id, desiredCount: 1 });
    const task = await until('a stopped task', async () => {
      const { taskArns = [] } = await ecs.listTasks({ cluster, desiredStatus: 'STOPPED' });
      if (taskArns.length === 0) return undefined;
      return (await ecs.describeTasks({ cluster, tasks: taskArns })).tasks?.find((one) => one.lastStatus === 'STOPPED');
    });
    expect(task).toMatchObject({ stopCode: 'TaskFailedToStart', stoppedReason: expect.stringMatching(reason) });
    const event = await until('an event that names the reason', async () => {
      const { services } = await ecs.describeServices({ cluster, services: ['broken'] });
      return services?.[0]?.events?.find(({ message }) => message?.includes('unable to consistently start tasks'));
    });
    expect(event.message).toContain(task.stoppedReason);
    await ecs.deleteService({ cluster, service: 'broken', force: true });
  });
});

test.each([
  ['fault AND nme = "x"', /position 11/],
  ['service("a', /position \d+/],
  ['responsetime >', /position \d+/],
  ['annotation.x = 1 OR', /position \d+/],
])('the filter expression %s: the error says where', async (FilterExpression, where) => {
  const xray = new XRay(clientSettings(hatoba));
  const now = Date.now();
  const call = xray.getTraceSummaries({ StartTime: new Date(now - 60_000), EndTime: new Date(now), FilterExpression });
  await expect(call).rejects.toMatchObject({ name: 'InvalidRequestException', message: expect.stringMatching(where) });
  xray.destroy();
});
