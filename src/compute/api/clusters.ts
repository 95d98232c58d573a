import type { Cluster, ClusterField, ClusterSetting } from '@aws-sdk/client-ecs';
import { awsError } from '../../wire/aws/aws-error.ts';
import { ecsArn, lastPart } from '../arns.ts';
import { type ClusterRecord, clusterKey } from '../model.ts';
import type { ComputeStore } from '../store.ts';
import type { ApiDeps, EcsHandlers } from './deps.ts';
import { effectiveSetting } from './effective-setting.ts';
import { findCluster, fromTagList, paginate, scopeOf, toTagList } from './resolve.ts';

export function clusterHandlers({ store, clock }: ApiDeps): EcsHandlers {
  return {
    CreateCluster: (input, context) =>
      store.transact(() => {
        const scope = scopeOf(context);
        const name = input.clusterName ?? 'default';
        if (!/^[A-Za-z0-9_-]{1,255}$/.test(name)) {
          throw awsError('InvalidParameterException', 'Invalid parameter: clusterName');
        }
        const key = clusterKey(scope, name);
        const known = store.clusters.get(key);
        if (known?.status === 'ACTIVE') return { writes: [], result: { cluster: describeCluster(store, known, ALL) } };
        const insights = effectiveSetting(store, scope, 'containerInsights', context.principal.arn);
        const cluster: ClusterRecord = {
          ...scope,
          name,
          arn: ecsArn(scope, `cluster/${name}`),
          status: 'ACTIVE',
          settings: mergeSettings([{ name: 'containerInsights', value: insights }], input.settings ?? []),
          configuration: input.configuration,
          capacityProviders: input.capacityProviders ?? [],
          defaultCapacityProviderStrategy: input.defaultCapacityProviderStrategy ?? [],
          serviceConnectNamespace: input.serviceConnectDefaults?.namespace,
          tags: fromTagList(input.tags),
          createdAtMs: clock.now().getTime(),
        };
        const result = { cluster: describeCluster(store, cluster, ALL) };
        return { writes: [{ mirror: store.clusters, key, put: cluster }], result };
      }),

    DescribeClusters: (input, context) => {
      const scope = scopeOf(context);
      const names = input.clusters?.length ? input.clusters : ['default'];
      const clusters: Cluster[] = [];
      const failures: { arn: string; reason: string }[] = [];
      for (const name of names) {
        const cluster = store.clusters.get(clusterKey(scope, lastPart(name)));
        if (cluster !== undefined) clusters.push(describeCluster(store, cluster, input.include ?? []));
        else failures.push({ arn: ecsArn(scope, `cluster/${lastPart(name)}`), reason: 'MISSING' });
      }
      return { clusters, failures };
    },

    ListClusters: (input, context) => {
      const scope = scopeOf(context);
      const arns = store.clusters
        .list(clusterKey(scope, ''))
        .filter((cluster) => cluster.status === 'ACTIVE')
        .map((cluster) => cluster.arn)
        .sort();
      const page = paginate(arns, input);
      return { clusterArns: page.items, nextToken: page.nextToken };
    },

    UpdateCluster: (input, context) =>
      changeCluster(store, scopeOf(context), input.cluster, (cluster) => ({
        ...cluster,
        settings: mergeSettings(cluster.settings, input.settings ?? []),
        configuration: input.configuration ?? cluster.configuration,
        serviceConnectNamespace: input.serviceConnectDefaults?.namespace ?? cluster.serviceConnectNamespace,
      })),

    UpdateClusterSettings: (input, context) =>
      changeCluster(store, scopeOf(context), input.cluster, (cluster) => ({
        ...cluster,
        settings: mergeSettings(cluster.settings, input.settings ?? []),
      })),

    PutClusterCapacityProviders: (input, context) =>
      changeCluster(store, scopeOf(context), input.cluster, (cluster) => ({
        ...cluster,
        capacityProviders: input.capacityProviders ?? [],
        defaultCapacityProviderStrategy: input.defaultCapacityProviderStrategy ?? [],
      })),

    DeleteCluster: (input, context) =>
      store.transact(() => {
        const cluster = findCluster(store, scopeOf(context), input.cluster);
        const key = clusterKey(cluster, cluster.name);
        if (store.services.list(`${key}/`).some((service) => service.status !== 'INACTIVE')) {
          throw awsError(
            'ClusterContainsServicesException',
            'The Cluster cannot be deleted while Services are active.',
          );
        }
        if (store.tasks.list(`${key}/`).some((task) => task.lastStatus !== 'STOPPED')) {
          throw awsError('ClusterContainsTasksException', 'The Cluster cannot be deleted while Tasks are active.');
        }
        const inactive: ClusterRecord = { ...cluster, status: 'INACTIVE', inactiveAtMs: clock.now().getTime() };
        const result = { cluster: describeCluster(store, inactive, ALL) };
        return { writes: [{ mirror: store.clusters, key, put: inactive }], result };
      }),
  };
}

