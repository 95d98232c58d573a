import { createHash, randomInt } from 'node:crypto';
import { mkdirSync, realpathSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { hostname as machineName, tmpdir } from 'node:os';
import path from 'node:path';
import type { Clock } from '../../../platform/clock.ts';
import { newHexId, newUuid } from '../../../platform/ids.ts';
import type { Logger } from '../../../platform/logger.ts';
import { createImageCatalog } from '../../images/image-catalog.ts';
import { createMetadataHandler } from '../../metadata/serve-metadata.ts';
import { chooseNetwork } from '../../network/choose-network.ts';
import { findDeadInstances, forgetOwner, recordOwner } from '../../network/instance-owners.ts';
import { removeInstanceNetwork } from '../../network/namespace-network.ts';
import { serveTask } from '../../network/serve-task.ts';
import type { TaskEndpoints } from '../../network/task-endpoints.ts';
import { DNS_ADDRESS, type TaskPlace } from '../../network/task-network.ts';
import {
  type AdoptedTask,
  type ContainerExit,
  ContainerStartError,
  type Runtime,
  type StartedTask,
  type TaskSpec,
} from '../runtime.ts';
import { openCgroups, removeCgroupsOf } from './cgroups.ts';
import { killLeftovers, recordExit, startContainer, stopContainer, watchAdopted } from './container-lifecycle.ts';
import { MARK } from './environment.ts';
import { execInContainer } from './exec-in-container.ts';
import { chooseIsolation } from './isolation.ts';
import { createUsageMeter } from './measure-usage.ts';
import { findByEnvironment, identify, isAlive, type ProcessIdentity, sendSignal } from './process-table.ts';
import { openTaskRecords, type TaskRecord } from './task-record.ts';
import {
  markOf,
  newTaskState,
  type ProcessHost,
  runningContainers,
  type TaskState,
  updateContainer,
} from './task-state.ts';
import { defaultTaskUser, taskSearchPath } from './task-user.ts';
import { watchLimits } from './watch-limits.ts';

export interface ProcessRuntimeOptions {
  /** Of this hatoba; tasks live in `runtime/` below it. */
  readonly dataDirectory: string;
  readonly network: 'auto' | 'namespace' | 'loopback';
  /** Image name to directory; may grow while the runtime runs. */
  readonly images: Readonly<Record<string, string>>;
  /** Sidecars that hatoba stands in for run as built-ins; true unless turned off. */
  readonly standIns?: boolean;
  /** Name or uid that tasks run as when hatoba is root; default `nobody`. */
  readonly taskUser?: string;
  readonly endpoints: TaskEndpoints;
  readonly clock: Clock;
  readonly logger: Logger;
}

const STOP_SECONDS = 10;
/** Only then is there anything on the machine that outlives our processes: namespaces, links, mounts, control groups. */
const ownsMachine = process.platform === 'linux' && process.getuid?.() === 0;

/** Runs tasks as processes of this machine. No sandbox: programs see the machine's files as their user may. */
export function createProcessRuntime(options: ProcessRuntimeOptions): Runtime {
  const { endpoints, clock, logger } = options;
  const tasks = new Map<string, TaskState>();
  const fromBefore = new Set<TaskState>();
  const exitListeners: ((taskId: string, exit: ContainerExit) => void)[] = [];
  const catalog = createImageCatalog({ images: options.images, standIns: options.standIns ?? true });
  const runtimeDirectory = path.join(options.dataDirectory, 'runtime');
  const records = openTaskRecords(runtimeDirectory);
  const stopping = new AbortController();
  let started: { host: ProcessHost; reason: string; meter: ReturnType<typeof createUsageMeter> } | undefined;

  function running() {
    if (!started) throw new Error('the process runtime is not started');
    return started;
  }

  function stateOf(taskId: string): TaskState {
    const state = tasks.get(taskId);
    if (!state) throw new Error(`the process runtime has no task ${taskId}`);
    return state;
  }

  async function start(): Promise<void> {
    mkdirSync(runtimeDirectory, { recursive: true, mode: 0o700 });
    const instanceHash = createHash('sha256').update(realpathSync(options.dataDirectory)).digest('hex').slice(0, 16);
    if (ownsMachine) {
      await removeDeadInstances(clock, logger);
      await recordOwner(instanceHash, options.dataDirectory).catch((error) =>
        logger.debug(
          { err: error },
          'nothing can be kept in /run: what is left after a kill is not found by other hatobas',
        ),
      );
    }
    const { taskUser, searchPath } = await findTaskUser(options.taskUser, logger);
    const isolation = await chooseIsolation();
    const canIsolateFiles = isolation.kind === 'process-namespace';
    const wanted = options.network === 'auto' && !canIsolateFiles ? 'loopback' : options.network;
    const chosen = await chooseNetwork(wanted, { instanceHash, dataDirectory: options.dataDirectory, logger });
    await chosen.network.start();
    const host: ProcessHost = {
      instanceHash,
      records,
      catalog,
      network: chosen.network,
      isolation,
      cgroups: openCgroups(instanceHash, clock),
      endpoints,
      taskUser,
      isTaskUserSetting: options.taskUser !== undefined,
      searchPath,
      clock,
      logger,
      notifyExit: (taskId, exit) => {
        for (const listener of exitListeners) listener(taskId, exit);
      },
    };
    started = { host, reason: chosen.reason, meter: createUsageMeter(host) };
    const { records: found, unreadable } = records.load();
    for (const record of found) {
      const state = newTaskState(record);
      tasks.set(record.task.taskId, state);
      fromBefore.add(state);
    }
    for (const taskId of unreadable) await endUnreadable(host, taskId);
    void watchLimits(host, tasks, stopping.signal);
  }

  async function openListeners(host: ProcessHost, state: TaskState): Promise<void> {
    const { task, place, credentialsId, metadataIds } = state.record;
    const metadata = createMetadataHandler(
      {
        taskId: task.taskId,
        workload: task.identity,
        taskRoleArn: task.taskRoleArn,
        credentialsId,
        metadataIds,
        usage: async () => running().meter.measure(state),
        now: () => clock.now(),
      },
      endpoints,
    );
    state.closeListeners = serveTask(await host.network.open(place), endpoints, task.identity, metadata);
  }

  async function prepareTask(task: TaskSpec): Promise<StartedTask> {
    const { host } = running();
    try {
      const ports = task.containers.flatMap((container) =>
        container.containerPorts.map((containerPort) => ({ containerName: container.name, containerPort })),
      );
      const place = await host.network.create(task.taskId, ports);
      const state = newTaskState(newRecord(task, place));
      tasks.set(task.taskId, state);
      await records.save(state.record);
      await mkdir(state.record.scratchDirectory, { mode: 0o711 });
      if (place.mode === 'namespace') await writeNames(records.directoryOf(task.taskId), state.record);
      host.cgroups?.createTask(task.taskId, { memoryMib: task.memoryMib, cpuUnits: task.cpuUnits });
      await openListeners(host, state);
      return startedTask(place);
    } catch (error) {
      await removeTask(task.taskId);
      throw new ContainerStartError('ResourceInitializationError', (error as Error).message);
    }
  }

  async function removeTask(taskId: string): Promise<void> {
    const { host, meter } = running();
    const state = tasks.get(taskId);
    if (!state) return;
    await Promise.all(Object.keys(state.record.containers).map((name) => killLeftovers(host, state, name)));
    state.watching.abort();
    state.closeListeners?.();
    await host.network.remove(taskId, state.record.place);
    await host.cgroups?.removeTask(taskId);
    await state.saving.catch(() => undefined);
    await rm(state.record.scratchDirectory, { recursive: true, force: true });
    await records.remove(taskId);
    meter.forget(taskId);
    tasks.delete(taskId);
  }

  async function adoptTask(host: ProcessHost, state: TaskState): Promise<AdoptedTask> {
    const { task, place } = state.record;
    for (const [name, container] of Object.entries(state.record.containers)) {
      if (container.exit) continue;
      const wrapper = container.process ?? findWrapper(markOf(host, task.taskId, name));
      if (!wrapper) continue;
      if (!container.process) await updateContainer(host, state, name, { process: wrapper });
      if (isAlive(wrapper)) watchAdopted(host, state, name, wrapper);
      else await recordExit(host, state, name);
    }
    const hasPlace = await host.network.adopt(task.taskId, place);
    if (hasPlace) {
      await openListeners(host, state).catch((error) =>
        logger.warn({ err: error, taskId: task.taskId }, 'an adopted task has no listeners'),
      );
    }
    const exited = Object.entries(state.record.containers).flatMap(([containerName, { exit }]) =>
      exit ? [{ ...exit, containerName, finishedAt: new Date(exit.finishedAt) }] : [],
    );
    return { ...startedTask(place), taskId: task.taskId, running: runningContainers(state), exited };
  }

  return {
    name: 'process',
    get network() {
      const { host, reason } = running();
      return { mode: host.network.mode, reason };
    },
    start,
    async stop({ stopTasks }) {
      if (!started) return;
      const { host } = started;
      stopping.abort();
      if (stopTasks) {
        await Promise.all(
          [...tasks].map(async ([taskId, state]) => {
            await Promise.all(runningContainers(state).map((name) => stopContainer(host, state, name, STOP_SECONDS)));
            await removeTask(taskId);
          }),
        );
        host.cgroups?.removeInstance();
      }
      for (const state of tasks.values()) {
        state.watching.abort();
        state.closeListeners?.();
        await state.saving.catch(() => undefined);
      }
      await host.network.stop({ keepTasks: tasks.size > 0 });
      if (ownsMachine && tasks.size === 0) await forgetOwner(host.instanceHash);
      started = undefined;
    },
    prepareTask,
    startContainer: (task, containerName) => startContainer(running().host, stateOf(task.taskId), containerName),
    stopContainer: (taskId, containerName, timeoutSeconds) =>
      stopContainer(running().host, stateOf(taskId), containerName, timeoutSeconds),
    removeTask,
    exec: (taskId, containerName, command, timeoutMs) =>
      execInContainer(running().host, stateOf(taskId), containerName, command, timeoutMs),
    async usage(taskId) {
      const state = tasks.get(taskId);
      return state ? running().meter.measure(state) : [];
    },
    outputPath: (taskId, containerName) => records.outputPath(taskId, containerName),
    onExit: (listener) => void exitListeners.push(listener),
    async adopt() {
      const { host } = running();
      const found = [...fromBefore].filter((state) => tasks.get(state.record.task.taskId) === state);
      fromBefore.clear();
      await host.network.removeUnknown(new Set(tasks.keys()));
      return Promise.all(found.map((state) => adoptTask(host, state)));
    },
    pullImage: async (image, hasCommand) => catalog.requireImage(image, hasCommand),
  };
}

/** A machine on which nobody can become another user runs tasks as hatoba, unless the setting asks for more. */
async function findTaskUser(setting: string | undefined, logger: Logger) {
  const taskUser = defaultTaskUser(setting);
  try {
    return { taskUser, searchPath: await taskSearchPath(taskUser) };
  } catch (error) {
    if (setting !== undefined) throw error;
    logger.warn({ err: error }, 'tasks run as root: this machine does not let programs become the user nobody');
    return { taskUser: undefined, searchPath: await taskSearchPath(undefined) };
  }
}

/** Removes what hatobas left behind that are gone for good: killed, and with no task alive, or with their data directory deleted. */
async function removeDeadInstances(clock: Clock, logger: Logger): Promise<void> {
  for (const { instanceHash, dataDirectory } of await findDeadInstances()) {
    try {
      await removeInstanceNetwork(instanceHash);
      await removeCgroupsOf(instanceHash, clock);
      logger.info({ dataDirectory }, 'removed what a hatoba that is gone had left');
    } catch (error) {
      logger.warn({ err: error, dataDirectory }, 'what a hatoba that is gone had left cannot be removed');
    }
  }
}

function newRecord(task: TaskSpec, place: TaskPlace): TaskRecord {
  const metadataIds = task.containers.map(({ name }) => [name, `${newHexId()}-${randomInt(1e9, 4e9)}`] as const);
  const hostname =
    place.mode === 'namespace'
      ? `ip-${place.address.replaceAll('.', '-')}.${task.identity.region}.compute.internal`
      : machineName();
  return {
    version: 1,
    task,
    place,
    scratchDirectory: path.join(tmpdir(), `hatoba-${task.taskId.slice(0, 8)}-${newHexId(8)}`),
    credentialsId: newUuid(),
    metadataIds: Object.fromEntries(metadataIds),
    hostname,
    containers: {},
  };
}

/** Files that the task's containers see as their own /etc/resolv.conf and /etc/hosts. */
async function writeNames(directory: string, { place, hostname }: TaskRecord): Promise<void> {
  await writeFile(path.join(directory, 'resolv.conf'), `nameserver ${DNS_ADDRESS}\noptions timeout:2 attempts:3\n`, {
    mode: 0o644,
  });
  const hosts = `127.0.0.1 localhost\n::1 localhost ip6-localhost\n${place.address} ${hostname}\n`;
  await writeFile(path.join(directory, 'hosts'), hosts, { mode: 0o644 });
}

/** Nobody could adopt it or stop it any more, and another task takes its place: what runs of it must not go on unseen. */
async function endUnreadable({ instanceHash, records, logger }: ProcessHost, taskId: string): Promise<void> {
  logger.warn({ taskId }, 'the record of a task cannot be read: what is left of the task is ended');
  const marked = findByEnvironment((entry) => entry.startsWith(`${MARK}=${instanceHash}/${taskId}/`));
  for (const { pid } of marked) sendSignal(pid, 'SIGKILL');
  await records.remove(taskId);
}

/** A wrapper that was started just before we were killed: the marked process whose parent is not marked. */
function findWrapper(mark: string): ProcessIdentity | undefined {
  const marked = findByEnvironment((entry) => entry === `${MARK}=${mark}`);
  const pids = new Set(marked.map((one) => one.pid));
  const first = marked.find((one) => !pids.has(one.parentPid));
  return first && identify(first.pid);
}

function startedTask(place: TaskPlace): StartedTask {
  return {
    address: place.address,
    portOf: (containerName, containerPort) => place.hostPorts[`${containerName}:${containerPort}`] ?? containerPort,
  };
}
