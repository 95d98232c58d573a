import { afterEach, expect, it } from 'vitest';
import { ManualClock } from '../../platform/clock.ts';
import { silentLogger } from '../../platform/logger.ts';
import { type ComputeFixture, eventually, startComputeFixture } from '../compute.fixture.ts';
import { ComputeStore } from '../store.ts';
import { Housekeeping } from './housekeeping.ts';

let fixture: ComputeFixture;

afterEach(() => fixture.stop());

it('forgets a stopped task after an hour, and then the deleted definition that it was run with', async () => {
  fixture = await startComputeFixture();
  const containerDefinitions = [{ name: 'app', image: 'web:1', memory: 64 }];
  await fixture.call('RegisterTaskDefinition', { family: 'job', containerDefinitions });
  await fixture.call('CreateCluster', {});
  const { tasks } = await fixture.call('RunTask', { taskDefinition: 'job' });
  const task = tasks![0]!.taskArn!;
  await fixture.call('StopTask', { task });
  await eventually('the task has stopped', async () => {
    const found = await fixture.call('DescribeTasks', { tasks: [task] });
    return found.tasks![0]!.lastStatus === 'STOPPED';
  });
  await fixture.call('DeregisterTaskDefinition', { taskDefinition: 'job:1' });
  await fixture.call('DeleteTaskDefinitions', { taskDefinitions: ['job:1'] });
  const store = new ComputeStore(fixture.state);
  await store.start();
  const clock = new ManualClock(new Date());
  const housekeeping = new Housekeeping({ store, clock, logger: silentLogger });
  const remembered = () => [store.tasks.list().length, store.definitions.list().map((one) => one.status)];
  await housekeeping.tidy();
  expect(remembered()).toEqual([1, ['DELETE_IN_PROGRESS']]);
  await clock.advance(3_700_000);
  await housekeeping.tidy();
  await housekeeping.tidy();
  expect(remembered()).toEqual([0, []]);
  store.stop();
});
