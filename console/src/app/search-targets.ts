import { describeAlarms } from '../api/cloudwatch.ts';
import { describeServices, listClusters, listServices, listTasks } from '../api/ecs.ts';
import { describeLogGroups } from '../api/logs.ts';
import type { Scope } from '../api/request.ts';
import { describeCanaries } from '../api/synthetics.ts';
import { getServiceGraph } from '../api/xray.ts';
import { lastPart } from '../parts/arn.ts';
import type { TimeRange } from './time-range.ts';

export interface Target {
  kind: 'page' | 'trace' | 'node' | 'service' | 'cluster' | 'task' | 'log-group' | 'alarm' | 'canary';
  name: string;
  detail?: string;
  to: string;
  params?: Record<string, string>;
  search?: Record<string, string>;
}

/** All that can be jumped to by name. A part that fails is left out: search must work when something is broken. */
export async function findTargets(scope: Scope, range: TimeRange, signal: AbortSignal): Promise<Target[]> {
  const parts = await Promise.allSettled([
    ecsTargets(scope, signal),
    getServiceGraph(scope, range, signal).then((nodes) =>
      nodes
        .filter((node) => node.Type !== 'client')
        .map(
          (node): Target => ({
            kind: 'node',
            name: node.Name ?? '',
            detail: node.Type ?? '',
            to: '/map',
            search: { node: `${node.Name ?? ''}~${node.Type ?? ''}` },
          }),
        ),
    ),
    describeLogGroups(scope, signal).then((groups) =>
      groups.map(
        (group): Target => ({
          kind: 'log-group',
          name: group.logGroupName,
          to: '/logs',
          search: { group: group.logGroupName },
        }),
      ),
    ),
    describeAlarms(scope, {}, signal).then((alarms) =>
      alarms.map(
        (alarm): Target => ({
          kind: 'alarm',
          name: alarm.AlarmName,
          detail: alarm.StateValue ?? '',
          to: '/alarms/$name',
          params: { name: alarm.AlarmName },
        }),
      ),
    ),
    describeCanaries(scope, signal).then((canaries) =>
      canaries.map(
        (canary): Target => ({
          kind: 'canary',
          name: canary.Name,
          to: '/canaries/$name',
          params: { name: canary.Name },
        }),
      ),
    ),
  ]);
  return parts.flatMap((part) => (part.status === 'fulfilled' ? part.value : []));
}

async function ecsTargets(scope: Scope, signal: AbortSignal): Promise<Target[]> {
  const clusters = (await listClusters(scope, signal)).map(lastPart);
  const perCluster = await Promise.all(
    clusters.map(async (cluster): Promise<Target[]> => {
      const services = await describeServices(scope, cluster, await listServices(scope, cluster, signal), signal);
      const tasks = await listTasks(scope, { cluster }, signal);
      return [
        { kind: 'cluster', name: cluster, to: '/services/$cluster', params: { cluster } },
        ...services.map(
          (service): Target => ({
            kind: 'service',
            name: service.serviceName,
            detail: cluster,
            to: '/services/$cluster/$service',
            params: { cluster, service: service.serviceName },
          }),
        ),
        ...tasks.map(
          (arn): Target => ({
            kind: 'task',
            name: lastPart(arn),
            detail: cluster,
            to: '/tasks/$cluster/$task',
            params: { cluster, task: lastPart(arn) },
          }),
        ),
      ];
    }),
  );
  return perCluster.flat();
}
