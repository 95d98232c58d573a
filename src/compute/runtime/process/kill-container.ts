import type { Clock } from '../../../platform/clock.ts';
import { MARK } from './environment.ts';
import {
  childrenOf,
  descendantsOf,
  findByEnvironment,
  isAlive,
  listProcesses,
  type ProcessIdentity,
  type ProcessInfo,
  sendSignal,
  treeOf,
} from './process-table.ts';

/** The program itself: what the stop signal is for. Undefined when it has ended, or before the wrapper has started it. */
export function findProgramPid(wrapper: ProcessIdentity, isNamespaced: boolean): number | undefined {
  const shell = isNamespaced ? findInitPid(wrapper) : wrapper.pid;
  return shell === undefined ? undefined : childrenOf(shell)[0]?.pid;
}

/** First process of the container's namespaces, as this machine numbers it. */
export const findInitPid = (wrapper: ProcessIdentity): number | undefined => childrenOf(wrapper.pid)[0]?.pid;

/**
 * Kills the container's whole process tree. With a process namespace the kernel does it in one step; else descendants
 * and marked processes are killed until a look finds none, because a program may fork between look and kill.
 */
export async function killContainer(
  wrapper: ProcessIdentity,
  mark: string,
  isNamespaced: boolean,
  clock: Clock,
): Promise<void> {
  if (isNamespaced) {
    const init = isAlive(wrapper) ? findInitPid(wrapper) : undefined;
    if (init !== undefined) sendSignal(init, 'SIGKILL');
    else if (isAlive(wrapper)) sendSignal(wrapper.pid, 'SIGKILL');
    for (let attempt = 0; attempt < 250 && isAlive(wrapper); attempt += 1) await clock.sleep(20);
    return;
  }
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const left = findContainerProcesses(wrapper, mark);
    if (left.length === 0) return;
    for (const { pid } of left) sendSignal(pid, 'SIGKILL');
    await clock.sleep(10);
  }
}

/** All processes of a container. */
export function findContainerProcesses(wrapper: ProcessIdentity, mark: string): ProcessInfo[] {
  const tree = isAlive(wrapper) ? treeOf(wrapper.pid, listProcesses()) : [];
  const marked = findByEnvironment((entry) => entry === `${MARK}=${mark}`);
  const byPid = new Map([...tree, ...marked].map((info) => [info.pid, info]));
  return [...byPid.values()].filter((info) => !info.isZombie);
}

/** As `findContainerProcesses`, but cheap where a process namespace keeps orphans within the tree. */
export function measuredProcesses(wrapper: ProcessIdentity, isNamespaced: boolean): ProcessInfo[] {
  return isNamespaced ? descendantsOf(wrapper.pid) : treeOf(wrapper.pid, listProcesses());
}
