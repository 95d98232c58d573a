import { arch } from 'node:os';
import type { ContainerInstance, Resource } from '@aws-sdk/client-ecs';
import { awsError } from '../../wire/aws/aws-error.ts';
import { instanceRecord, machineSnapshot, machineZone } from '../agent/machine.ts';
import { lastPart } from '../arns.ts';
import { type ClusterRecord, type ContainerInstanceRecord, clusterKey } from '../model.ts';
import type { ApiDeps, EcsHandlers } from './deps.ts';
import { findCluster, paginate, scopeOf, toDate, toTagList } from './resolve.ts';

/** This machine is a container instance of every cluster; its capacity is shared by them all. */
export function containerInstanceHandlers({ store, machine }: ApiDeps): EcsHandlers {
  const describe = (
    cluster: ClusterRecord,
    record: ContainerInstanceRecord,
    includeTags: boolean,
  ): ContainerInstance => {
    const snapshot = machineSnapshot(store, machine, cluster, cluster.name);
    const tasks = store.tasks
      .list(`${clusterKey(cluster, cluster.name)}/`)
      .filter((task) => task.launchType !== 'FARGATE' && task.lastStatus !== 'STOPPED');
    const running = tasks.filter((task) => task.lastStatus === 'RUNNING').length;
    return {
      containerInstanceArn: snapshot.containerInstanceArn,
      ec2InstanceId: machine.ec2InstanceId,
      version: record.version,
      versionInfo: { agentVersion: '1.99.0', dockerVersion: 'hatoba' },
      registeredResources: resources(snapshot.cpuUnits, snapshot.memoryMib, []),
      remainingResources: resources(
        snapshot.cpuUnits - snapshot.reservedCpuUnits,
        snapshot.memoryMib - snapshot.reservedMemoryMib,
        [...snapshot.usedHostPorts],
      ),
      status: record.status,
      agentConnected: true,
      runningTasksCount: running,
      pendingTasksCount: tasks.length - running,
      attributes: Object.entries(attributesOf(cluster, record)).map(([name, value]) => ({ name, value })),
      registeredAt: toDate(cluster.createdAtMs),
      attachments: [],
      tags: includeTags ? toTagList(record.tags) : [],
    };
  };
  const arnOf = (cluster: ClusterRecord) => machineSnapshot(store, machine, cluster, cluster.name).containerInstanceArn;

  return {
    ListContainerInstances: (input, context) => {
      const cluster = findCluster(store, scopeOf(context), input.cluster);
      if (input.filter !== undefined) {
        throw awsError(
          'UnsupportedFeatureException',
          'hatoba has one machine and does not evaluate filters of container instances.',
        );
      }
      const { status } = instanceRecord(store, cluster, cluster.name);
      const matches = input.status === undefined || input.status === status;
      const page = paginate(matches ? [arnOf(cluster)] : [], input);
      return { containerInstanceArns: page.items, nextToken: page.nextToken };
    },

    DescribeContainerInstances: (input, context) => {
      const cluster = findCluster(store, scopeOf(context), input.cluster);
      const arn = arnOf(cluster);
      const record = instanceRecord(store, cluster, cluster.name);
      const includeTags = input.include?.includes('TAGS') === true;
      const isMine = (name: string) => lastPart(name) === lastPart(arn);
      const wanted = input.containerInstances ?? [];
      return {
        containerInstances: wanted.filter(isMine).map(() => describe(cluster, record, includeTags)),
        failures: wanted.filter((name) => !isMine(name)).map((name) => ({ arn: name, reason: 'MISSING' })),
      };
    },

    UpdateContainerInstancesState: async (input, context) => {
      const cluster = findCluster(store, scopeOf(context), input.cluster);
      const { status } = input;
      if (status !== 'ACTIVE' && status !== 'DRAINING') {
        throw awsError('InvalidParameterException', 'Container instance status should be one of [ACTIVE, DRAINING]');
      }
      const arn = arnOf(cluster);
      const key = clusterKey(cluster, cluster.name);
      const wanted = input.containerInstances ?? [];
      const failures = wanted
        .filter((name) => lastPart(name) !== lastPart(arn))
        .map((name) => ({ arn: name, reason: 'MISSING' }));
      if (failures.length === wanted.length) return { containerInstances: [], failures };
      const record = await store.transact(() => {
        const before = instanceRecord(store, cluster, cluster.name);
        const put: ContainerInstanceRecord = { ...before, status, version: before.version + 1 };
        return { writes: [{ mirror: store.instances, key, put }], result: put };
      });
      return { containerInstances: [describe(cluster, record, false)], failures };
    },

    DescribeCapacityProviders: (input) => {
      const all = ['FARGATE', 'FARGATE_SPOT'];
      const wanted = input.capacityProviders?.length ? input.capacityProviders.map(lastPart) : all;
      return {
        capacityProviders: all
          .filter((name) => wanted.includes(name))
          .map((name) => ({
            capacityProviderArn: `arn:aws:ecs:::capacity-provider/${name}`,
            name,
            status: 'ACTIVE' as const,
            tags: [],
          })),
        failures: wanted.filter((name) => !all.includes(name)).map((arn) => ({ arn, reason: 'MISSING' })),
      };
    },
  };
}

function attributesOf(cluster: ClusterRecord, record: ContainerInstanceRecord): Record<string, string> {
  return {
    'ecs.availability-zone': machineZone(cluster),
    'ecs.os-type': 'linux',
    'ecs.cpu-architecture': arch() === 'arm64' ? 'arm64' : 'x86_64',
    'ecs.instance-type': 'hatoba',
    ...record.attributes,
  };
}

const resources = (cpuUnits: number, memoryMib: number, ports: readonly string[]): Resource[] => [
  { name: 'CPU', type: 'INTEGER', integerValue: cpuUnits },
  { name: 'MEMORY', type: 'INTEGER', integerValue: memoryMib },
  { name: 'PORTS', type: 'STRINGSET', stringSetValue: portsOf(ports, 'tcp') },
  { name: 'PORTS_UDP', type: 'STRINGSET', stringSetValue: portsOf(ports, 'udp') },
];

const portsOf = (ports: readonly string[], protocol: string): string[] =>
  ports.filter((port) => port.endsWith(`/${protocol}`)).map((port) => port.split('/')[0]!);
