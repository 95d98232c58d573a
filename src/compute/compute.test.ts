import { afterEach, describe, expect, it } from 'vitest';
import { type ComputeFixture, eventually, startComputeFixture } from './compute.fixture.ts';

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

async function completed() {
  return eventually('the rollout completes', async () => {
    const service = await describeService();
    return service.deployments?.[0]?.rolloutState === 'COMPLETED' && service;
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
    const messages = (await completed()).events!.map((event) => event.message);
    expect(messages[0]).toBe('(service web) has reached a steady state.');
    expect(messages.at(-1)).toMatch(/^\(service web\) has started 3 tasks: \(task [0-9a-f]{32}\)/);
    const zones = (await runningTasks()).map((task) => task.availabilityZone);
    expect(new Set(zones)).toEqual(new Set(['us-east-1a', 'us-east-1b']));
  });

  it('loses no change that is made while it looks for places', async () => {
    fixture = await startComputeFixture();
    await fixture.call('RegisterTaskDefinition', definition());
    const { traffic } = fixture;
    let asked = () => {};
    let answer = () => {};
    const isAsked = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const isAnswered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const zoneOf = traffic.subnetZone.bind(traffic);
    traffic.subnetZone = async (scope, subnet) => {
      asked();
      await isAnswered;
      return zoneOf(scope, subnet);
    };
    await createService(1);
    await isAsked;
    await fixture.call('UpdateService', { cluster: 'shop', service: 'web', desiredCount: 3 });
    answer();
    await eventually('three tasks run', async () => (await runningTasks()).length === 3);
    expect(await describeService()).toMatchObject({ desiredCount: 3 });
  });

  it('is refused where it could not run, and takes no count below zero', async () => {
    fixture = await startComputeFixture();
    await fixture.call('RegisterTaskDefinition', {
      family: 'web',
      containerDefinitions: [{ name: 'app', image: 'web:1', memory: 64 }],
    });
    const refusal = { code: 'InvalidParameterException' };
    await expect(createService(1, { networkConfiguration: undefined })).rejects.toMatchObject({
      ...refusal,
      message: 'Task definition does not support launch_type FARGATE.',
    });
    await createService(0, { networkConfiguration: undefined, launchType: 'EC2' });
    const update = { cluster: 'shop', service: 'web' };
    await expect(fixture.call('UpdateService', { ...update, desiredCount: -1 })).rejects.toMatchObject(refusal);
    const onFargate = { ...update, capacityProviderStrategy: [{ capacityProvider: 'FARGATE' }] };
    await expect(fixture.call('UpdateService', onFargate)).rejects.toMatchObject(refusal);
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

  it('rolls to a new revision, with two deployments until the last old task has stopped', async () => {
    fixture = await startComputeFixture();
    await fixture.call('RegisterTaskDefinition', definition({ 'hatoba.fake.stop-seconds': '0.2' }));
    await createService(2);
    await completed();
    const { taskDefinition } = await fixture.call('RegisterTaskDefinition', definition());
    const { service } = await fixture.call('UpdateService', { cluster: 'shop', service: 'web', taskDefinition: 'web' });
    expect(service!.deployments!.map((deployment) => deployment.status)).toEqual(['PRIMARY', 'ACTIVE']);
    await stable();
    const tasks = await runningTasks();
    expect(tasks.map((task) => task.taskDefinitionArn)).toEqual(Array(2).fill(taskDefinition!.taskDefinitionArn));
    const history = await eventually('both deployments are told as successful', async () => {
      const { serviceDeployments } = await fixture.call('ListServiceDeployments', { cluster: 'shop', service: 'web' });
      return serviceDeployments!.every((one) => one.status === 'SUCCESSFUL') && serviceDeployments!;
    });
    expect(history.length).toBe(2);
    const { serviceRevisions } = await fixture.call('DescribeServiceRevisions', {
      serviceRevisionArns: [history[0]!.targetServiceRevisionArn!],
    });
    expect(serviceRevisions![0]!.taskDefinition).toBe(taskDefinition!.taskDefinitionArn);
  });

  it('rolls a revision back that cannot start, and says so everywhere', async () => {
    fixture = await startComputeFixture();
    await fixture.call('RegisterTaskDefinition', definition());
    await createService(1, {
      deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } },
    });
    await completed();
    const [before] = await runningTasks();
    const broken = definition({ 'hatoba.fake.start-error': 'CannotPullContainerError: web:2 is not there' });
    await fixture.call('RegisterTaskDefinition', broken);
    await fixture.call('UpdateService', { cluster: 'shop', service: 'web', taskDefinition: 'web' });
    const after = await eventually('the old revision is back', async () => {
      const service = await describeService();
      const rolledBack = service.events!.some((event) => event.message!.includes('rolling back to deployment'));
      return rolledBack && service.deployments!.length === 1 && service;
    });
    expect(after.taskDefinition).toMatch(/web:1$/);
    expect((await runningTasks()).map((task) => task.taskArn)).toEqual([before!.taskArn]);
    const { taskArns } = await fixture.call('ListTasks', { cluster: 'shop', desiredStatus: 'STOPPED' });
    const { tasks } = await fixture.call('DescribeTasks', { cluster: 'shop', tasks: taskArns });
    expect(tasks![0]).toMatchObject({
      stopCode: 'TaskFailedToStart',
      stoppedReason: 'CannotPullContainerError: web:2 is not there',
      containers: [{ reason: 'CannotPullContainerError: web:2 is not there' }],
    });
    await eventually('the history tells of the rollback', async () => {
      const { serviceDeployments } = await fixture.call('ListServiceDeployments', { cluster: 'shop', service: 'web' });
      return serviceDeployments!.map((one) => one.status).join() === 'ROLLBACK_SUCCESSFUL,SUCCESSFUL';
    });
  });

  it('is deleted with force, and its name can be used again', async () => {
    fixture = await startComputeFixture();
    await fixture.call('RegisterTaskDefinition', definition());
    await createService(2);
    await stable();
    await expect(fixture.call('DeleteService', { cluster: 'shop', service: 'web' })).rejects.toThrow(
      'The service cannot be stopped while it is scaled above 0.',
    );
    await expect(fixture.call('DeleteCluster', { cluster: 'shop' })).rejects.toMatchObject({
      code: 'ClusterContainsServicesException',
    });
    const { service } = await fixture.call('DeleteService', { cluster: 'shop', service: 'web', force: true });
    expect(service!.status).toBe('DRAINING');
    await eventually('it is INACTIVE', async () => (await describeService()).status === 'INACTIVE');
    await createService(1);
    expect((await stable()).runningCount).toBe(1);
  });

  it('is created once, however often the same call is made', async () => {
    fixture = await startComputeFixture();
    await fixture.call('RegisterTaskDefinition', definition());
    const first = await createService(1);
    const again = await createService(1);
    expect(again.service!.serviceArn).toBe(first.service!.serviceArn);
    await expect(createService(2)).rejects.toThrow('Creation of service was not idempotent.');
  });

  it('says in its events why a task finds no place', async () => {
    fixture = await startComputeFixture({ cpuUnits: 1024, memoryMib: 1024 });
    const big = { ...definition(), networkMode: 'bridge' as const, requiresCompatibilities: undefined, cpu: '800' };
    await fixture.call('RegisterTaskDefinition', big);
    await createService(2, { launchType: 'EC2', networkConfiguration: undefined });
    const service = await eventually('the refusal is told', async () => {
      const one = await describeService();
      return one.events!.some((event) => event.message!.includes('unable to place')) && one;
    });
    expect(service.events!.map((event) => event.message)).toContainEqual(
      expect.stringMatching(
        /^\(service web\) was unable to place a task because no container instance met all of its requirements\. The closest matching \(container-instance [0-9a-f]{32}\) has insufficient CPU units available/,
      ),
    );
  });
});

