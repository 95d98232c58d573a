import { afterEach, describe, expect, test } from 'vitest';
import { newHexId } from '../../platform/ids.ts';
import { type ContainerExit, type ContainerSpec, ContainerStartError, type Runtime, type TaskSpec } from './runtime.ts';

/** A runtime on a place of its own, as a test uses it. */
export interface RuntimeUnderTest {
  /** Makes the runtime; called again after `stop` it makes one that finds the first one's tasks. */
  open(): Runtime;
  /** What makes a container behave; merged into its spec. */
  readonly behaviours: {
    readonly runsUntilStopped: Partial<ContainerSpec>;
    exitsWith(code: number): Partial<ContainerSpec>;
    prints(line: string): Partial<ContainerSpec>;
    readonly cannotStart: Partial<ContainerSpec>;
  };
}

export function containerSpec(name: string, behaviour: Partial<ContainerSpec>): ContainerSpec {
  return {
    name,
    containerArn: `arn:aws:ecs:us-east-1:000000000000:container/${name}`,
    image: 'test/program',
    essential: true,
    entryPoint: [],
    command: [],
    environment: {},
    containerPorts: [],
    portMappings: [],
    dockerLabels: {},
    ...behaviour,
  };
}

export function taskSpec(containers: readonly ContainerSpec[], extra: Partial<TaskSpec> = {}): TaskSpec {
  const taskId = newHexId();
  const family = 'contract';
  return {
    taskId,
    identity: {
      account: '000000000000',
      region: 'us-east-1',
      clusterName: 'default',
      serviceName: '',
      taskArn: `arn:aws:ecs:us-east-1:000000000000:task/default/${taskId}`,
      taskDefinitionFamily: family,
      taskDefinitionRevision: 1,
      deploymentId: '',
      containerName: '',
      image: '',
      availabilityZone: 'us-east-1a',
    },
    containers,
    taskDefinitionArn: `arn:aws:ecs:us-east-1:000000000000:task-definition/${family}:1`,
    clusterArn: 'arn:aws:ecs:us-east-1:000000000000:cluster/default',
    launchType: 'FARGATE',
    networkMode: 'awsvpc',
    group: `family:${family}`,
    createdAt: new Date('2026-01-01T00:00:00Z'),
    tags: {},
    labels: {},
    ...extra,
  };
}