const ALL: readonly ClusterField[] = ['SETTINGS', 'TAGS', 'CONFIGURATIONS', 'STATISTICS', 'ATTACHMENTS'];

async function changeCluster(
  store: ComputeStore,
  scope: { account: string; region: string },
  nameOrArn: string | undefined,
  change: (cluster: ClusterRecord) => ClusterRecord,
): Promise<{ cluster: Cluster }> {
  return store.transact(() => {
    const cluster = change(findCluster(store, scope, nameOrArn));
    const key = clusterKey(cluster, cluster.name);
    return {
      writes: [{ mirror: store.clusters, key, put: cluster }],
      result: { cluster: describeCluster(store, cluster, ALL) },
    };
  });
}

function mergeSettings(before: readonly ClusterSetting[], changes: readonly ClusterSetting[]): ClusterSetting[] {
  for (const { name, value } of changes) {
    if (name === 'containerInsights' && !['enabled', 'disabled', 'enhanced'].includes(value ?? '')) {
      throw awsError('InvalidParameterException', `Invalid setting value: ${value}`);
    }
  }
  const merged = new Map([...before, ...changes].map((setting) => [setting.name, setting]));
  return [...merged.values()];
}

/** The cluster as DescribeClusters shows it; counts are of this moment. */
export function describeCluster(
  store: ComputeStore,
  cluster: ClusterRecord,
  include: readonly ClusterField[],
): Cluster {
  const prefix = `${clusterKey(cluster, cluster.name)}/`;
  const tasks = store.tasks.list(prefix).filter((task) => task.lastStatus !== 'STOPPED');
  const services = store.services.list(prefix);
  const running = tasks.filter((task) => task.lastStatus === 'RUNNING');
  const pending = tasks.filter((task) => ['PROVISIONING', 'PENDING', 'ACTIVATING'].includes(task.lastStatus));
  const has = (field: ClusterField) => include.includes(field);
  return {
    clusterArn: cluster.arn,
    clusterName: cluster.name,
    status: cluster.status,
    registeredContainerInstancesCount: cluster.status === 'ACTIVE' ? 1 : 0,
    runningTasksCount: running.length,
    pendingTasksCount: pending.length,
    activeServicesCount: services.filter((service) => service.status === 'ACTIVE').length,
    statistics: has('STATISTICS') ? statistics({ running, pending, services, store }) : [],
    tags: has('TAGS') ? toTagList(cluster.tags) : [],
    settings: has('SETTINGS') ? [...cluster.settings] : [],
    configuration: has('CONFIGURATIONS') ? cluster.configuration : undefined,
    capacityProviders: [...cluster.capacityProviders],
    defaultCapacityProviderStrategy: [...cluster.defaultCapacityProviderStrategy],
    serviceConnectDefaults:
      cluster.serviceConnectNamespace === undefined ? undefined : { namespace: cluster.serviceConnectNamespace },
  };
}

function statistics(found: {
  running: readonly { launchType: string }[];
  pending: readonly { launchType: string }[];
  services: readonly { status: string; deployments: readonly { spec: { launchType?: string } }[] }[];
  store: ComputeStore;
}): { name: string; value: string }[] {
  const onFargate = (one: { launchType?: string }) => one.launchType === 'FARGATE';
  const launchTypeOfService = (service: (typeof found.services)[number]) => service.deployments[0]?.spec ?? {};
  const active = found.services.filter((service) => service.status === 'ACTIVE');
  const draining = found.services.filter((service) => service.status === 'DRAINING');
  const pair = (name: string, kind: string, all: readonly { launchType?: string }[]) => {
    const fargate = all.filter(onFargate).length;
    return [
      { name: `${name}EC2${kind}Count`, value: String(all.length - fargate) },
      { name: `${name}Fargate${kind}Count`, value: String(fargate) },
    ];
  };
  return [
    ...pair('running', 'Tasks', found.running),
    ...pair('pending', 'Tasks', found.pending),
    ...pair('active', 'Service', active.map(launchTypeOfService)),
    ...pair('draining', 'Service', draining.map(launchTypeOfService)),
  ];
}
