import {
  ECS,
  waitUntilServicesInactive,
  waitUntilServicesStable,
  waitUntilTasksRunning,
  waitUntilTasksStopped,
} from '@aws-sdk/client-ecs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ComputeFixture, startComputeFixture } from '../../src/compute/compute.fixture.ts';
import { startTestGateway, type TestGateway } from '../../src/gateway/test-gateway.fixture.ts';

/** The compute plane on the fake runtime behind the real gateway, driven by SDK v3 and its waiters. */
let compute: ComputeFixture;
let gateway: TestGateway;
let ecs: ECS;

beforeAll(async () => {
  compute = await startComputeFixture();
  gateway = await startTestGateway({}, { services: compute.compute.services, routes: compute.compute.routes ?? [] });
  ecs = new ECS({
    endpoint: gateway.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: '000000000000', secretAccessKey: 'x' },
  });
});

afterAll(async () => {
  ecs?.destroy();
  await gateway?.stop();
  await compute?.stop();
});

const waiting = () => ({ client: ecs, maxWaitTime: 30, minDelay: 1, maxDelay: 1 });

test('a service lives through its waiters', async () => {
  const register = () =>
    ecs.registerTaskDefinition({
      family: 'web',
      containerDefinitions: [{ name: 'app', image: 'web:1', memory: 64, portMappings: [{ containerPort: 80 }] }],
    });
  await ecs.createCluster({ clusterName: 'shop', tags: [{ key: 'team', value: 'a' }] });
  await register();
  const selected = { cluster: 'shop', services: ['web'] };
  const { service } = await ecs.createService({
    cluster: 'shop',
    serviceName: 'web',
    taskDefinition: 'web',
    desiredCount: 2,
  });
  expect(service!.createdAt).toBeInstanceOf(Date);
  await waitUntilServicesStable(waiting(), selected);
  await register();
  const updated = await ecs.updateService({ cluster: 'shop', service: 'web', taskDefinition: 'web:2' });
  expect(updated.service!.deployments!.length).toBe(2);
  await waitUntilServicesStable(waiting(), selected);
  const { services, failures } = await ecs.describeServices({ cluster: 'shop', services: ['web', 'nobody'] });
  expect(services![0]!.taskDefinition).toMatch(/web:2$/);
  expect(failures).toMatchObject([{ reason: 'MISSING' }]);
  await ecs.deleteService({ cluster: 'shop', service: 'web', force: true });
  await waitUntilServicesInactive(waiting(), selected);
  const { cluster } = await ecs.deleteCluster({ cluster: 'shop' });
  expect(cluster!.status).toBe('INACTIVE');
});

test('a task lives through its waiters', async () => {
  await ecs.createCluster({ clusterName: 'jobs' });
  await ecs.registerTaskDefinition({
    family: 'job',
    containerDefinitions: [{ name: 'app', image: 'job:1', memory: 64 }],
  });
  const { tasks } = await ecs.runTask({ cluster: 'jobs', taskDefinition: 'job' });
  const selected = { cluster: 'jobs', tasks: [tasks![0]!.taskArn!] };
  await waitUntilTasksRunning(waiting(), selected);
  await ecs.stopTask({ cluster: 'jobs', task: selected.tasks[0], reason: 'done' });
  await waitUntilTasksStopped(waiting(), selected);
  const { tasks: stopped } = await ecs.describeTasks(selected);
  expect(stopped![0]).toMatchObject({ stopCode: 'UserInitiated', stoppedReason: 'done' });
});

test('errors come as the exceptions that the SDK knows', async () => {
  await expect(ecs.describeServices({ cluster: 'nowhere', services: ['x'] })).rejects.toMatchObject({
    name: 'ClusterNotFoundException',
    message: 'Cluster not found.',
  });
  await expect(ecs.describeTaskDefinition({ taskDefinition: 'nothing' })).rejects.toMatchObject({
    name: 'ClientException',
    message: 'Unable to describe task definition.',
  });
  await expect(ecs.createCapacityProvider({ name: 'mine' })).rejects.toMatchObject({
    $metadata: { httpStatusCode: 501 },
  });
});
