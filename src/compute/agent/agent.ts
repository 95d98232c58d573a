import type { Clock } from '../../platform/clock.ts';
import { newUuid } from '../../platform/ids.ts';
import type { Logger } from '../../platform/logger.ts';
import { definitionKeyOfArn, serviceKeyOfTask, type TaskRecord, taskKey } from '../model.ts';
import type { AdoptedTask, Runtime } from '../runtime/runtime.ts';
import { addServiceEvents, serviceEvent } from '../scheduler/service-events.ts';
import type { ComputeStore } from '../store.ts';
import { createLimiter } from './limiter.ts';
import { type LogsDoor, TaskLogs } from './task-logs.ts';
import { TaskRunner } from './task-runner.ts';
import { buildTaskSpec } from './task-spec.ts';
import { TaskTargets, type TrafficDoor } from './task-targets.ts';

export interface AgentDeps {
  readonly store: ComputeStore;
  readonly runtime: Runtime;
  readonly traffic: TrafficDoor;
  readonly logs: LogsDoor;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Tasks that are brought up at the same time; more only fight for the same two cores. */
const startsMax = 8;
const stopAllMs = 40_000;

/** Runs the tasks of this machine: one TaskRunner each, from the record's appearance to its STOPPED. */
export class Agent {
  private readonly deps: AgentDeps;
  private readonly targets: TaskTargets;
  private readonly runners = new Map<string, TaskRunner>();
  private readonly runs = new Map<string, Promise<void>>();
  /** Task id to record key. */
  private readonly keys = new Map<string, string>();
  private readonly startSlot = createLimiter(startsMax);
  private accepting = false;

  constructor(deps: AgentDeps) {
    this.deps = deps;
    this.targets = new TaskTargets(deps.traffic, deps.clock, deps.logger);
    deps.store.tasks.onChange((key, after) => this.onTaskChange(key, after));
    deps.runtime.onExit((taskId, exit) => this.runnerOf(taskId)?.onExit(exit));
  }

  /** Takes up what was running before: adopted tasks go on, lost ones end, strangers are removed. */
  async start(): Promise<void> {
    const { runtime, store, logger } = this.deps;
    await runtime.start();
    const adopted = new Map((await runtime.adopt()).map((task) => [task.taskId, task]));
    this.accepting = true;
    for (const task of store.tasks.list()) {
      const found = adopted.get(task.id);
      adopted.delete(task.id);
      if (task.lastStatus === 'STOPPED') {
        if (found !== undefined) await runtime.removeTask(task.id);
      } else if (found !== undefined || task.lastStatus === 'PROVISIONING') this.run(task, found);
      else await this.tryMarkLost(task);
    }
    for (const taskId of adopted.keys()) {
      logger.warn({ taskId }, 'removing a task that nobody knows');
      await runtime.removeTask(taskId);
    }
  }

  async stop(options: { stopTasks: boolean }): Promise<void> {
    this.accepting = false;
    if (options.stopTasks) await this.stopAll();
    for (const runner of this.runners.values()) runner.drop();
    await Promise.all(this.runs.values());
    await this.deps.runtime.stop(options);
  }

  private async stopAll(): Promise<void> {
    const { store, clock, logger } = this.deps;
    const stoppingAtMs = clock.now().getTime();
    const stopped = (task: TaskRecord): TaskRecord | undefined =>
      task.desiredStatus === 'STOPPED'
        ? undefined
        : {
            ...task,
            desiredStatus: 'STOPPED',
            stopCode: 'TerminationNotice',
            stoppedReason: 'hatoba was stopped, and its tasks with it.',
            stoppingAtMs,
            version: task.version + 1,
          };
    await Promise.all(
      [...this.runners.keys()].map((key) =>
        // The runtime stops what is not written down, too.
        store
          .update(store.tasks, key, stopped)
          .catch((error) => logger.error({ err: error, task: key }, 'a task is stopped without a note of it')),
      ),
    );
    const enough = new AbortController();
    await Promise.race([Promise.all(this.runs.values()), clock.sleep(stopAllMs, enough.signal).catch(() => {})]);
    enough.abort();
  }

