import { afterEach, describe, expect, it } from 'vitest';
import { StateDiskFullError } from '../stores/state/store.ts';
import { type ComputeFixture, eventually, startComputeFixture } from './compute.fixture.ts';

let fixture: ComputeFixture;

afterEach(() => fixture.stop());

const container = (name: string, more: object = {}) => ({ name, image: `${name}:1`, memory: 64, ...more });

async function register(containers: object[], more: object = {}) {
  return fixture.call('RegisterTaskDefinition', {
    family: 'job',
    containerDefinitions: containers as never,
    ...more,
  });
}

async function run(more: object = {}) {
  await fixture.call('CreateCluster', {});
  const { tasks, failures } = await fixture.call('RunTask', { taskDefinition: 'job', ...more });
  return { tasks: tasks!, failures: failures! };
}

async function describeTask(arn: string) {
  const { tasks } = await fixture.call('DescribeTasks', { tasks: [arn] });
  return tasks![0]!;
}

const reaches = (arn: string, status: string) =>
  eventually(`the task is ${status}`, async () => {
    const task = await describeTask(arn);
    return task.lastStatus === status && task;
  });

describe('RunTask', () => {
  it('runs a program to its end', async () => {
    fixture = await startComputeFixture();
    await register([
      container('app', { dockerLabels: { 'hatoba.fake.run-seconds': '0.05', 'hatoba.fake.exit-code': '3' } }),
    ]);
    const { tasks } = await run();
    const task = await reaches(tasks[0]!.taskArn!, 'STOPPED');
    expect(task).toMatchObject({
      desiredStatus: 'STOPPED',
      stopCode: 'EssentialContainerExited',
      group: 'family:job',
      launchType: 'EC2',
      containers: [{ exitCode: 3, lastStatus: 'STOPPED' }],
    });
    expect(task.startedAt!.getTime()).toBeLessThanOrEqual(task.stoppedAt!.getTime());
    expect(fixture.logs.followed).toMatchObject([{ finished: true }]);
  });

  it('writes down how a task ended as soon as the disk has room for it', async () => {
    fixture = await startComputeFixture();
    await register([container('app')]);
    const { tasks } = await run();
    const arn = tasks[0]!.taskArn!;
    await reaches(arn, 'RUNNING');
    const { state } = fixture;
    const commit = state.commit.bind(state);
    let refused = 0;
    state.commit = async () => {
      refused += 1;
      throw new StateDiskFullError('the disk of this test');
    };
    fixture.runtime.crash(arn.split('/').at(-1)!, 'app');
    await eventually('it was tried twice', () => refused >= 2);
    expect(await describeTask(arn)).toMatchObject({ lastStatus: 'RUNNING' });
    state.commit = commit;
    expect(await reaches(arn, 'STOPPED')).toMatchObject({
      stopCode: 'EssentialContainerExited',
      containers: [{ exitCode: 137, lastStatus: 'STOPPED' }],
    });
  });

  it('takes the size of an override in any of its spellings, and refuses one that is none', async () => {
    fixture = await startComputeFixture();
    await register([container('app')]);
    const { tasks } = await run({ overrides: { cpu: '.25 vCPU', memory: '1 GB' } });
    expect(tasks[0]).toMatchObject({ cpu: '256', memory: '1024' });
    await expect(run({ overrides: { cpu: 'plenty' } })).rejects.toMatchObject({ code: 'ClientException' });
    expect((await run()).failures).toEqual([]);
  });

  it('gives the same tasks for the same clientToken, and refuses it for other parameters', async () => {
    fixture = await startComputeFixture();
    await register([container('app')]);
    const first = await run({ clientToken: 'one', count: 2 });
    const again = await run({ clientToken: 'one', count: 2 });
    expect(again.tasks.map((task) => task.taskArn)).toEqual(first.tasks.map((task) => task.taskArn));
    await expect(run({ clientToken: 'one', count: 3 })).rejects.toMatchObject({ code: 'ConflictException' });
  });

  it('places what fits and tells of the rest', async () => {
    fixture = await startComputeFixture({ memoryMib: 150 });
    await register([container('app')]);
    const { tasks, failures } = await run({ count: 3 });
    expect(tasks.length).toBe(2);
    expect(failures).toMatchObject([{ reason: 'RESOURCE:MEMORY' }]);
  });

  it('refuses an override of a container that is not there', async () => {
    fixture = await startComputeFixture();
    await register([container('app')]);
    await expect(run({ overrides: { containerOverrides: [{ name: 'ap' }] } })).rejects.toThrow(
      'Override for container named ap is not a container in the TaskDefinition.',
    );
  });
});

