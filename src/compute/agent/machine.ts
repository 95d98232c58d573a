import { createHash } from 'node:crypto';
import { availableParallelism, hostname, totalmem } from 'node:os';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import { containerInstanceArn } from '../arns.ts';
import { type ContainerInstanceRecord, clusterKey } from '../model.ts';
import type { MachineSnapshot } from '../scheduler/place-task.ts';
import type { ComputeStore } from '../store.ts';

/** This machine: what it has, and what the tasks on it have reserved. */
export interface Machine {
  /** Stable for one data directory. */
  readonly id: string;
  readonly ec2InstanceId: string;
  readonly cpuUnits: number;
  readonly memoryMib: number;
}

export function thisMachine(identity: string, sizes: { cpuUnits?: number; memoryMib?: number } = {}): Machine {
  const id = createHash('sha256').update(`${hostname()}/${identity}`).digest('hex');
  return {
    id,
    ec2InstanceId: `i-${id.slice(0, 17)}`,
    cpuUnits: sizes.cpuUnits ?? availableParallelism() * 1024,
    memoryMib: sizes.memoryMib ?? Math.floor(totalmem() / 1024 / 1024),
  };
}

export const machineZone = (scope: AccountRegion): string => `${scope.region}a`;

export function instanceRecord(
  store: ComputeStore,
  scope: AccountRegion,
  clusterName: string,
): ContainerInstanceRecord {
  const known = store.instances.get(clusterKey(scope, clusterName));
  return known ?? { ...scope, clusterName, status: 'ACTIVE', attributes: {}, tags: {}, version: 1 };
}

/** The machine as placement sees it. EC2 tasks of every account and cluster share it; Fargate tasks reserve nothing. */
export function machineSnapshot(
  store: ComputeStore,
  machine: Machine,
  scope: AccountRegion,
  clusterName: string,
): MachineSnapshot {
  let reservedCpuUnits = 0;
  let reservedMemoryMib = 0;
  const usedHostPorts = new Set<string>();
  for (const [, { value: task }] of store.tasks.entries()) {
    if (task.lastStatus === 'STOPPED' || task.launchType === 'FARGATE') continue;
    reservedCpuUnits += task.reservedCpuUnits;
    reservedMemoryMib += task.reservedMemoryMib;
    for (const port of task.reservedHostPorts) usedHostPorts.add(port);
  }
  return {
    containerInstanceArn: containerInstanceArn(scope, clusterName, machine.id),
    status: instanceRecord(store, scope, clusterName).status,
    availabilityZone: machineZone(scope),
    cpuUnits: machine.cpuUnits,
    memoryMib: machine.memoryMib,
    reservedCpuUnits,
    reservedMemoryMib,
    usedHostPorts,
  };
}
