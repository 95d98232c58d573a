import type {
  CapacityProviderStrategyItem,
  LaunchType,
  LoadBalancer,
  NetworkConfiguration,
  ServiceRegistry,
  TaskOverride,
} from '@aws-sdk/client-ecs';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import type { Tags, TaskDefinitionRecord, TaskRecord } from '../model.ts';
import { reservationOf } from './place-task.ts';

/** What a new task is made of besides its definition. */
export interface TaskOrder extends AccountRegion {
  readonly clusterName: string;
  readonly clusterArn: string;
  readonly serviceName?: string;
  readonly deploymentId?: string;
  readonly group: string;
  readonly startedBy?: string;
  readonly launchType: LaunchType;
  readonly capacityProviderName?: string;
  readonly platformVersion?: string;
  readonly networkConfiguration?: NetworkConfiguration;
  readonly overrides?: TaskOverride;
  readonly loadBalancers: readonly LoadBalancer[];
  readonly serviceRegistries: readonly ServiceRegistry[];
  readonly enableExecuteCommand: boolean;
  readonly tags: Tags;
}

export interface TaskIds {
  /** 32 hex digits. */
  readonly taskId: string;
  readonly newUuid: () => string;
  readonly newHex: (bytes: number) => string;
}

/** The record of a task that has just been placed. Pure but for the ids that it is given. */
export function makeTask(
  order: TaskOrder,
  definition: TaskDefinitionRecord,
  place: { availabilityZone: string; containerInstanceArn?: string },
  ids: TaskIds,
  nowMs: number,
): TaskRecord {
  const { content } = definition;
  const arn = `arn:aws:ecs:${order.region}:${order.account}:task/${order.clusterName}/${ids.taskId}`;
  const overrides = order.overrides;
  const sized = {
    cpu: overrides?.cpu ?? content.cpu,
    memory: overrides?.memory ?? content.memory,
    containerDefinitions: content.containerDefinitions,
  };
  const reservation = reservationOf(sized);
  const networkMode = content.networkMode ?? 'bridge';
  const subnetIds = order.networkConfiguration?.awsvpcConfiguration?.subnets ?? [];
  return {
    ...order,
    id: ids.taskId,
    arn,
    taskDefinitionArn: definition.arn,
    family: definition.family,
    revision: definition.revision,
    networkMode,
    availabilityZone: place.availabilityZone,
    containerInstanceArn: place.containerInstanceArn,
    cpu: sized.cpu,
    memory: sized.memory,
    reservedCpuUnits: reservation.cpuUnits,
    reservedMemoryMib: reservation.memoryMib,
    reservedHostPorts: hostPortsOf(definition),
    taskRoleArn: overrides?.taskRoleArn ?? content.taskRoleArn,
    executionRoleArn: overrides?.executionRoleArn ?? content.executionRoleArn,
    lastStatus: 'PROVISIONING',
    desiredStatus: 'RUNNING',
    healthStatus: 'UNKNOWN',
    version: 1,
    containers: (content.containerDefinitions ?? []).map((container) => ({
      name: container.name ?? '',
      arn: `arn:aws:ecs:${order.region}:${order.account}:container/${order.clusterName}/${ids.taskId}/${ids.newUuid()}`,
      image: container.image ?? '',
      lastStatus: 'PENDING',
      healthStatus: 'UNKNOWN',
      restartCount: 0,
    })),
    attachment:
      networkMode === 'awsvpc'
        ? {
            id: ids.newUuid(),
            status: 'PRECREATED',
            subnetId: subnetIds[0],
            networkInterfaceId: `eni-${ids.newHex(9).slice(0, 17)}`,
            macAddress: macAddress(ids.newHex(5)),
          }
        : undefined,
    hostPorts: [],
    createdAtMs: nowMs,
  };
}

/** Host ports that a task of this definition keeps for itself: `80/tcp`. */
export function hostPortsOf(definition: TaskDefinitionRecord): string[] {
  const mode = definition.content.networkMode;
  if (mode === 'awsvpc' || mode === 'none') return [];
  return (definition.content.containerDefinitions ?? []).flatMap((container) =>
    (container.portMappings ?? []).flatMap((mapping) => {
      const port = mode === 'host' ? (mapping.hostPort ?? mapping.containerPort) : mapping.hostPort;
      return port ? `${port}/${mapping.protocol ?? 'tcp'}` : [];
    }),
  );
}

/** Which kind of capacity a task gets when a strategy names it. */
export function launchTypeOf(
  launchType: LaunchType | undefined,
  strategy: readonly CapacityProviderStrategyItem[] | undefined,
): { launchType: LaunchType; capacityProviderName?: string } {
  if (launchType !== undefined) return { launchType };
  const provider = strategy?.[0]?.capacityProvider;
  if (provider === undefined) return { launchType: 'EC2' };
  const fargate = provider === 'FARGATE' || provider === 'FARGATE_SPOT';
  return { launchType: fargate ? 'FARGATE' : 'EC2', capacityProviderName: provider };
}

const macAddress = (hex: string): string => `0a:${hex.slice(0, 10).match(/../g)!.join(':')}`;
