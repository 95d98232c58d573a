import type { Attachment, Container, Task } from '@aws-sdk/client-ecs';
import type { ContainerRecord, TaskDefinitionRecord, TaskRecord } from '../model.ts';
import { toDate, toTagList } from './resolve.ts';

/** The task as DescribeTasks shows it. */
export function describeTask(
  task: TaskRecord,
  definition: TaskDefinitionRecord | undefined,
  includeTags: boolean,
): Task {
  return {
    attachments: task.attachment === undefined ? [] : [describeAttachment(task)],
    attributes: [{ name: 'ecs.cpu-architecture', value: process.arch === 'arm64' ? 'arm64' : 'x86_64' }],
    availabilityZone: task.availabilityZone,
    capacityProviderName: task.capacityProviderName,
    clusterArn: task.clusterArn,
    connectivity: task.connectivityAtMs === undefined ? undefined : 'CONNECTED',
    connectivityAt: toDate(task.connectivityAtMs),
    containerInstanceArn: task.containerInstanceArn,
    containers: task.containers.map((container) => describeContainer(task, container, definition)),
    cpu: task.cpu ?? String(task.reservedCpuUnits),
    createdAt: toDate(task.createdAtMs),
    desiredStatus: task.desiredStatus,
    enableExecuteCommand: task.enableExecuteCommand,
    executionStoppedAt: toDate(task.executionStoppedAtMs),
    group: task.group,
    healthStatus: task.healthStatus,
    inferenceAccelerators: [],
    lastStatus: task.lastStatus,
    launchType: task.launchType,
    memory: task.memory ?? String(task.reservedMemoryMib),
    overrides: { containerOverrides: [], inferenceAcceleratorOverrides: [], ...task.overrides },
    platformVersion: task.launchType === 'FARGATE' ? '1.4.0' : undefined,
    platformFamily: task.launchType === 'FARGATE' ? 'Linux' : undefined,
    pullStartedAt: toDate(task.pullStartedAtMs),
    pullStoppedAt: toDate(task.pullStoppedAtMs),
    startedAt: toDate(task.startedAtMs),
    startedBy: task.startedBy,
    stopCode: task.stopCode,
    stoppedAt: toDate(task.stoppedAtMs),
    stoppedReason: task.stoppedReason,
    stoppingAt: toDate(task.stoppingAtMs),
    tags: includeTags ? toTagList(task.tags) : [],
    taskArn: task.arn,
    taskDefinitionArn: task.taskDefinitionArn,
    version: task.version,
    ephemeralStorage:
      task.launchType === 'FARGATE' ? (definition?.content.ephemeralStorage ?? { sizeInGiB: 20 }) : undefined,
  };
}

function describeAttachment(task: TaskRecord): Attachment {
  const { attachment } = task;
  const details: [string, string | undefined][] = [
    ['subnetId', attachment?.subnetId],
    ['networkInterfaceId', attachment?.networkInterfaceId],
    ['macAddress', attachment?.macAddress],
    [
      'privateDnsName',
      attachment?.privateIPv4Address &&
        `ip-${attachment.privateIPv4Address.replaceAll('.', '-')}.${task.region}.compute.internal`,
    ],
    ['privateIPv4Address', attachment?.privateIPv4Address],
  ];
  return {
    id: attachment?.id,
    type: 'ElasticNetworkInterface',
    status: attachment?.status,
    details: details.flatMap(([name, value]) => (value === undefined ? [] : { name, value })),
  };
}

function describeContainer(
  task: TaskRecord,
  container: ContainerRecord,
  definition: TaskDefinitionRecord | undefined,
): Container {
  const defined = definition?.content.containerDefinitions?.find((one) => one.name === container.name);
  const ownPort = (containerPort: number) =>
    task.hostPorts.find((one) => one.containerName === container.name && one.containerPort === containerPort)?.port;
  const started = container.startedAtMs !== undefined;
  return {
    containerArn: container.arn,
    taskArn: task.arn,
    name: container.name,
    image: container.image,
    runtimeId: started ? `${task.id}-${container.name}` : undefined,
    lastStatus: container.lastStatus,
    exitCode: container.exitCode,
    reason: container.reason,
    networkBindings:
      task.networkMode === 'awsvpc' || !started
        ? []
        : (defined?.portMappings ?? []).map((mapping) => ({
            bindIP: task.address,
            containerPort: mapping.containerPort,
            hostPort: ownPort(mapping.containerPort ?? 0),
            protocol: mapping.protocol ?? 'tcp',
          })),
    networkInterfaces:
      task.networkMode === 'awsvpc' && task.address !== undefined
        ? [{ attachmentId: task.attachment?.id, privateIpv4Address: task.address }]
        : [],
    healthStatus: container.healthStatus,
    managedAgents: [],
    cpu: String(defined?.cpu ?? 0),
    memory: defined?.memory?.toString(),
    memoryReservation: defined?.memoryReservation?.toString(),
  };
}
