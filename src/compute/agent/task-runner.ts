import type { ContainerDefinition, TaskStopCode } from '@aws-sdk/client-ecs';
import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import type { ContainerRecord, TaskDefinitionRecord, TaskRecord } from '../model.ts';
import {
  type AdoptedTask,
  type ContainerExit,
  ContainerStartError,
  type Runtime,
  type StartedTask,
  type TaskSpec,
} from '../runtime/runtime.ts';
import type { ComputeStore } from '../store.ts';
import { taskHealth } from './container-health.ts';
import { type ContainerState, nextContainersToStart, nextContainersToStop } from './container-order.ts';
import { HealthMonitor } from './health-monitor.ts';
import { TaskFailure } from './task-failure.ts';
import type { TaskLogs } from './task-logs.ts';
import type { TaskTargets } from './task-targets.ts';
import { Wakeup } from './wakeup.ts';
import { whenThereIsRoom } from './when-there-is-room.ts';

export interface TaskRunnerDeps {
  readonly store: ComputeStore;
  readonly runtime: Runtime;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly targets: TaskTargets;
  readonly logs: TaskLogs;
  /** Task, definition and what its environment gets besides. Throws TaskFailure. */
  readonly buildSpec: (task: TaskRecord, definition: TaskDefinitionRecord) => Promise<TaskSpec>;
  /** At most so many tasks are brought up at a time. */
  readonly startSlot: <T>(action: () => Promise<T>) => Promise<T>;
  readonly reportTargets: (task: TaskRecord, verb: 'registered' | 'deregistered', groupArns: readonly string[]) => void;
}

const stopTimeoutSecondsDefault = 30;
const idleWaitMs = 60_000;

/**
 * Takes one task from PROVISIONING to STOPPED. What should happen is read from its record (desiredStatus), what has
 * happened is written there; a runner can therefore be dropped at any moment and another one can go on.
 */
export class TaskRunner {
  private readonly deps: TaskRunnerDeps;
  private readonly key: string;
  private readonly definition: TaskDefinitionRecord;
  private readonly states = new Map<string, ContainerState>();
  private readonly exits: ContainerExit[] = [];
  private readonly wakeup: Wakeup;
  private readonly dropped = new AbortController();
  private readonly monitors: HealthMonitor[] = [];
  private spec: TaskSpec | undefined;

  constructor(deps: TaskRunnerDeps, key: string, definition: TaskDefinitionRecord) {
    this.deps = deps;
    this.key = key;
    this.definition = definition;
    this.wakeup = new Wakeup(deps.clock);
  }

  wake(): void {
    this.wakeup.wake();
  }

  onExit(exit: ContainerExit): void {
    this.exits.push(exit);
    this.wake();
  }

  /** Leaves the task as it is; for a process that ends while its tasks go on. */
  drop(): void {
    this.dropped.abort(new Error('the task is left to the next process'));
    for (const monitor of this.monitors) monitor.stop();
    this.wake();
  }

  /** Resolves when the task is STOPPED, or dropped. Rejects when not even that can be written down. */
  async run(adopted?: AdoptedTask): Promise<void> {
    try {
      await this.live(adopted);
      if (this.dropped.signal.aborted) return;
      await this.tearDown();
    } catch (error) {
      if (this.dropped.signal.aborted) return;
      this.deps.logger.error({ err: error, task: this.key }, 'a task could not be ended in order');
      await this.deps.runtime.removeTask(this.task.id).catch(() => {});
      await this.markStopped();
    }
  }

  private get task(): TaskRecord {
    const task = this.deps.store.tasks.get(this.key);
    if (task === undefined) throw new Error(`Task ${this.key} has been forgotten.`);
    return task;
  }

  private get containers(): readonly ContainerDefinition[] {
    return this.definition.content.containerDefinitions ?? [];
  }

  private get goesOn(): boolean {
    return this.task.desiredStatus === 'RUNNING' && !this.dropped.signal.aborted;
  }