  private onTaskChange(key: string, task: TaskRecord | undefined): void {
    const runner = this.runners.get(key);
    if (runner !== undefined) runner.wake();
    else if (task !== undefined && this.accepting && task.lastStatus === 'PROVISIONING') this.run(task);
  }

  private run(task: TaskRecord, adopted?: AdoptedTask): void {
    const { store, runtime, clock, logger, logs } = this.deps;
    const key = taskKey(task);
    const definition = store.definitions.get(definitionKeyOfArn(task.taskDefinitionArn));
    if (definition === undefined) {
      void this.tryMarkLost(task);
      return;
    }
    const runner = new TaskRunner(
      {
        store,
        runtime,
        clock,
        logger,
        targets: this.targets,
        logs: new TaskLogs(logs, runtime),
        buildSpec: async (record, of) => buildTaskSpec(record, of, {}),
        startSlot: this.startSlot,
        reportTargets: (record, verb, groups) => this.reportTargets(record, verb, groups),
      },
      key,
      definition,
    );
    this.runners.set(key, runner);
    this.keys.set(task.id, key);
    const run = runner
      .run(adopted)
      .catch((error) => logger.error({ err: error, task: key }, 'a task could not be marked as stopped'))
      .finally(() => {
        this.runners.delete(key);
        this.keys.delete(task.id);
        this.runs.delete(key);
      });
    this.runs.set(key, run);
  }

  /** A task that this machine runs, or one that is still remembered. */
  findTask(taskId: string): TaskRecord | undefined {
    const key = this.keys.get(taskId);
    return key === undefined
      ? this.deps.store.tasks.list().find((task) => task.id === taskId)
      : this.deps.store.tasks.get(key);
  }

  private runnerOf(taskId: string): TaskRunner | undefined {
    const key = this.keys.get(taskId);
    return key === undefined ? undefined : this.runners.get(key);
  }

  private async tryMarkLost(task: TaskRecord): Promise<void> {
    try {
      await this.markLost(task);
    } catch (error) {
      this.deps.logger.error(
        { err: error, task: task.arn },
        'a task that is gone is marked as stopped at the next start',
      );
    }
  }

  /** The record says that it runs, no runtime has it: it ended with the process or machine that ran it. */
  private async markLost(task: TaskRecord): Promise<void> {
    const { store, clock } = this.deps;
    const nowMs = clock.now().getTime();
    await this.targets.deregisterInstances(task);
    await this.targets.deregisterTargets(task);
    await store.update(
      store.tasks,
      taskKey(task),
      (current): TaskRecord => ({
        ...current,
        lastStatus: 'STOPPED',
        desiredStatus: 'STOPPED',
        stopCode: current.stopCode ?? 'TerminationNotice',
        stoppedReason:
          current.stoppedReason ?? 'The task is gone: the machine or the runtime that ran it was restarted.',
        stoppingAtMs: current.stoppingAtMs ?? nowMs,
        stoppedAtMs: nowMs,
        containers: current.containers.map((container) => ({ ...container, lastStatus: 'STOPPED' })),
        version: current.version + 1,
      }),
    );
  }

  private reportTargets(task: TaskRecord, verb: 'registered' | 'deregistered', groups: readonly string[]): void {
    const { store, clock, logger } = this.deps;
    const key = serviceKeyOfTask(task);
    if (key === undefined) return;
    const text = verb === 'registered' ? serviceEvent.registeredTargets : serviceEvent.deregisteredTargets;
    const messages = groups.map((arn) => text(1, arn));
    if (verb === 'deregistered') messages.push(serviceEvent.draining(1));
    store
      .update(store.services, key, (service) => ({
        ...service,
        events: addServiceEvents(service.events, service.name, messages, {
          atMs: clock.now().getTime(),
          newId: newUuid,
        }),
      }))
      .catch((error) => logger.warn({ err: error }, 'a service event is lost'));
  }
}
