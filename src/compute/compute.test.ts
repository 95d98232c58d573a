import { afterEach, describe, expect, it } from 'vitest';
import { type ComputeFixture, eventually, startComputeFixture } from './compute-fixture.ts';

let fixture: ComputeFixture;

afterEach(() => fixture.stop());

const definition = (labels: Record<string, string> = {}, family = 'web') => ({
  family,
  networkMode: 'awsvpc' as const,
  requiresCompatibilities: ['FARGATE' as const],
  cpu: '256',
  memory: '512',
  containerDefinitions: [{ name: 'app', image: 'web:1', portMappings: [{ containerPort: 80 }], dockerLabels: labels }],
});

const network = { awsvpcConfiguration: { subnets: ['subnet-a', 'subnet-b'] } };

async function createService(desiredCount: number, more: object = {}) {
  await fixture.call('CreateCluster', { clusterName: 'shop' });
  return fixture.call('CreateService', {
    cluster: 'shop',
    serviceName: 'web',
    taskDefinition: 'web',
    desiredCount,
    launchType: 'FARGATE',
    networkConfiguration: network,
    ...more,
  });
}

async function describeService() {
  const { services } = await fixture.call('DescribeServices', { cluster: 'shop', services: ['web'] });
  return services![0]!;
}

/** The condition of the waiter ServicesStable. */
async function stable() {
  return eventually('the service is stable', async () => {
    const service = await describeService();
    return service.deployments?.length === 1 && service.runningCount === service.desiredCount && service;
  });
}

async function runningTasks() {
  const { taskArns } = await fixture.call('ListTasks', { cluster: 'shop', serviceName: 'web' });
  if (taskArns!.length === 0) return [];
  const { tasks } = await fixture.call('DescribeTasks', { cluster: 'shop', tasks: taskArns });
  return tasks!.filter((task) => task.lastStatus === 'RUNNING');
}

describe('a service', () => {
  it('starts its tasks and becomes stable', async () => {
    fixture = await startComputeFixture();
    await fixture.call('RegisterTaskDefinition', definition());
    const { service } = await createService(3);
    expect(service).toMatchObject({ status: 'ACTIVE', runningCount: 0, pendingCount: 0 });
    expect(service!.deployments).toMatchObject([{ status: 'PRIMARY', rolloutState: 'IN_PROGRESS', desiredCount: 3 }]);
    await stable();
    const completed = await eventually('the rollout completes', async () => {
      const one = await describeService();
      return one.deployments?.[0]?.rolloutState === 'COMPLETED' && one;
    });
    const messages = completed.events!.map((event) => event.message);
    expect(messages[0]).toBe('(service web) has reached a steady state.');
    expect(messages.at(-1)).toMatch(/^\(service web\) has started 3 tasks: \(task [0-9a-f]{32}\)/);
    const zones = (await runningTasks()).map((task) => task.availabilityZone);
    expect(new Set(zones)).toEqual(new Set(['us-east-1a', 'us-east-1b']));
  });

  it('replaces a task whose program was killed', async () => {
    fixture = await startComputeFixture();
    await fixture.call('RegisterTaskDefinition', definition());
    await createService(2);
    await stable();
    const [victim] = await runningTasks();
    const id = victim!.taskArn!.split('/').at(-1)!;
    fixture.runtime.crash(id, 'app');
    await eventually('the old task is gone', async () => {
      const tasks = await runningTasks();
      return tasks.length === 2 && tasks.every((task) => task.taskArn !== victim!.taskArn);
    });
    const { tasks } = await fixture.call('DescribeTasks', { cluster: 'shop', tasks: [id] });
    expect(tasks![0]).toMatchObject({
      stopCode: 'EssentialContainerExited',
      stoppedReason: 'Essential container in task exited',
      containers: [{ exitCode: 137 }],
    });
  });
});
