import type { LaunchType, PlacementConstraint } from '@aws-sdk/client-ecs';

/** Finds a place for one task: this machine for EC2 tasks, by reservation; anywhere for Fargate ones. Pure. */

export interface PlacementRequest {
  readonly launchType: LaunchType;
  readonly cpuUnits: number;
  readonly memoryMib: number;
  /** `80/tcp`: ports of the host that the task must have for itself. */
  readonly hostPorts: readonly string[];
  /** Zones of the subnets that the task may be in; empty where it is on the host's own network. */
  readonly zones: readonly string[];
  readonly constraints: readonly PlacementConstraint[];
}

/** This machine as a container instance of one cluster. */
export interface MachineSnapshot {
  readonly containerInstanceArn: string;
  readonly status: 'ACTIVE' | 'DRAINING';
  readonly availabilityZone: string;
  readonly cpuUnits: number;
  readonly memoryMib: number;
  readonly reservedCpuUnits: number;
  readonly reservedMemoryMib: number;
  readonly usedHostPorts: ReadonlySet<string>;
}

export type Placement =
  | { readonly placed: true; readonly availabilityZone: string; readonly containerInstanceArn?: string }
  /** `code` as RunTask gives it in `failures`; `text` as service events word it. */
  | { readonly placed: false; readonly code: string; readonly text: string };

/** Tasks of the same group, for spreading. */
export interface GroupMember {
  readonly availabilityZone: string;
}

export function placeTask(
  request: PlacementRequest,
  machine: MachineSnapshot,
  group: readonly GroupMember[],
): Placement {
  if (request.launchType === 'FARGATE') {
    return { placed: true, availabilityZone: emptiestZone(request.zones, machine, group) };
  }
  if (machine.status !== 'ACTIVE') {
    return refusal('INACTIVE', 'The container instances of the cluster are draining.');
  }
  const freeCpuUnits = machine.cpuUnits - machine.reservedCpuUnits;
  const freeMemoryMib = machine.memoryMib - machine.reservedMemoryMib;
  if (request.cpuUnits > freeCpuUnits) {
    const numbers = `${request.cpuUnits} needed, ${freeCpuUnits} of ${machine.cpuUnits} free`;
    return closest(machine, 'RESOURCE:CPU', `has insufficient CPU units available (${numbers})`);
  }
  if (request.memoryMib > freeMemoryMib) {
    const numbers = `${request.memoryMib} MiB needed, ${freeMemoryMib} of ${machine.memoryMib} free`;
    return closest(machine, 'RESOURCE:MEMORY', `has insufficient memory available (${numbers})`);
  }
  if (request.hostPorts.some((port) => machine.usedHostPorts.has(port))) {
    return closest(machine, 'RESOURCE:PORTS', 'is already using a port required by your task');
  }
  if (request.constraints.some((one) => one.type === 'distinctInstance') && group.length > 0) {
    return closest(machine, 'distinctInstance', 'already runs a task of this group');
  }
  return {
    placed: true,
    availabilityZone: emptiestZone(request.zones, machine, group),
    containerInstanceArn: machine.containerInstanceArn,
  };
}

function emptiestZone(zones: readonly string[], machine: MachineSnapshot, group: readonly GroupMember[]): string {
  const count = (zone: string) => group.filter((task) => task.availabilityZone === zone).length;
  const ordered = [...new Set(zones)].sort((a, b) => count(a) - count(b) || (a < b ? -1 : 1));
  return ordered[0] ?? machine.availabilityZone;
}

const closest = (machine: MachineSnapshot, code: string, what: string): Placement => {
  const id = machine.containerInstanceArn.slice(machine.containerInstanceArn.lastIndexOf('/') + 1);
  return refusal(code, `The closest matching (container-instance ${id}) ${what}.`);
};

const refusal = (code: string, text: string): Placement => ({
  placed: false,
  code,
  text: ` because no container instance met all of its requirements. ${text} For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.`,
});

/** What placement subtracts for a task of this definition. */
export function reservationOf(definition: {
  readonly cpu?: string;
  readonly memory?: string;
  readonly containerDefinitions?: readonly { cpu?: number; memory?: number; memoryReservation?: number }[];
}): { cpuUnits: number; memoryMib: number } {
  const containers = definition.containerDefinitions ?? [];
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  return {
    cpuUnits: definition.cpu ? Number(definition.cpu) : sum(containers.map((one) => one.cpu ?? 0)),
    memoryMib: definition.memory
      ? Number(definition.memory)
      : sum(containers.map((one) => one.memoryReservation ?? one.memory ?? 0)),
  };
}