describe('StopTask', () => {
  it('gives the reason of the caller, and kills what does not stop in time', async () => {
    fixture = await startComputeFixture();
    await register([container('app', { stopTimeout: 0, dockerLabels: { 'hatoba.fake.stop-seconds': '5' } })]);
    const { tasks } = await run();
    const arn = tasks[0]!.taskArn!;
    await reaches(arn, 'RUNNING');
    await fixture.call('StopTask', { task: arn, reason: 'enough' });
    expect(await reaches(arn, 'STOPPED')).toMatchObject({
      stopCode: 'UserInitiated',
      stoppedReason: 'enough',
      containers: [{ exitCode: 137 }],
    });
  });
});

describe('containers of one task', () => {
  it('start in the order of dependsOn, and the end of one that is not essential changes nothing', async () => {
    fixture = await startComputeFixture();
    await register([
      container('app', { dependsOn: [{ containerName: 'migrate', condition: 'SUCCESS' }] }),
      container('migrate', { essential: false, dockerLabels: { 'hatoba.fake.run-seconds': '0.1' } }),
    ]);
    const { tasks } = await run();
    const task = await reaches(tasks[0]!.taskArn!, 'RUNNING');
    expect(task.containers).toMatchObject([
      { name: 'app', lastStatus: 'RUNNING' },
      { name: 'migrate', lastStatus: 'STOPPED', exitCode: 0 },
    ]);
  });

  it('stop the task when a dependency fails', async () => {
    fixture = await startComputeFixture();
    await register([
      container('app', { dependsOn: [{ containerName: 'migrate', condition: 'SUCCESS' }] }),
      container('migrate', {
        essential: false,
        dockerLabels: { 'hatoba.fake.run-seconds': '0.05', 'hatoba.fake.exit-code': '1' },
      }),
    ]);
    const { tasks } = await run();
    const task = await reaches(tasks[0]!.taskArn!, 'STOPPED');
    expect(task.stoppedReason).toBe(
      'TaskDependencyError: Task dependencies cannot be resolved: container migrate exited with 1',
    );
  });

  it('are healthy when their health checks pass', async () => {
    fixture = await startComputeFixture();
    const healthCheck = { command: ['CMD-SHELL', 'true'], interval: 5 };
    await register([container('app', { healthCheck })]);
    const { tasks } = await run();
    await reaches(tasks[0]!.taskArn!, 'RUNNING');
    const task = await eventually('it is healthy', async () => {
      const one = await describeTask(tasks[0]!.taskArn!);
      return one.healthStatus === 'HEALTHY' && one;
    });
    expect(task.containers![0]!.healthStatus).toBe('HEALTHY');
  });
});

describe('a log group that is missing', () => {
  const awslogs = (options: object) => ({
    logConfiguration: {
      logDriver: 'awslogs',
      options: { 'awslogs-group': '/ecs/job', 'awslogs-region': 'eu-west-1', 'awslogs-stream-prefix': 'p', ...options },
    },
  });

  it('stops the task and says what to do', async () => {
    fixture = await startComputeFixture();
    await register([container('app', awslogs({}))]);
    const { tasks } = await run();
    const task = await reaches(tasks[0]!.taskArn!, 'STOPPED');
    expect(task.stopCode).toBe('TaskFailedToStart');
    expect(task.stoppedReason).toMatch(
      /^ResourceInitializationError: failed to validate logger args: .*ResourceNotFoundException: The specified log group does not exist\./,
    );
    expect(task.stoppedReason).toContain('The definition sends logs to eu-west-1, the task runs in us-east-1.');
    expect(task.stoppedReason).toContain('aws logs create-log-group --region eu-west-1 --log-group-name /ecs/job');
  });

  it('is created where the definition allows it', async () => {
    fixture = await startComputeFixture();
    await register([container('app', awslogs({ 'awslogs-create-group': 'true' }))]);
    const { tasks } = await run();
    await reaches(tasks[0]!.taskArn!, 'RUNNING');
    const id = tasks[0]!.taskArn!.split('/').at(-1);
    expect(fixture.logs.streams).toEqual([`/ecs/job:p/app/${id}`]);
  });
});