describe('a service behind a load balancer', () => {
  const group = 'arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/web/1';
  const balancers = [{ targetGroupArn: group, containerName: 'app', containerPort: 80 }];

  it('registers its tasks, and lets them drain before they are stopped', async () => {
    fixture = await startComputeFixture();
    fixture.traffic.groups.set(group, 'healthy');
    await fixture.call('RegisterTaskDefinition', definition());
    await createService(1, { loadBalancers: balancers });
    await completed();
    const [task] = await runningTasks();
    const [target] = await fixture.traffic.targetHealth(group);
    expect(target).toMatchObject({ taskArn: task!.taskArn, port: 80, availabilityZone: task!.availabilityZone });
    fixture.traffic.holdDraining = true;
    await fixture.call('UpdateService', { cluster: 'shop', service: 'web', desiredCount: 0 });
    const draining = async () => {
      const { tasks } = await fixture.call('DescribeTasks', { cluster: 'shop', tasks: [task!.taskArn!] });
      return tasks![0]!;
    };
    await eventually('it drains', async () => (await draining()).lastStatus === 'DEACTIVATING');
    expect((await draining()).containers![0]!.lastStatus).toBe('RUNNING');
    fixture.traffic.holdDraining = false;
    await eventually('it stops', async () => (await draining()).lastStatus === 'STOPPED');
    const messages = (await describeService()).events!.map((event) => event.message);
    expect(messages).toContain(`(service web) registered 1 targets in (target-group ${group})`);
    expect(messages).toContain(`(service web) deregistered 1 targets in (target-group ${group})`);
  });

  it('replaces a task that its balancer calls unhealthy', async () => {
    fixture = await startComputeFixture();
    fixture.traffic.groups.set(group, 'healthy');
    await fixture.call('RegisterTaskDefinition', definition());
    await createService(1, { loadBalancers: balancers });
    await completed();
    const [sick] = await runningTasks();
    fixture.traffic.setState(group, sick!.taskArn!, 'unhealthy');
    await eventually('the sick task is gone', async () => {
      const tasks = await runningTasks();
      return tasks.length === 1 && tasks[0]!.taskArn !== sick!.taskArn;
    });
    const { tasks } = await fixture.call('DescribeTasks', { cluster: 'shop', tasks: [sick!.taskArn!] });
    expect(tasks![0]!.stoppedReason).toBe(`Task failed ELB health checks in (target-group ${group})`);
  });

  it('is refused where the target group or the port is not there', async () => {
    fixture = await startComputeFixture();
    await fixture.call('RegisterTaskDefinition', definition());
    await expect(createService(1, { loadBalancers: balancers })).rejects.toThrow(
      'The specified target group does not exist.',
    );
    fixture.traffic.groups.set(group, 'healthy');
    await expect(createService(1, { loadBalancers: [{ ...balancers[0], containerPort: 81 }] })).rejects.toThrow(
      'The container app did not have a container port 81 defined.',
    );
  });
});

