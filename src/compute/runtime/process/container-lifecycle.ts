import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { chown, mkdir, rm, writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import path from 'node:path';
import { ContainerStartError } from '../runtime.ts';
import { buildEnvironment } from './environment.ts';
import { findProgram } from './find-program.ts';
import { findProgramPid, killContainer } from './kill-container.ts';
import { type ContainerFiles, launchContainer, programText } from './launch.ts';
import { identify, isAlive, type ProcessIdentity, sendSignal } from './process-table.ts';
import type { ContainerRecord } from './task-record.ts';
import {
  containerSpecOf,
  isNamespaced,
  markOf,
  type ProcessHost,
  type TaskState,
  updateContainer,
} from './task-state.ts';
import { chooseTaskUser } from './task-user.ts';

const UNKNOWN_EXIT_CODE = 137;
const ADOPTED_POLL_MS = 250;

/** Starts a container's program. What is needed to find it again is durable before and after. */
export async function startContainer(host: ProcessHost, state: TaskState, containerName: string): Promise<void> {
  const { taskId } = state.record.task;
  const planned = await planContainer(host, state, containerName);
  const files = containerFiles(host, taskId, containerName);
  await updateContainer(host, state, containerName, { ...planned, process: undefined, exit: undefined });
  await rm(files.exitFile, { force: true });
  await writeFile(files.commandFile, programText(planned.program), { mode: 0o600 });
  const { user } = planned.program;
  await writeFile(files.outputFile, '', { flag: 'a', mode: 0o600 });
  // A program that opens /dev/stdout by name needs to own what is behind it.
  if (user) await chown(files.outputFile, user.uid, user.gid);
  const child = await launchContainer({
    files,
    mark: markOf(host, taskId, containerName),
    isolation: host.isolation,
    cgroupFiles: joinCgroup(host, state, containerName),
    namespacePath: state.record.place.namespacePath,
    namesDirectory: state.record.place.namespacePath ? host.records.directoryOf(taskId) : undefined,
    hostname: state.record.hostname,
  });
  const wrapper = identify(child.pid!);
  if (!wrapper) throw new ContainerStartError('CannotStartContainerError', 'its process was gone at once');
  state.ended.set(
    containerName,
    untilExit(child).then(() => recordExit(host, state, containerName)),
  );
  await updateContainer(host, state, containerName, { process: wrapper });
}

/** Looks after a container that was started before our own restart. */
export function watchAdopted(
  host: ProcessHost,
  state: TaskState,
  containerName: string,
  wrapper: ProcessIdentity,
): void {
  const poll = async () => {
    while (isAlive(wrapper)) await host.clock.sleep(ADOPTED_POLL_MS, state.watching.signal);
    await recordExit(host, state, containerName);
  };
  state.ended.set(
    containerName,
    poll().catch((error) => {
      if (!state.watching.signal.aborted) throw error;
    }),
  );
}

/** The stop signal for the program, SIGKILL for the whole tree when its time is up. Resolves when the end is recorded. */
export async function stopContainer(
  host: ProcessHost,
  state: TaskState,
  containerName: string,
  timeoutSeconds: number,
): Promise<void> {
  const container = state.record.containers[containerName];
  const ended = state.ended.get(containerName);
  if (!container?.process || container.exit || !ended) return;
  const timeout = new AbortController();
  const timedOut = host.clock.sleep(timeoutSeconds * 1000, timeout.signal).then(
    () => true,
    () => false,
  );
  await signalProgram(host, container.process, container.stopSignal);
  const mustKill = await Promise.race([ended.then(() => false), timedOut]);
  timeout.abort();
  if (mustKill)
    await killContainer(
      container.process,
      markOf(host, state.record.task.taskId, containerName),
      isNamespaced(host),
      host.clock,
    );
  await ended;
}

/** Kills whatever a container has left running, recorded or not. */
export async function killLeftovers(host: ProcessHost, state: TaskState, containerName: string): Promise<void> {
  const container = state.record.containers[containerName];
  const mark = markOf(host, state.record.task.taskId, containerName);
  if (container?.process && !container.exit) {
    await killContainer(container.process, mark, isNamespaced(host), host.clock);
    await state.ended.get(containerName);
  }
}

/**
 * Reads how a container ended, ends what it left behind, makes it durable, and tells the agent. Never rejects: what
 * cannot be written (the disk may be full) is found again by a restart, in the file that the wrapper has left.
 */
export async function recordExit(host: ProcessHost, state: TaskState, containerName: string): Promise<void> {
  // After `stop` the container is the next runtime's to watch, and the record the next runtime's to write.
  if (state.watching.signal.aborted) return;
  const { taskId } = state.record.task;
  const container = state.record.containers[containerName]!;
  const goOn = (what: string) => (error: unknown) => host.logger.error({ err: error, taskId, containerName }, what);
  if (!isNamespaced(host) && container.process) {
    await killContainer(container.process, markOf(host, taskId, containerName), false, host.clock).catch(
      goOn('what a container left running could not be ended'),
    );
  }
  const exitCode = readExitCode(containerFiles(host, taskId, containerName).exitFile);
  const ranOut = container.wasKilledForMemory === true || host.cgroups?.wasOutOfMemory(taskId, containerName) === true;
  const exit = { exitCode, outOfMemory: ranOut && exitCode !== 0, finishedAt: host.clock.now().toISOString() };
  await updateContainer(host, state, containerName, { exit }).catch(
    goOn('the end of a container could not be written'),
  );
  host.notifyExit(taskId, { ...exit, containerName, finishedAt: new Date(exit.finishedAt) });
}

export function containerFiles(host: ProcessHost, taskId: string, containerName: string): ContainerFiles {
  const directory = host.records.directoryOf(taskId);
  return {
    commandFile: path.join(directory, `${containerName}.command`),
    exitFile: path.join(directory, `${containerName}.exit`),
    outputFile: host.records.outputPath(taskId, containerName),
  };
}

async function planContainer(
  host: ProcessHost,
  state: TaskState,
  containerName: string,
): Promise<Omit<ContainerRecord, 'process' | 'exit'>> {
  const { task, place, hostname, scratchDirectory, credentialsId, metadataIds } = state.record;
  const container = containerSpecOf(state, containerName);
  const image = host.catalog.resolve(container);
  const home = path.join(scratchDirectory, containerName);
  await mkdir(home, { recursive: true, mode: 0o700 });
  const workingDirectory = image.workingDirectory ?? home;
  if (!existsSync(workingDirectory)) {
    throw new ContainerStartError(
      'CannotStartContainerError',
      `working directory ${workingDirectory} does not exist on this machine`,
    );
  }
  const environment = buildEnvironment({
    task,
    container,
    imageEnvironment: image.environment,
    place,
    hostPath: host.searchPath,
    home,
    hostname,
    metadataId: metadataIds[containerName]!,
    credentialsId,
    discoveryUrls: place.mode === 'loopback' ? await host.endpoints.discoveryUrls(task.identity) : {},
    mark: markOf(host, task.taskId, containerName),
  });
  const programPath = findProgram(image.command[0]!, environment.PATH ?? '', workingDirectory);
  const { user, remark } = await chooseTaskUser({
    taskUser: host.taskUser,
    isSetting: host.isTaskUserSetting,
    asked: container.user ?? image.user,
    directory: image.directory,
    program: programPath,
  });
  if (user) await chown(home, user.uid, user.gid);
  if (remark) host.logger.warn({ image: container.image }, remark);
  return {
    program: {
      command: [programPath, ...image.command.slice(1)],
      environment,
      workingDirectory,
      ...(user ? { user } : {}),
    },
    isStandIn: image.kind === 'stand-in',
    stopSignal: toSignal(container.stopSignal ?? image.stopSignal),
  };
}

function joinCgroup(host: ProcessHost, state: TaskState, containerName: string): string[] {
  const { memoryLimitMib, cpuUnits } = containerSpecOf(state, containerName);
  return (
    host.cgroups?.createContainer(state.record.task.taskId, containerName, { memoryMib: memoryLimitMib, cpuUnits }) ??
    []
  );
}

/** The wrapper may not have started the program yet: look for it for a moment. */
async function signalProgram(host: ProcessHost, wrapper: ProcessIdentity, signal: NodeJS.Signals): Promise<void> {
  for (let attempt = 0; attempt < 50 && isAlive(wrapper); attempt += 1) {
    const pid = findProgramPid(wrapper, isNamespaced(host));
    if (pid !== undefined && sendSignal(pid, signal)) return;
    await host.clock.sleep(20);
  }
}

function untilExit(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once('exit', () => resolve()));
}

function readExitCode(file: string): number {
  try {
    const code = Number.parseInt(readFileSync(file, 'utf8'), 10);
    return Number.isInteger(code) ? code : UNKNOWN_EXIT_CODE;
  } catch {
    return UNKNOWN_EXIT_CODE;
  }
}

/** `SIGTERM`, `TERM` or `15`. */
export function toSignal(text: string): NodeJS.Signals {
  const signals = constants.signals as Readonly<Record<string, number>>;
  const upper = text.toUpperCase();
  const name = upper.startsWith('SIG') ? upper : `SIG${upper}`;
  if (Object.hasOwn(signals, name)) return name as NodeJS.Signals;
  const byNumber = Object.keys(signals).find((one) => signals[one] === Number(text));
  return (byNumber ?? 'SIGTERM') as NodeJS.Signals;
}