  private async live(adopted: AdoptedTask | undefined): Promise<void> {
    try {
      if (adopted !== undefined) await this.resume(adopted);
      else if (this.goesOn) await this.prepare();
      while (this.goesOn && !(await this.startMore())) await this.takeExits();
      if (this.goesOn) await this.becomeRunning();
      while (this.goesOn) {
        await this.wakeup.wait(idleWaitMs);
        await this.takeExits();
      }
    } catch (error) {
      if (this.dropped.signal.aborted) return;
      await this.fail(toTaskFailure(error, this.deps.logger));
    }
  }

  /** A network and an address; log groups are there. */
  private async prepare(): Promise<void> {
    const { runtime, logs, clock } = this.deps;
    const task = this.task;
    this.spec = await this.deps.buildSpec(task, this.definition);
    await logs.prepare(task, this.definition);
    await this.patch({ pullStartedAtMs: clock.now().getTime() });
    for (const container of this.spec.containers) {
      await runtime.pullImage(container.image, container.command.length > 0 || container.entryPoint.length > 0);
    }
    const started = await this.deps.startSlot(() => runtime.prepareTask(this.spec!));
    const nowMs = clock.now().getTime();
    await this.patch({
      lastStatus: 'PENDING',
      pullStoppedAtMs: nowMs,
      connectivityAtMs: nowMs,
      ...this.addressOf(started),
    });
  }

  private addressOf(started: StartedTask): Partial<TaskRecord> {
    const attachment = this.task.attachment;
    return {
      address: started.address,
      attachment: attachment && { ...attachment, status: 'ATTACHED', privateIPv4Address: started.address },
      hostPorts: this.containers.flatMap((container) =>
        (container.portMappings ?? []).flatMap((mapping) => {
          const containerPort = mapping.containerPort;
          if (containerPort === undefined) return [];
          const containerName = container.name ?? '';
          return { containerName, containerPort, port: started.portOf(containerName, containerPort) };
        }),
      ),
    };
  }

  private async resume(adopted: AdoptedTask): Promise<void> {
    this.spec = await this.deps.buildSpec(this.task, this.definition);
    for (const name of adopted.running) {
      const record = this.task.containers.find((container) => container.name === name);
      this.states.set(name, {
        status: 'RUNNING',
        health: record?.healthStatus ?? 'UNKNOWN',
        startedAtMs: record?.startedAtMs ?? this.deps.clock.now().getTime(),
      });
      this.follow(name);
    }
    for (const exit of adopted.exited) {
      const record = this.task.containers.find((container) => container.name === exit.containerName);
      this.follow(exit.containerName);
      if (record?.lastStatus !== 'STOPPED') {
        this.states.set(exit.containerName, { status: 'RUNNING', health: 'UNKNOWN' });
        this.exits.push(exit);
      } else this.states.set(exit.containerName, { status: 'STOPPED', exitCode: exit.exitCode, health: 'UNKNOWN' });
    }
    await this.patch(this.addressOf(adopted));
    await this.takeExits();
  }

  /** Starts what may start now; true when everything has been started. */
  private async startMore(): Promise<boolean> {
    const step = nextContainersToStart(this.containers, this.states, this.deps.clock.now().getTime());
    if (step.stuck !== undefined) {
      throw new TaskFailure(`TaskDependencyError: Task dependencies cannot be resolved: ${step.stuck.reason}`, {
        containerName: step.stuck.containerName,
      });
    }
    if (step.complete) return true;
    for (const name of step.start) if (this.goesOn) await this.startContainer(name);
    if (step.start.length === 0) {
      const nowMs = this.deps.clock.now().getTime();
      await this.wakeup.wait(Math.min(idleWaitMs, Math.max(1, (step.recheckAtMs ?? nowMs + idleWaitMs) - nowMs)));
    }
    return false;
  }

  private async startContainer(name: string): Promise<void> {
    // Followed before it starts: a program that prints a line and ends must not be missed.
    this.follow(name);
    try {
      await this.deps.startSlot(() => this.deps.runtime.startContainer(this.spec!, name));
    } catch (error) {
      if (error instanceof ContainerStartError) {
        throw new TaskFailure(`${error.code}: ${error.message}`, { containerName: name });
      }
      throw error;
    }
    const startedAtMs = this.deps.clock.now().getTime();
    this.states.set(name, { status: 'RUNNING', health: 'UNKNOWN', startedAtMs });
    await this.patchContainer(name, { lastStatus: 'RUNNING', startedAtMs });
    this.monitor(name, startedAtMs);
  }