describe('after a restart', () => {
  it('tasks are adopted with their ids, lost ones replaced, strangers removed', async () => {
    fixture = await startComputeFixture();
    await fixture.call('RegisterTaskDefinition', definition());
    await createService(3);
    await stable();
    const before = (await runningTasks()).map((task) => task.taskArn!).sort();
    const lost = before[0]!.split('/').at(-1)!;
    await fixture.runtime.removeTask(lost);
    fixture = await fixture.restart();
    await eventually('the service is whole again', async () => (await runningTasks()).length === 3);
    const after = (await runningTasks()).map((task) => task.taskArn!);
    expect(after).toEqual(expect.arrayContaining(before.slice(1)));
    expect(after).not.toContain(before[0]);
    const { tasks } = await fixture.call('DescribeTasks', { cluster: 'shop', tasks: [lost] });
    expect(tasks![0]).toMatchObject({ lastStatus: 'STOPPED', stopCode: 'TerminationNotice' });
  });

  it('a task that ended meanwhile is replaced, and its exit code is known', async () => {
    fixture = await startComputeFixture();
    await fixture.call(
      'RegisterTaskDefinition',
      definition({ 'hatoba.fake.run-seconds': '0.6', 'hatoba.fake.exit-code': '9' }),
    );
    await createService(1);
    const [first] = await eventually('it runs', async () => {
      const tasks = await runningTasks();
      return tasks.length === 1 && tasks;
    });
    fixture = await fixture.restart();
    await eventually('its end is written down', async () => {
      const { tasks } = await fixture.call('DescribeTasks', { cluster: 'shop', tasks: [first!.taskArn!] });
      return tasks![0]!.containers![0]!.exitCode === 9;
    });
  });
});
