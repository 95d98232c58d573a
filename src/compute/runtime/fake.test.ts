import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ManualClock, systemClock } from '../../platform/clock.ts';
import { createFakeRuntime } from './fake.ts';
import { containerSpec, runtimeContract, taskSpec } from './runtime.contract.ts';
import { ContainerStartError } from './runtime.ts';

const newDirectory = () => mkdtempSync(join(tmpdir(), 'hatoba-fake-'));

runtimeContract('the fake runtime', () => {
  const directory = newDirectory();
  return {
    open: () => createFakeRuntime({ directory, clock: systemClock }),
    behaviours: {
      runsUntilStopped: {},
      exitsWith: (code) => ({
        dockerLabels: { 'hatoba.fake.run-seconds': '0.01', 'hatoba.fake.exit-code': String(code) },
      }),
      prints: (line) => ({ dockerLabels: { 'hatoba.fake.print': line, 'hatoba.fake.run-seconds': '0.01' } }),
      cannotStart: { dockerLabels: { 'hatoba.fake.start-error': 'CannotPullContainerError: no such image' } },
    },
  };
});

test('labels say how a container behaves', async () => {
  const clock = new ManualClock();
  const runtime = createFakeRuntime({ directory: newDirectory(), clock });
  await runtime.start();
  const labels = {
    'hatoba.fake.health': 'unhealthy',
    'hatoba.fake.cpu-units': '512',
    'hatoba.fake.memory-mib': '100',
  };
  const refused = { 'hatoba.fake.start-error': 'CannotPullContainerError: no such image' };
  const task = taskSpec([
    containerSpec('app', { dockerLabels: labels }),
    containerSpec('missing', { dockerLabels: refused }),
  ]);
  await runtime.prepareTask(task);
  await runtime.startContainer(task, 'app');
  expect((await runtime.exec(task.taskId, 'app', ['true'], 1000)).exitCode).toBe(1);
  clock.advance(2000);
  expect(await runtime.usage(task.taskId)).toMatchObject([{ cpuNanoseconds: 1e9, memoryBytes: 100 * 1024 * 1024 }]);
  const failure = await runtime.startContainer(task, 'missing').catch((error) => error);
  expect(failure).toBeInstanceOf(ContainerStartError);
  expect(failure).toMatchObject({ code: 'CannotPullContainerError', message: 'no such image' });
});

test('a container that ignores its signal is killed', async () => {
  const clock = new ManualClock();
  const runtime = createFakeRuntime({ directory: newDirectory(), clock });
  await runtime.start();
  const exits: number[] = [];
  runtime.onExit((_taskId, exit) => exits.push(exit.exitCode));
  const task = taskSpec([containerSpec('app', { dockerLabels: { 'hatoba.fake.stop-seconds': '60' } })]);
  await runtime.prepareTask(task);
  await runtime.startContainer(task, 'app');
  const stopping = runtime.stopContainer(task.taskId, 'app', 2);
  clock.advance(2000);
  await stopping;
  expect(exits).toEqual([137]);
});
