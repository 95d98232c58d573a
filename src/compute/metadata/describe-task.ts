import type { ContainerDefinition } from '@aws-sdk/client-ecs';
import type { ContainerRecord, TaskDefinitionRecord, TaskRecord } from '../model.ts';
import type { TaskMetadata } from '../network/task-endpoints.ts';

/** The document of the task metadata endpoint, version 4. What is not known is left out, as the service does. */
export function describeTask(task: TaskRecord, definition: TaskDefinitionRecord): TaskMetadata {
  return {
    Cluster: task.clusterArn,
    TaskARN: task.arn,
    Family: task.family,
    Revision: String(task.revision),
    DesiredStatus: task.desiredStatus,
    KnownStatus: task.lastStatus,
    ...limitsOfTask(task),
    ...time('PullStartedAt', task.pullStartedAtMs),
    ...time('PullStoppedAt', task.pullStoppedAtMs),
    ...time('ExecutionStoppedAt', task.executionStoppedAtMs),
    AvailabilityZone: task.availabilityZone,
    TaskTags: task.tags,
    LaunchType: task.launchType,
    Containers: task.containers.map((container) => describeContainer(task, container, definition)),
    ...(task.serviceName !== undefined && { ServiceName: task.serviceName }),
    Group: task.group,
    FaultInjectionEnabled: false,
  };
}

function describeContainer(task: TaskRecord, container: ContainerRecord, definition: TaskDefinitionRecord) {
  const own = definition.content.containerDefinitions?.find((one) => one.name === container.name);
  return {
    DockerId: `${task.id}-${container.arn.split('/').at(-1)?.replaceAll('-', '').slice(0, 10) ?? container.name}`,
    Name: container.name,
    DockerName: `ecs-${task.family}-${task.revision}-${container.name}-${task.id.slice(0, 20)}`,
    Image: container.image,
    ...(own?.portMappings?.length && { Ports: portsOf(task, container, own) }),
    Labels: {
      'com.amazonaws.ecs.cluster': task.clusterArn,
      'com.amazonaws.ecs.container-name': container.name,
      'com.amazonaws.ecs.task-arn': task.arn,
      'com.amazonaws.ecs.task-definition-family': task.family,
      'com.amazonaws.ecs.task-definition-version': String(task.revision),
      ...own?.dockerLabels,
    },
    DesiredStatus: task.desiredStatus,
    KnownStatus: container.lastStatus,
    ...(container.exitCode !== undefined && { ExitCode: container.exitCode }),
    Limits: { CPU: own?.cpu ?? 0, ...(own?.memory !== undefined && { Memory: own.memory }) },
    ...time('StartedAt', container.startedAtMs),
    ...time('FinishedAt', container.stoppedAtMs),
    Type: 'NORMAL',
    ...(own?.healthCheck && { Health: { status: container.healthStatus } }),
    ...(own?.logConfiguration && {
      LogDriver: own.logConfiguration.logDriver,
      LogOptions: own.logConfiguration.options,
    }),
    ContainerARN: container.arn,
    Networks: [
      {
        NetworkMode: task.networkMode,
        ...(task.address !== undefined && { IPv4Addresses: [task.address] }),
        ...(task.attachment && { MACAddress: task.attachment.macAddress, AttachmentIndex: 0 }),
      },
    ],
  };
}

function portsOf(task: TaskRecord, container: ContainerRecord, definition: ContainerDefinition) {
  return (definition.portMappings ?? []).map((mapping) => ({
    ContainerPort: mapping.containerPort,
    Protocol: mapping.protocol ?? 'tcp',
    HostPort:
      task.hostPorts.find(
        (port) => port.containerName === container.name && port.containerPort === mapping.containerPort,
      )?.port ?? mapping.containerPort,
  }));
}

/** Task size: virtual CPUs and MiB. */
function limitsOfTask(task: TaskRecord) {
  if (task.cpu === undefined && task.memory === undefined) return {};
  return {
    Limits: {
      ...(task.cpu !== undefined && { CPU: Number(task.cpu) / 1024 }),
      ...(task.memory !== undefined && { Memory: Number(task.memory) }),
    },
  };
}

const time = (name: string, ms: number | undefined): Record<string, string> =>
  ms === undefined ? {} : { [name]: new Date(ms).toISOString() };