/** Resolves with the first truthy answer; rejects after `timeoutMs`. */
export async function until<T>(
  look: () => T | Promise<T>,
  timeoutMs = 15_000,
): Promise<Exclude<T, false | null | undefined>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = await look();
    if (answer) return answer as Exclude<T, false | null | undefined>;
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${look}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** What every runtime promises. `make` is called once a test. */
export function runtimeContract(name: string, make: () => RuntimeUnderTest | Promise<RuntimeUnderTest>): void {
  describe(`${name} keeps the runtime's contract`, () => {
    const opened: Runtime[] = [];

    async function begin() {
      const subject = await make();
      const exits: { taskId: string; exit: ContainerExit }[] = [];
      const open = async () => {
        const runtime = subject.open();
        runtime.onExit((taskId, exit) => exits.push({ taskId, exit }));
        await runtime.start();
        opened.push(runtime);
        return runtime;
      };
      const exitOf = (taskId: string, containerName: string) =>
        until(() => exits.find((one) => one.taskId === taskId && one.exit.containerName === containerName)?.exit);
      return { runtime: await open(), open, exits, exitOf, behaviours: subject.behaviours };
    }

    afterEach(async () => {
      for (const runtime of opened.splice(0).reverse()) await runtime.stop({ stopTasks: true });
    });

    test('a container that ends by itself is told with its exit code', async () => {
      const { runtime, exitOf, behaviours } = await begin();
      const task = taskSpec([containerSpec('app', behaviours.exitsWith(7))]);
      await runtime.prepareTask(task);
      await runtime.startContainer(task, 'app');
      expect(await exitOf(task.taskId, 'app')).toMatchObject({ exitCode: 7, outOfMemory: false });
    });

    test('a container is stopped, and stopping it again does nothing', async () => {
      const { runtime, exits, exitOf, behaviours } = await begin();
      const task = taskSpec([containerSpec('app', behaviours.runsUntilStopped)]);
      await runtime.prepareTask(task);
      await runtime.startContainer(task, 'app');
      await runtime.stopContainer(task.taskId, 'app', 5);
      await exitOf(task.taskId, 'app');
      await runtime.stopContainer(task.taskId, 'app', 5);
      expect(exits.length).toBe(1);
    });

    test('one container of a task ends, the others go on', async () => {
      const { runtime, exits, exitOf, behaviours } = await begin();
      const task = taskSpec([
        containerSpec('first', behaviours.exitsWith(0)),
        containerSpec('second', behaviours.runsUntilStopped),
      ]);
      await runtime.prepareTask(task);
      await runtime.startContainer(task, 'second');
      await runtime.startContainer(task, 'first');
      expect(await exitOf(task.taskId, 'first')).toMatchObject({ exitCode: 0 });
      expect(exits.map(({ exit }) => exit.containerName)).toEqual(['first']);
      expect((await runtime.usage(task.taskId)).map((usage) => usage.containerName)).toEqual(['second']);
    });

    test('what a container prints is in its output file, also after the task is removed', async () => {
      const { readFileSync } = await import('node:fs');
      const { runtime, exitOf, behaviours } = await begin();
      const task = taskSpec([containerSpec('app', behaviours.prints('a line'))]);
      await runtime.prepareTask(task);
      await runtime.startContainer(task, 'app');
      await exitOf(task.taskId, 'app');
      await runtime.removeTask(task.taskId);
      expect(readFileSync(runtime.outputPath(task.taskId, 'app'), 'utf8')).toContain('a line\n');
    });

    test('a container that cannot start says why', async () => {
      const { runtime, behaviours } = await begin();
      const task = taskSpec([containerSpec('app', behaviours.cannotStart)]);
      await runtime.prepareTask(task);
      await expect(runtime.startContainer(task, 'app')).rejects.toBeInstanceOf(ContainerStartError);
      await runtime.removeTask(task.taskId);
    });

    test('a later runtime adopts what runs and tells what has ended', async () => {
      const { runtime, open, exitOf, behaviours } = await begin();
      const task = taskSpec([
        containerSpec('ended', behaviours.exitsWith(3)),
        containerSpec('running', behaviours.runsUntilStopped),
      ]);
      const place = await runtime.prepareTask(task);
      await runtime.startContainer(task, 'running');
      await runtime.startContainer(task, 'ended');
      await exitOf(task.taskId, 'ended');
      await runtime.stop({ stopTasks: false });

      const next = await open();
      const [adopted, ...others] = await next.adopt();
      expect(others).toEqual([]);
      expect(adopted).toMatchObject({ taskId: task.taskId, address: place.address, running: ['running'] });
      expect(adopted!.exited).toMatchObject([{ containerName: 'ended', exitCode: 3 }]);
      await next.stopContainer(task.taskId, 'running', 5);
      await exitOf(task.taskId, 'running');
      await next.removeTask(task.taskId);
      expect(await next.adopt()).toEqual([]);
    });

    test('a removed task is gone, and removing it again does nothing', async () => {
      const { runtime, behaviours } = await begin();
      const task = taskSpec([containerSpec('app', behaviours.runsUntilStopped)]);
      await runtime.prepareTask(task);
      await runtime.startContainer(task, 'app');
      await runtime.removeTask(task.taskId);
      await runtime.removeTask(task.taskId);
      expect(await runtime.usage(task.taskId)).toEqual([]);
      expect(await runtime.adopt()).toEqual([]);
    });
  });
}
