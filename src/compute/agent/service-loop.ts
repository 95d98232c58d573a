import type { Alarms } from '../../alarms/index.ts';
import type { Clock } from '../../platform/clock.ts';
import { newHexId, newUuid } from '../../platform/ids.ts';
import type { Logger } from '../../platform/logger.ts';
import { StaleVersionError } from '../../stores/state/store.ts';
import { newDeploymentId } from '../arns.ts';
import { historyWrites } from '../deployment-history.ts';
import {
  type DeploymentRecord,
  definitionKeyOfArn,
  type ServiceRecord,
  serviceKeyOfTask,
  type TaskDefinitionRecord,
  type TaskRecord,
  taskKey,
} from '../model.ts';
import { hostPortsOf, launchTypeOf, makeTask, type TaskOrder } from '../scheduler/make-task.ts';
import { type PlacementRequest, placeTask, reservationOf } from '../scheduler/place-task.ts';
import { reconcileService, type ServiceDecision, type ServiceSnapshot } from '../scheduler/reconcile-service.ts';
import { addServiceEvents, serviceEvent } from '../scheduler/service-events.ts';
import type { ComputeStore, Write } from '../store.ts';
import { instanceRecord, type Machine, machineSnapshot } from './machine.ts';
import type { TargetWatch } from './target-watch.ts';
import type { TrafficDoor } from './task-targets.ts';

export interface ServiceLoopDeps {
  readonly store: ComputeStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly machine: Machine;
  readonly traffic: TrafficDoor;
  readonly targets: TargetWatch;
  readonly alarms: Pick<Alarms, 'alarms'>;
  readonly settleMs: number;
}

interface SnapshotVersions {
  readonly service: number | undefined;
  /** By task key. */
  readonly tasks: ReadonlyMap<string, number | undefined>;
}

const placementRetryMs = 15_000;
const failureRetryMs = 1000;

/**
 * Keeps services as they should be: whenever a service, one of its tasks or a target's health changes, it takes a
 * snapshot, asks `reconcileService`, and writes the answer down in one atomic commit. One service at a time.
 */
export class ServiceLoop {
  private readonly deps: ServiceLoopDeps;
  private readonly dirty = new Set<string>();
  private readonly recheckAt = new Map<string, { atMs: number; timer: AbortController }>();
  /** Services whose last start found no place, and when that was. */
  private readonly unplaced = new Map<string, number>();
  private working: Promise<void> | undefined;
  private stopped = true;

  constructor(deps: ServiceLoopDeps) {
    this.deps = deps;
    deps.store.services.onChange((key) => this.poke(key));
    deps.store.tasks.onChange((_key, after, before) => {
      const service = serviceKeyOfTask((after ?? before)!);
      if (service !== undefined && !sameForScheduling(after, before)) this.poke(service);
    });
    deps.store.instances.onChange(() => this.pokeAll());
    deps.targets.onChange((key) => this.poke(key));
  }

  start(): void {
    this.stopped = false;
    this.pokeAll();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    for (const { timer } of this.recheckAt.values()) timer.abort();
    this.recheckAt.clear();
    await this.working;
  }

  /** Looks at a service again soon. */
  poke(key: string): void {
    if (this.stopped) return;
    this.dirty.add(key);
    this.work();
  }

  private work(): void {
    this.working ??= this.workOff().finally(() => {
      this.working = undefined;
      // What was poked after the last look and before this moment.
      if (this.dirty.size > 0 && !this.stopped) this.work();
    });
  }

  pokeAll(): void {
    for (const [key] of this.deps.store.services.entries()) this.poke(key);
  }

  private async workOff(): Promise<void> {
    // Let what changes together arrive together.
    await new Promise((resolve) => setImmediate(resolve));
    for (let key = this.takeDirty(); key !== undefined && !this.stopped; key = this.takeDirty()) {
      try {
        await this.reconcile(key);
      } catch (error) {
        if (error instanceof StaleVersionError) this.dirty.add(key);
        else {
          this.deps.logger.error({ err: error, service: key }, 'a service could not be reconciled');
          this.recheck(key, this.deps.clock.now().getTime() + failureRetryMs);
        }
      }
    }
  }

  private takeDirty(): string | undefined {
    const [key] = this.dirty;
    if (key !== undefined) this.dirty.delete(key);
    return key;
  }

  /** A full pass, one service after the other. */
  async reconcileAll(): Promise<void> {
    for (const [key] of [...this.deps.store.services.entries()]) await this.reconcile(key);
  }

  private async reconcile(key: string): Promise<void> {
    const { store, clock } = this.deps;
    const service = store.services.get(key);
    if (service === undefined || service.status === 'INACTIVE') return;
    const nowMs = clock.now().getTime();
    const versions = this.versionsNow(key);
    const snapshot = await this.snapshot(key, service, nowMs);
    const decision = reconcileService(snapshot);
    const started = await this.placeAll(key, decision, snapshot);
    await this.carryOut(key, snapshot, versions, decision, started);
    const rechecks = [decision.recheckAtMs, started.retryAtMs].filter((atMs) => atMs !== undefined);
    if (rechecks.length > 0) this.recheck(key, Math.min(...rechecks));
  }

