import {
  CloudWatchClient,
  GetDashboardCommand,
  GetMetricStatisticsCommand,
  PutMetricDataCommand,
} from '@aws-sdk/client-cloudwatch';
import { DescribeVpcsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { CreateClusterCommand, DescribeServicesCommand, ECSClient, ListTasksCommand } from '@aws-sdk/client-ecs';
import { DescribeLoadBalancersCommand, ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { PutTraceSegmentsCommand, XRayClient } from '@aws-sdk/client-xray';
import { AwsSmithyRpcV2CborProtocol } from '@aws-sdk/core/protocols';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestGateway, type TestGateway } from './test-gateway.fixture.ts';

let running: TestGateway;
const options = (accessKeyId = 'test') => ({
  endpoint: running.endpoint,
  region: 'eu-west-1',
  credentials: { accessKeyId, secretAccessKey: 'test' },
  maxAttempts: 1,
});
beforeAll(async () => {
  running = await startTestGateway();
});
afterAll(() => running.stop());

test('json 1.1: region from the credential scope, account from a twelve-digit key, undefined members left out', async () => {
  const ecs = new ECSClient(options('123456789012'));
  const { cluster } = await ecs.send(
    new CreateClusterCommand({ clusterName: 'shop', tags: [{ key: 'a', value: 'ü' }] }),
  );
  expect(cluster).toEqual({
    clusterName: 'shop',
    clusterArn: 'arn:aws:ecs:eu-west-1:123456789012:cluster/shop',
    tags: [{ key: 'a', value: 'ü' }],
  });
  expect(running.records.at(-1)).toMatchObject({
    service: 'ecs',
    operation: 'CreateCluster',
    account: '123456789012',
    status: 200,
  });
});

test('json 1.1 errors keep name, message and status', async () => {
  const ecs = new ECSClient(options());
  await expect(ecs.send(new DescribeServicesCommand({ services: ['a'] }))).rejects.toMatchObject({
    name: 'ClusterNotFoundException',
    message: 'Cluster not found.',
    $metadata: { httpStatusCode: 400 },
  });
});

test('an operation without a handler answers 501 naming it', async () => {
  const ecs = new ECSClient(options());
  await expect(ecs.send(new ListTasksCommand({}))).rejects.toMatchObject({
    name: 'NotImplemented',
    message: 'hatoba does not implement ecs:ListTasks yet.',
    $metadata: { httpStatusCode: 501 },
  });
});

test('rest-json', async () => {
  const xray = new XRayClient(options());
  const answer = await xray.send(new PutTraceSegmentsCommand({ TraceSegmentDocuments: ['{"a":1}', 'é'] }));
  expect(answer.UnprocessedTraceSegments).toEqual([{ Message: '{"a":1}' }, { Message: 'é' }]);
});

test('query', async () => {
  const sts = new STSClient(options());
  expect(await sts.send(new GetCallerIdentityCommand({}))).toMatchObject({
    Account: '000000000000',
    Arn: 'arn:aws:iam::000000000000:root',
    UserId: '000000000000',
  });
  const elb = new ElasticLoadBalancingV2Client(options());
  expect((await elb.send(new DescribeLoadBalancersCommand({}))).LoadBalancers).toEqual([]);
  await expect(elb.send(new DescribeLoadBalancersCommand({ Names: ['<x>'] }))).rejects.toMatchObject({
    name: 'LoadBalancerNotFoundException',
    message: "Load balancers '[<x>]' not found",
  });
});

test('ec2', async () => {
  const ec2 = new EC2Client(options());
  const answer = await ec2.send(new DescribeVpcsCommand({ Filters: [{ Name: 'tag:a', Values: ['x', 'y'] }] }));
  expect(answer.Vpcs).toEqual([
    {
      VpcId: 'vpc-1',
      CidrBlock: '172.31.0.0/16',
      IsDefault: true,
      Tags: [
        { Key: 'v', Value: 'x' },
        { Key: 'v', Value: 'y' },
      ],
    },
  ]);
  await expect(ec2.send(new DescribeVpcsCommand({ VpcIds: ['vpc-9'] }))).rejects.toMatchObject({
    name: 'InvalidVpcID.NotFound',
    message: "The vpc ID 'vpc-9' does not exist",
  });
});

test('json 1.0 with query-compatible errors, and gzip bodies', async () => {
  const cloudwatch = new CloudWatchClient(options());
  const start = new Date('2026-11-22T01:02:03.456Z');
  const statistics = await cloudwatch.send(
    new GetMetricStatisticsCommand({
      Namespace: 'N',
      MetricName: 'M',
      StartTime: start,
      EndTime: start,
      Period: 60,
    }),
  );
  expect(statistics.Datapoints?.[0]?.Timestamp).toEqual(start);
  await expect(cloudwatch.send(new GetDashboardCommand({ DashboardName: 'd' }))).rejects.toMatchObject({
    name: expect.stringContaining('ResourceNotFound'),
    message: 'Dashboard does not exist',
    $metadata: { httpStatusCode: 404 },
  });
  const datum = { MetricName: 'x'.repeat(200), Value: 1 };
  await cloudwatch.send(new PutMetricDataCommand({ Namespace: 'N', MetricData: Array(500).fill(datum) }));
  expect(running.records.at(-1)).toMatchObject({ operation: 'PutMetricData', status: 200 });
});

test('input that breaks the model is refused in the words and with the code of the service', async () => {
  const ecs = new ECSClient(options());
  await expect(ecs.send(new DescribeServicesCommand({ services: undefined }))).rejects.toMatchObject({
    name: 'InvalidParameterException',
    message:
      "1 validation error detected: Value null at 'services' failed to satisfy constraint: Member must not be null",
  });
  const cloudwatch = new CloudWatchClient(options());
  await expect(cloudwatch.send(new GetDashboardCommand({ DashboardName: undefined }))).rejects.toMatchObject({
    message: expect.stringContaining("Value null at 'dashboardName'"),
  });
});

test('a bug in a handler is an InternalFailure that tells nothing but the request id', async () => {
  const ecs = new ECSClient(options());
  const { ListClustersCommand } = await import('@aws-sdk/client-ecs');
  const error: any = await ecs.send(new ListClustersCommand({})).catch((e) => e);
  expect(error).toMatchObject({ name: 'InternalFailure', $metadata: { httpStatusCode: 500 } });
  expect(error.message).toContain(running.records.at(-1)?.requestId);
  expect(error.message).not.toContain('a bug');
});

test('CBOR: results, errors with their query code, validation', async () => {
  const cloudwatch = new CloudWatchClient({ ...options(), protocol: AwsSmithyRpcV2CborProtocol });
  const at = new Date('2026-11-22T01:02:03.500Z');
  const input = { Namespace: 'N', MetricName: 'M', StartTime: at, EndTime: at, Period: 60 };
  const statistics = await cloudwatch.send(new GetMetricStatisticsCommand(input));
  expect(statistics).toMatchObject({ Label: 'M', Datapoints: [{ Timestamp: at, Sum: 1.5, Unit: 'Count' }] });
  await cloudwatch.send(new PutMetricDataCommand({ Namespace: 'N', MetricData: [{ MetricName: 'M', Value: 1 }] }));
  await expect(cloudwatch.send(new GetDashboardCommand({ DashboardName: 'd' }))).rejects.toMatchObject({
    name: expect.stringContaining('ResourceNotFound'),
    message: 'Dashboard does not exist',
    $metadata: { httpStatusCode: 404 },
  });
  await expect(cloudwatch.send(new GetDashboardCommand({ DashboardName: undefined }))).rejects.toMatchObject({
    message: expect.stringContaining("Value null at 'dashboardName'"),
  });
});
