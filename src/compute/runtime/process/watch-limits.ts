import { existsSync, statSync } from 'node:fs';
import { copyFile, truncate } from 'node:fs/promises';
import { killContainer, measuredProcesses } from './kill-container.ts';
import {
  containerSpecOf,
  isNamespaced,
  markOf,
  type ProcessHost,
  runningContainers,
  type TaskState,
  updateContainer,
} from './task-state.ts';

/** An output file that grows past this is moved to `<file>.1`, so a chatty program cannot fill the disk. */
export const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;
const INTERVAL_MS = 1000;
/** Output of a task that is gone stays as long as ECS shows a stopped task: for a reader that is late. */
const OUTPUT_KEPT_MS = 3_600_000;
const BYTES_PER_MIB = 1024 * 1024;

/** What no kernel does for us: memory limits where there are no control groups, and bounded output files. Ends with the signal. */
export async function watchLimits(
  host: ProcessHost,
  tasks: ReadonlyMap<string, TaskState>,
  signal: AbortSignal,
): Promise<void> {
  for (let round = 0; !signal.aborted; round += 1) {
    if (round % 60 === 0) await removeOldOutput(host);
    await host.clock.sleep(INTERVAL_MS, signal).catch(() => undefined);
    for (const state of tasks.values()) {
      try {
        if (!host.cgroups) await enforceMemory(host, state);
        await boundOutput(host, state);
      } catch (error) {
        host.logger.warn({ err: error, taskId: state.record.task.taskId }, 'limits of a task not watched');
      }
    }
  }
}

async function removeOldOutput(host: ProcessHost): Promise<void> {
  const before = new Date(host.clock.now().getTime() - OUTPUT_KEPT_MS);
  await host.records
    .removeOldOutput(before)
    .catch((error) => host.logger.warn({ err: error }, 'old output not removed'));
}

async function enforceMemory(host: ProcessHost, state: TaskState): Promise<void> {
  const { task } = state.record;
  const limited = task.memoryMib !== undefined || task.containers.some((one) => one.memoryLimitMib !== undefined);
  if (!limited) return;
  const used = runningContainers(state).map((containerName) => {
    const tree = measuredProcesses(state.record.containers[containerName]!.process!, isNamespaced(host));
    return { containerName, memoryMib: tree.reduce((sum, one) => sum + one.memoryBytes, 0) / BYTES_PER_MIB };
  });
  const overLimit = used.filter(({ containerName, memoryMib }) => {
    return memoryMib > (containerSpecOf(state, containerName).memoryLimitMib ?? Number.POSITIVE_INFINITY);
  });
  const total = used.reduce((sum, one) => sum + one.memoryMib, 0);
  const largest = used.toSorted((a, b) => b.memoryMib - a.memoryMib)[0];
  if (overLimit.length === 0 && largest && total > (task.memoryMib ?? Number.POSITIVE_INFINITY))
    overLimit.push(largest);
  for (const { containerName } of overLimit) await killForMemory(host, state, containerName);
}

async function killForMemory(host: ProcessHost, state: TaskState, containerName: string): Promise<void> {
  const wrapper = state.record.containers[containerName]!.process!;
  await updateContainer(host, state, containerName, { wasKilledForMemory: true });
  await killContainer(wrapper, markOf(host, state.record.task.taskId, containerName), isNamespaced(host), host.clock);
}

async function boundOutput(host: ProcessHost, state: TaskState): Promise<void> {
  for (const containerName of runningContainers(state)) {
    await boundFile(host.records.outputPath(state.record.task.taskId, containerName), OUTPUT_BYTES_MAX);
  }
}

/**
 * Copy, then truncate: the program keeps its open file and, because it appends, goes on at the start of it.
 * Lines written between copy and truncation are lost. A reader whose offset is past the end finds the rest in `<file>.1`.
 */
export async function boundFile(file: string, bytesMax: number): Promise<void> {
  if (!existsSync(file) || statSync(file).size <= bytesMax) return;
  await copyFile(file, `${file}.1`);
  await truncate(file, 0);
}