  /** What the snapshot of this moment is made of. Others write while alarms and subnets are asked for. */
  private versionsNow(key: string): SnapshotVersions {
    const { store } = this.deps;
    const tasks = store.tasksOfService(key).map(taskKey);
    return {
      service: store.services.version(key),
      tasks: new Map(tasks.map((one) => [one, store.tasks.version(one)])),
    };
  }

  private async snapshot(key: string, service: ServiceRecord, nowMs: number): Promise<ServiceSnapshot> {
    const { store, targets } = this.deps;
    const tasks = store.tasksOfService(key);
    const healthChecked = new Set<string>();
    for (const arn of new Set(tasks.map((task) => task.taskDefinitionArn))) {
      const containers = store.definitions.get(definitionKeyOfArn(arn))?.content.containerDefinitions ?? [];
      const checked = containers.some(
        (one) => one.essential !== false && (one.healthCheck?.command?.[0] ?? 'NONE') !== 'NONE',
      );
      if (checked) healthChecked.add(arn);
    }
    const instance = instanceRecord(store, service, service.clusterName);
    return {
      service,
      tasks,
      targets: targets.of(tasks),
      healthChecked,
      alarmsInAlarm: await this.alarmsInAlarm(service),
      settleMs: this.deps.settleMs,
      daemonCount: instance.status === 'ACTIVE' ? 1 : 0,
      lastPlacementFailed: this.unplaced.has(key),
      newDeploymentId: newDeploymentId(),
      nowMs,
    };
  }

  private async alarmsInAlarm(service: ServiceRecord): Promise<string[]> {
    const names = service.deploymentConfiguration.alarms?.enable
      ? (service.deploymentConfiguration.alarms.alarmNames ?? [])
      : [];
    if (names.length === 0 || service.deployments[0]?.rolloutState !== 'IN_PROGRESS') return [];
    const all = await this.deps.alarms.alarms(service);
    return all.filter((alarm) => alarm.state === 'ALARM' && names.includes(alarm.name)).map((alarm) => alarm.name);
  }

  /** Places as many of the wanted tasks as fit. */
  private async placeAll(
    key: string,
    decision: ServiceDecision,
    snapshot: ServiceSnapshot,
  ): Promise<{ tasks: TaskRecord[]; refusal?: string; retryAtMs?: number }> {
    const { store, machine } = this.deps;
    const { start } = decision;
    if (start === undefined) return { tasks: [] };
    const lastTryMs = this.unplaced.get(key);
    if (lastTryMs !== undefined && snapshot.nowMs - lastTryMs < 1000) {
      return { tasks: [], retryAtMs: lastTryMs + 1000 };
    }
    const definition = store.definitions.get(definitionKeyOfArn(start.deployment.spec.taskDefinitionArn));
    if (definition === undefined) return { tasks: [], refusal: ': its task definition has been deleted.' };
    const order = orderOf(decision.service, start.deployment, definition);
    const request = await this.placementRequest(decision.service, order, definition);
    const group: { availabilityZone: string }[] = snapshot.tasks.filter((task) => task.desiredStatus === 'RUNNING');
    const tasks: TaskRecord[] = [];
    let snapshotOfMachine = machineSnapshot(store, machine, decision.service, decision.service.clusterName);
    for (let index = 0; index < start.count; index += 1) {
      const placement = placeTask(request, snapshotOfMachine, group);
      if (!placement.placed) {
        this.unplaced.set(key, snapshot.nowMs);
        return { tasks, refusal: placement.text, retryAtMs: snapshot.nowMs + placementRetryMs };
      }
      const ids = { taskId: newHexId(16), newUuid, newHex: newHexId };
      const task = makeTask(order, definition, placement, ids, snapshot.nowMs);
      tasks.push(task);
      group.push(task);
      snapshotOfMachine = reserve(snapshotOfMachine, request);
    }
    this.unplaced.delete(key);
    return { tasks };
  }

  private async placementRequest(
    service: ServiceRecord,
    order: TaskOrder,
    definition: TaskDefinitionRecord,
  ): Promise<PlacementRequest> {
    const reservation = reservationOf(definition.content);
    const subnets = order.networkConfiguration?.awsvpcConfiguration?.subnets ?? [];
    const zones = await Promise.all(subnets.map((subnet) => this.deps.traffic.subnetZone(service, subnet)));
    return {
      launchType: order.launchType,
      cpuUnits: reservation.cpuUnits,
      memoryMib: reservation.memoryMib,
      hostPorts: hostPortsOf(definition),
      zones: zones.filter((zone) => zone !== undefined),
      constraints: service.placementConstraints,
    };
  }