  private follow(name: string): void {
    const container = this.containers.find((one) => one.name === name);
    if (container !== undefined) this.deps.logs.follow(this.task, this.definition.family, container);
  }

  private monitor(name: string, startedAtMs: number): void {
    const check = this.containers.find((container) => container.name === name)?.healthCheck;
    if (check === undefined || this.monitors.some((monitor) => monitor.containerName === name)) return;
    const monitor = new HealthMonitor(this.deps, this.task.id, name, check, startedAtMs, (status) =>
      this.setHealth(name, status),
    );
    this.monitors.push(monitor);
    void monitor.run();
  }

  private async setHealth(name: string, healthStatus: ContainerRecord['healthStatus']): Promise<void> {
    const state = this.states.get(name);
    if (state !== undefined) this.states.set(name, { ...state, health: healthStatus });
    const before = this.task.healthStatus;
    await this.patchContainer(name, { healthStatus });
    const after = this.task.healthStatus;
    if (after !== before && this.task.lastStatus === 'RUNNING') {
      await this.deps.targets.setHealth(this.task, after !== 'UNHEALTHY').catch(() => {});
    }
    this.wake();
  }

  private async becomeRunning(): Promise<void> {
    const { targets, clock, reportTargets } = this.deps;
    for (const [name, state] of this.states) {
      if (state.status === 'RUNNING') this.monitor(name, state.startedAtMs ?? clock.now().getTime());
    }
    const first = this.task.startedAtMs === undefined;
    if (first && this.task.serviceRegistries.length > 0) await this.patch({ lastStatus: 'ACTIVATING' });
    await targets.registerInstances(this.task, this.task.healthStatus !== 'UNHEALTHY');
    const groups = await targets.registerTargets(this.task);
    if (!first) return;
    await this.patch({ lastStatus: 'RUNNING', startedAtMs: clock.now().getTime() });
    if (groups.length > 0) reportTargets(this.task, 'registered', groups);
  }

  /** Writes down what has ended; the end of an essential container is the end of the task. */
  private async takeExits(): Promise<void> {
    for (let exit = this.exits.shift(); exit !== undefined; exit = this.exits.shift()) {
      const { containerName, exitCode, outOfMemory } = exit;
      const state = this.states.get(containerName);
      if (state === undefined || state.status !== 'RUNNING') continue;
      this.states.set(containerName, { ...state, status: 'STOPPED', exitCode });
      this.monitors.find((monitor) => monitor.containerName === containerName)?.stop();
      const essential = this.containers.find((one) => one.name === containerName)?.essential !== false;
      await this.patchContainer(
        containerName,
        {
          lastStatus: 'STOPPED',
          exitCode,
          stoppedAtMs: exit.finishedAt.getTime(),
          reason: outOfMemory ? 'OutOfMemoryError: Container killed due to memory usage' : undefined,
        },
        essential
          ? {
              executionStoppedAtMs: exit.finishedAt.getTime(),
              ...this.stopping('EssentialContainerExited', 'Essential container in task exited'),
            }
          : {},
      );
    }
  }

  /** The first reason to stop stays. */
  private stopping(stopCode: TaskStopCode, stoppedReason: string): Partial<TaskRecord> {
    if (this.task.desiredStatus === 'STOPPED') return {};
    return { desiredStatus: 'STOPPED', stopCode, stoppedReason, stoppingAtMs: this.deps.clock.now().getTime() };
  }

  private async fail(failure: TaskFailure): Promise<void> {
    const change = this.stopping(failure.stopCode, failure.message);
    if (failure.containerName === undefined) await this.patch(change);
    else await this.patchContainer(failure.containerName, { reason: failure.message }, change);
  }

