import { availableParallelism } from 'node:os';
import { type ComputeFixture, startComputeFixture } from '../src/compute/compute.fixture.ts';

/**
 * The scheduler's bar: 1,000 tasks of 100 services reconciled on the fake runtime in under 1 s of CPU per full pass.
 * Run with `npx tsx bench/schedule.ts`. Also measured: how long it takes to bring them all up.
 */
const services = 100;
const tasksEach = 10;
const passes = 5;
const barSeconds = 1;

const cpuSeconds = (since: NodeJS.CpuUsage): number => {
  const used = process.cpuUsage(since);
  return (used.user + used.system) / 1e6;
};

async function bringUp(fixture: ComputeFixture): Promise<{ wallSeconds: number; cpu: number }> {
  const startedMs = performance.now();
  const cpuBefore = process.cpuUsage();
  await fixture.call('CreateCluster', { clusterName: 'bench' });
  await fixture.call('RegisterTaskDefinition', {
    family: 'web',
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    cpu: '256',
    memory: '512',
    containerDefinitions: [{ name: 'app', image: 'web:1' }],
  });
  for (let index = 0; index < services; index += 1) {
    await fixture.call('CreateService', {
      cluster: 'bench',
      serviceName: `service-${index}`,
      taskDefinition: 'web',
      desiredCount: tasksEach,
      launchType: 'FARGATE',
      networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-a', 'subnet-b'] } },
    });
  }
  for (;;) {
    const { clusters } = await fixture.call('DescribeClusters', { clusters: ['bench'] });
    if (clusters?.[0]?.runningTasksCount === services * tasksEach) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { wallSeconds: (performance.now() - startedMs) / 1000, cpu: cpuSeconds(cpuBefore) };
}

const fixture = await startComputeFixture();
const up = await bringUp(fixture);
// Rollouts complete and events are written before the steady state is measured.
await new Promise((resolve) => setTimeout(resolve, 2000));
const perPass: number[] = [];
for (let pass = 0; pass < passes; pass += 1) {
  const before = process.cpuUsage();
  await fixture.compute.reconcileAll();
  perPass.push(cpuSeconds(before));
}
await fixture.stop();

const median = perPass.sort((a, b) => a - b)[Math.floor(passes / 2)]!;
const held = median < barSeconds ? 'held' : 'NOT held';
console.log(
  `machine: ${availableParallelism()} cores, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}`,
);
console.log(
  `bring up ${services * tasksEach} tasks: ${up.wallSeconds.toFixed(1)} s wall, ${up.cpu.toFixed(1)} s CPU (durable writes limit it)`,
);
console.log(`full pass over ${services} services: ${(median * 1000).toFixed(1)} ms CPU (bar ${barSeconds} s): ${held}`);