  /** Everything that was decided, all or nothing; StaleVersionError if it was decided on what no longer holds. */
  private async carryOut(
    key: string,
    snapshot: ServiceSnapshot,
    versions: SnapshotVersions,
    decision: ServiceDecision,
    started: { tasks: readonly TaskRecord[]; refusal?: string },
  ): Promise<void> {
    const { store } = this.deps;
    if (store.services.version(key) !== versions.service) throw new StaleVersionError(store.services.kind, key);
    const { nowMs } = snapshot;
    const messages = [...decision.events];
    if (started.tasks.length > 0) messages.push(serviceEvent.started(started.tasks.map((task) => task.id)));
    if (started.refusal !== undefined) messages.push(serviceEvent.cannotPlace(started.refusal));
    const events = addServiceEvents(decision.service.events, decision.service.name, messages, {
      atMs: nowMs,
      newId: newUuid,
    });
    const next = events === decision.service.events ? decision.service : { ...decision.service, events };
    const writes: Write<any>[] = [];
    if (next !== snapshot.service) writes.push({ mirror: store.services, key, expect: versions.service, put: next });
    for (const task of started.tasks) {
      writes.push({ mirror: store.tasks, key: taskKey(task), expect: 'absent', put: task });
    }
    writes.push(...this.taskChanges(snapshot, versions, decision));
    writes.push(...historyWrites(store, snapshot.service, next));
    if (writes.length > 0) await store.commit(writes);
  }

  private taskChanges(
    snapshot: ServiceSnapshot,
    versions: SnapshotVersions,
    decision: ServiceDecision,
  ): Write<TaskRecord>[] {
    const { store } = this.deps;
    const changed = new Map<string, TaskRecord>();
    const byId = new Map(snapshot.tasks.map((task) => [task.id, task]));
    const change = (id: string, patch: Partial<TaskRecord>) => {
      const task = changed.get(id) ?? byId.get(id);
      if (task !== undefined) changed.set(id, { ...task, ...patch, version: task.version + 1 });
    };
    for (const id of decision.becameHealthy) change(id, { healthyAtMs: snapshot.nowMs });
    for (const id of decision.settled) change(id, { settled: true });
    for (const stop of decision.stop) {
      change(stop.taskId, {
        desiredStatus: 'STOPPED',
        stopCode: stop.stopCode,
        stoppedReason: stop.reason,
        stoppingAtMs: snapshot.nowMs,
        settled: true,
      });
    }
    return [...changed.values()].map((task): Write<TaskRecord> => {
      const key = taskKey(task);
      return { mirror: store.tasks, key, expect: versions.tasks.get(key), put: task };
    });
  }

  private recheck(key: string, atMs: number): void {
    if (this.stopped) return;
    const planned = this.recheckAt.get(key);
    if (planned !== undefined && planned.atMs <= atMs) return;
    planned?.timer.abort();
    const timer = new AbortController();
    this.recheckAt.set(key, { atMs, timer });
    const waitMs = Math.max(1, atMs - this.deps.clock.now().getTime());
    this.deps.clock.sleep(waitMs, timer.signal).then(
      () => {
        this.recheckAt.delete(key);
        this.poke(key);
      },
      () => {},
    );
  }
}

function orderOf(service: ServiceRecord, deployment: DeploymentRecord, definition: TaskDefinitionRecord): TaskOrder {
  const { spec } = deployment;
  const propagated =
    spec.propagateTags === 'SERVICE' ? service.tags : spec.propagateTags === 'TASK_DEFINITION' ? definition.tags : {};
  const managed: Record<string, string> = service.enableECSManagedTags
    ? { 'aws:ecs:clusterName': service.clusterName, 'aws:ecs:serviceName': service.name }
    : {};
  return {
    account: service.account,
    region: service.region,
    clusterName: service.clusterName,
    clusterArn: service.clusterArn,
    serviceName: service.name,
    deploymentId: deployment.id,
    group: `service:${service.name}`,
    startedBy: deployment.id,
    ...launchTypeOf(spec.launchType, spec.capacityProviderStrategy),
    platformVersion: spec.platformVersion,
    networkConfiguration: spec.networkConfiguration,
    loadBalancers: spec.loadBalancers,
    serviceRegistries: spec.serviceRegistries,
    enableExecuteCommand: spec.enableExecuteCommand,
    tags: { ...managed, ...propagated },
  };
}

const reserve = (machine: ReturnType<typeof machineSnapshot>, request: PlacementRequest) =>
  request.launchType === 'FARGATE'
    ? machine
    : {
        ...machine,
        reservedCpuUnits: machine.reservedCpuUnits + request.cpuUnits,
        reservedMemoryMib: machine.reservedMemoryMib + request.memoryMib,
        usedHostPorts: new Set([...machine.usedHostPorts, ...request.hostPorts]),
      };

/** True when nothing has changed that the scheduler looks at: most of a task's own steps are not its business. */
const sameForScheduling = (after: TaskRecord | undefined, before: TaskRecord | undefined): boolean =>
  after !== undefined &&
  before !== undefined &&
  after.lastStatus === before.lastStatus &&
  after.desiredStatus === before.desiredStatus &&
  after.healthStatus === before.healthStatus;
