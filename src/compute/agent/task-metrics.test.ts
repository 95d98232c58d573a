import { expect, test } from 'vitest';
import type { TaskRecord } from '../model.ts';
import type { ContainerUsage } from '../runtime/runtime.ts';
import { taskMetrics, type UsageSample } from './task-metrics.ts';

const task = {
  id: 'a1',
  clusterName: 'shop',
  serviceName: 'web',
  family: 'web',
  reservedCpuUnits: 512,
  reservedMemoryMib: 100,
  containers: [],
} as unknown as TaskRecord;

const sample = (atMs: number, usage: Partial<ContainerUsage>): UsageSample => ({
  atMs,
  containers: new Map([
    ['app', { containerName: 'app', cpuNanoseconds: 0, memoryBytes: 0, readBytes: 0, writeBytes: 0, ...usage }],
  ]),
});

const before = sample(0, { cpuNanoseconds: 1e9 });
const now = sample(10_000, { cpuNanoseconds: 3.5e9, memoryBytes: 50 * 1024 * 1024, readBytes: 1000 });
const machine = { cpuUnits: 2048, memoryMib: 4096 };

const values = (tier: 'disabled' | 'enabled' | 'enhanced', from = before) =>
  new Map(
    taskMetrics(task, undefined, from, now, tier, machine).map(({ namespace, datum }) => [
      `${namespace} ${datum.name} ${Object.values(datum.dimensions).join('/')}`,
      datum.value,
    ]),
  );

test('AWS/ECS is there without insights: per cent of what is reserved', () => {
  // 2.5 CPU seconds in 10 s are a quarter of a core: 256 of the 512 units that are reserved.
  expect([...values('disabled')]).toEqual([
    ['AWS/ECS CPUUtilization shop', 50],
    ['AWS/ECS CPUUtilization shop/web', 50],
    ['AWS/ECS MemoryUtilization shop', 50],
    ['AWS/ECS MemoryUtilization shop/web', 50],
  ]);
});

test('the standard tier stops at service and family, the enhanced one goes down to the container', () => {
  const standard = values('enabled');
  expect(standard.get('ECS/ContainerInsights CpuUtilized shop/web')).toBe(256);
  expect(standard.has('ECS/ContainerInsights CpuUtilized shop/web/a1')).toBe(false);
  const enhanced = values('enhanced');
  expect(enhanced.get('ECS/ContainerInsights CpuUtilized shop/web/a1')).toBe(256);
  expect(enhanced.get('ECS/ContainerInsights ContainerMemoryUtilized shop/web/app/a1')).toBe(50);
  expect(enhanced.get('ECS/ContainerInsights StorageReadBytes shop/web')).toBe(100);
  expect([...enhanced.keys()].some((key) => key.includes('Network'))).toBe(false);
});

test('a counter that went back has been started anew', () => {
  expect(
    values('enabled', sample(0, { cpuNanoseconds: 9e9 })).get('ECS/ContainerInsights CpuUtilized shop'),
  ).toBeCloseTo(358.4);
});