  /** Out of the target groups first, then the signal, then the network: in this order nobody's request is cut off. */
  private async tearDown(): Promise<void> {
    const { targets, runtime, logs, reportTargets } = this.deps;
    for (const monitor of this.monitors) monitor.stop();
    const wasRunning = this.task.startedAtMs !== undefined;
    if (wasRunning && (this.task.loadBalancers.length > 0 || this.task.serviceRegistries.length > 0)) {
      await this.patch({ lastStatus: 'DEACTIVATING' });
    }
    const groups = await this.written(async () => {
      await targets.deregisterInstances(this.task);
      return targets.deregisterTargets(this.task);
    });
    if (groups.length > 0 && wasRunning) reportTargets(this.task, 'deregistered', groups);
    const serves = [...this.states.values()].some((state) => state.status === 'RUNNING');
    if (serves && this.task.stopCode !== 'EssentialContainerExited') {
      await targets.drained(this.task, this.dropped.signal);
    }
    if (serves) await this.patch({ lastStatus: 'STOPPING' });
    await this.stopContainers();
    await runtime.removeTask(this.task.id);
    await logs.finish().catch((error) => this.deps.logger.warn({ err: error }, 'the last output of a task is lost'));
    await this.markStopped();
  }

  private async stopContainers(): Promise<void> {
    for (;;) {
      await this.takeExits();
      const running = new Set([...this.states].filter(([, state]) => state.status === 'RUNNING').map(([name]) => name));
      if (running.size === 0) return;
      await Promise.all(nextContainersToStop(this.containers, running).map((name) => this.stopContainer(name)));
    }
  }

  private async stopContainer(name: string): Promise<void> {
    const timeoutSeconds =
      this.containers.find((container) => container.name === name)?.stopTimeout ?? stopTimeoutSecondsDefault;
    await this.deps.runtime.stopContainer(this.task.id, name, timeoutSeconds);
    const exited = this.exits.some((exit) => exit.containerName === name);
    if (exited || this.states.get(name)?.status !== 'RUNNING') return;
    // The runtime says it is gone; the exit itself may arrive a moment later.
    await this.wakeup.wait(1000);
    if (this.exits.some((exit) => exit.containerName === name)) return;
    const finishedAt = this.deps.clock.now();
    this.exits.push({ containerName: name, exitCode: 137, outOfMemory: false, finishedAt });
  }

  private async markStopped(): Promise<void> {
    const stoppedAtMs = this.deps.clock.now().getTime();
    const attachment = this.task.attachment;
    await this.patch({
      lastStatus: 'STOPPED',
      desiredStatus: 'STOPPED',
      stoppedAtMs,
      attachment: attachment && { ...attachment, status: 'DELETED' },
      executionStoppedAtMs: this.task.executionStoppedAtMs ?? stoppedAtMs,
      containers: this.task.containers.map((container) => ({ ...container, lastStatus: 'STOPPED' })),
    });
  }

  private patch(change: Partial<TaskRecord>): Promise<unknown> {
    return this.update((task) => ({ ...task, ...change, version: task.version + 1 }));
  }

  private patchContainer(
    name: string,
    change: Partial<ContainerRecord>,
    taskChange: Partial<TaskRecord> = {},
  ): Promise<unknown> {
    return this.update((task) => {
      const containers = task.containers.map((one) => (one.name === name ? { ...one, ...change } : one));
      const healthStatus = taskHealth(
        this.containers.map((definition) => ({
          essential: definition.essential !== false,
          hasHealthCheck: definition.healthCheck !== undefined,
          health: containers.find((one) => one.name === definition.name)?.healthStatus ?? 'UNKNOWN',
        })),
      );
      return { ...task, ...taskChange, containers, healthStatus, version: task.version + 1 };
    });
  }

  private update(change: (task: TaskRecord) => TaskRecord): Promise<unknown> {
    return this.written(() => this.deps.store.update(this.deps.store.tasks, this.key, change));
  }

  private written<Result>(write: () => Promise<Result>): Promise<Result> {
    return whenThereIsRoom(write, this.deps, this.dropped.signal);
  }
}

function toTaskFailure(error: unknown, logger: Logger): TaskFailure {
  if (error instanceof TaskFailure) return error;
  if (error instanceof ContainerStartError) return new TaskFailure(`${error.code}: ${error.message}`);
  logger.error({ err: error }, 'a task could not be started');
  const message = error instanceof Error ? error.message : String(error);
  return new TaskFailure(`ResourceInitializationError: ${message}`);
}
