import type { ContainerDefinition, ContainerOverride } from '@aws-sdk/client-ecs';
import type { WorkloadIdentity } from '../../wire/aws/call-context.ts';
import type { TaskDefinitionRecord, TaskRecord } from '../model.ts';
import type { ContainerSpec, TaskSpec } from '../runtime/runtime.ts';

/** Definition and overrides of one task, resolved: what the runtime is given. Pure. */
export function buildTaskSpec(
  task: TaskRecord,
  definition: TaskDefinitionRecord,
  extraEnvironment: Readonly<Record<string, string>>,
): TaskSpec {
  const containers = definition.content.containerDefinitions ?? [];
  return {
    taskId: task.id,
    identity: workloadOf(task, ''),
    containers: containers.map((container) => buildContainerSpec(task, container, extraEnvironment)),
    cpuUnits: numberOf(task.cpu),
    memoryMib: numberOf(task.memory),
    taskRoleArn: task.taskRoleArn,
    executionRoleArn: task.executionRoleArn,
    taskDefinitionArn: task.taskDefinitionArn,
    clusterArn: task.clusterArn,
    launchType: task.launchType === 'MANAGED_INSTANCES' ? 'EC2' : task.launchType,
    networkMode: task.networkMode,
    group: task.group,
    createdAt: new Date(task.createdAtMs),
    tags: task.tags,
    labels: {
      'com.amazonaws.ecs.cluster': task.clusterName,
      'com.amazonaws.ecs.task-arn': task.arn,
      'com.amazonaws.ecs.task-definition-family': task.family,
      'com.amazonaws.ecs.task-definition-version': String(task.revision),
    },
  };
}

/** Who a container is, for its logs, metrics and calls. */
export function workloadOf(task: TaskRecord, containerName: string): WorkloadIdentity {
  return {
    account: task.account,
    region: task.region,
    clusterName: task.clusterName,
    serviceName: task.serviceName ?? '',
    taskArn: task.arn,
    taskDefinitionFamily: task.family,
    taskDefinitionRevision: task.revision,
    deploymentId: task.deploymentId ?? '',
    containerName,
    image: task.containers.find((container) => container.name === containerName)?.image ?? '',
    availabilityZone: task.availabilityZone,
  };
}

function buildContainerSpec(
  task: TaskRecord,
  definition: ContainerDefinition,
  extraEnvironment: Readonly<Record<string, string>>,
): ContainerSpec {
  const name = definition.name ?? '';
  const override: Partial<ContainerOverride> =
    task.overrides?.containerOverrides?.find((one) => one.name === name) ?? {};
  const mappings = definition.portMappings ?? [];
  return {
    name,
    containerArn: task.containers.find((container) => container.name === name)?.arn ?? '',
    image: definition.image ?? '',
    essential: definition.essential !== false,
    entryPoint: definition.entryPoint ?? [],
    command: override.command ?? definition.command ?? [],
    workingDirectory: definition.workingDirectory,
    environment: {
      ...extraEnvironment,
      ...toRecord(definition.environment),
      ...toRecord(override.environment),
    },
    cpuUnits: override.cpu ?? definition.cpu,
    memoryLimitMib: override.memory ?? definition.memory,
    memoryReservationMib: override.memoryReservation ?? definition.memoryReservation,
    containerPorts: mappings.flatMap((mapping) => mapping.containerPort ?? []),
    portMappings: mappings.map((mapping) => ({
      containerPort: mapping.containerPort ?? 0,
      hostPort: mapping.hostPort,
      protocol: mapping.protocol === 'udp' ? 'udp' : 'tcp',
      name: mapping.name,
    })),
    logDriver: definition.logConfiguration?.logDriver,
    logOptions: definition.logConfiguration?.options,
    user: definition.user,
    dockerLabels: definition.dockerLabels ?? {},
  };
}

const toRecord = (pairs: readonly { name?: string; value?: string }[] | undefined): Record<string, string> =>
  Object.fromEntries((pairs ?? []).map((pair) => [pair.name ?? '', pair.value ?? '']));

const numberOf = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text));
