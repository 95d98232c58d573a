import type { MetricDatum, Metrics } from '../../metrics/index.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import { Repeat } from '../../platform/repeat.ts';
import { clusterKey, definitionKeyOfArn, type ServiceRecord, serviceKey, type TaskRecord } from '../model.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { ComputeStore } from '../store.ts';
import type { Machine } from './machine.ts';
import { type InsightsTier, taskMetrics, type UsageSample } from './task-metrics.ts';

const intervalMs = 10_000;

/** Measures every running task and counts every service, every 10 seconds. */
export class UsageMeter {
  private readonly deps: {
    store: ComputeStore;
    runtime: Runtime;
    metrics: Pick<Metrics, 'record'>;
    machine: Machine;
    clock: Clock;
    logger: Logger;
  };
  private readonly samples = new Map<string, UsageSample>();
  private readonly repeat: Repeat;

  constructor(deps: UsageMeter['deps']) {
    this.deps = deps;
    this.repeat = new Repeat(() => this.measure(), {
      clock: deps.clock,
      pauseMs: intervalMs,
      onError: (error) => deps.logger.warn({ err: error }, 'usage could not be measured'),
    });
  }

  start(): void {
    this.repeat.start();
  }

  stop(): Promise<void> {
    return this.repeat.stop();
  }

  /** One round. Public for tests, which do not wait ten seconds. */
  async measure(): Promise<void> {
    const { store } = this.deps;
    const running = store.tasks.list().filter((task) => task.lastStatus === 'RUNNING');
    const ids = new Set(running.map((task) => task.id));
    for (const id of this.samples.keys()) if (!ids.has(id)) this.samples.delete(id);
    for (const task of running) await this.measureTask(task);
    this.countTasks(running);
  }

  private async measureTask(task: TaskRecord): Promise<void> {
    const { store, runtime, metrics, machine, clock } = this.deps;
    // A task may end while it is measured.
    const usage = await runtime.usage(task.id).catch(() => []);
    const atMs = clock.now().getTime();
    const now: UsageSample = { atMs, containers: new Map(usage.map((one) => [one.containerName, one])) };
    const before = this.samples.get(task.id);
    this.samples.set(task.id, now);
    if (before === undefined) return;
    const definition = store.definitions.get(definitionKeyOfArn(task.taskDefinitionArn));
    const found = taskMetrics(task, definition, before, now, this.tierOf(task), machine);
    for (const namespace of ['AWS/ECS', 'ECS/ContainerInsights'] as const) {
      const data = found.filter((one) => one.namespace === namespace).map((one) => one.datum);
      if (data.length > 0) metrics.record(task, namespace, data);
    }
  }

  private countTasks(running: readonly TaskRecord[]): void {
    const { store, metrics, clock } = this.deps;
    const timestampMs = clock.now().getTime();
    const count = (name: string, dimensions: Record<string, string>, value: number): MetricDatum => ({
      name,
      dimensions,
      timestampMs,
      value,
      unit: 'Count',
    });
    for (const cluster of store.clusters.list()) {
      if (cluster.status !== 'ACTIVE' || this.tierOf({ ...cluster, clusterName: cluster.name }) === 'disabled')
        continue;
      const services = store.services
        .list(`${clusterKey(cluster, cluster.name)}/`)
        .filter((one) => one.status === 'ACTIVE');
      const inCluster = running.filter((task) => task.clusterArn === cluster.arn);
      const ClusterName = cluster.name;
      const data = [
        count('TaskCount', { ClusterName }, inCluster.length),
        count('ServiceCount', { ClusterName }, services.length),
        count('ContainerInstanceCount', { ClusterName }, 1),
        ...services.flatMap((service) => this.countsOf(service, count)),
      ];
      metrics.record(cluster, 'ECS/ContainerInsights', data);
    }
  }

  private countsOf(
    service: ServiceRecord,
    count: (name: string, dimensions: Record<string, string>, value: number) => MetricDatum,
  ): MetricDatum[] {
    const tasks = this.deps.store.tasksOfService(serviceKey(service));
    const dimensions = { ClusterName: service.clusterName, ServiceName: service.name };
    const running = tasks.filter((task) => task.lastStatus === 'RUNNING').length;
    const pending = tasks.filter((task) => ['PROVISIONING', 'PENDING', 'ACTIVATING'].includes(task.lastStatus)).length;
    return [
      count('DesiredTaskCount', dimensions, service.desiredCount),
      count('RunningTaskCount', dimensions, running),
      count('PendingTaskCount', dimensions, pending),
      count('DeploymentCount', dimensions, service.deployments.length),
      count('TaskSetCount', dimensions, 0),
    ];
  }

  private tierOf(task: { account: string; region: string; clusterName: string }): InsightsTier {
    const cluster = this.deps.store.clusters.get(clusterKey(task, task.clusterName));
    const value = cluster?.settings.find((setting) => setting.name === 'containerInsights')?.value;
    return value === 'enabled' || value === 'enhanced' ? value : 'disabled';
  }
}
