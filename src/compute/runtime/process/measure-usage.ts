import { readFileSync } from 'node:fs';
import type { ContainerUsage } from '../runtime.ts';
import { findInitPid, measuredProcesses } from './kill-container.ts';
import type { ProcessInfo } from './process-table.ts';
import { isNamespaced, type ProcessHost, runningContainers, type TaskState } from './task-state.ts';

interface Counters {
  readonly cpuNanoseconds: number;
  readonly readBytes: number;
  readonly writeBytes: number;
}

/** Counters of one container: what its living processes show, and what ended ones had shown last. */
interface Ledger {
  readonly living: Map<string, Counters>;
  ended: Counters;
}

const NOTHING: Counters = { cpuNanoseconds: 0, readBytes: 0, writeBytes: 0 };

/** Measures tasks; keeps, per container, what processes that have ended since had used, so that counters only grow. */
export function createUsageMeter(host: ProcessHost): {
  measure(state: TaskState): ContainerUsage[];
  forget(taskId: string): void;
} {
  const ledgers = new Map<string, Ledger>();
  return {
    measure(state) {
      const { taskId } = state.record.task;
      const network = readNetwork(host, state);
      return runningContainers(state).map((containerName, index) => {
        const tree = measuredProcesses(state.record.containers[containerName]!.process!, isNamespaced(host));
        const key = `${taskId}/${containerName}`;
        const ledger = ledgers.get(key) ?? { living: new Map(), ended: NOTHING };
        ledgers.set(key, ledger);
        const counted = countUp(ledger, tree);
        const exact = host.cgroups?.usage(taskId, containerName);
        return {
          containerName,
          cpuNanoseconds: exact?.cpuNanoseconds ?? counted.cpuNanoseconds,
          memoryBytes: exact?.memoryBytes ?? tree.reduce((sum, one) => sum + one.memoryBytes, 0),
          readBytes: counted.readBytes,
          writeBytes: counted.writeBytes,
          ...(index === 0 && network ? network : {}),
        };
      });
    },
    forget(taskId) {
      for (const key of ledgers.keys()) if (key.startsWith(`${taskId}/`)) ledgers.delete(key);
    },
  };
}

function countUp(ledger: Ledger, tree: readonly ProcessInfo[]): Counters {
  const seen = new Map<string, Counters>();
  for (const info of tree)
    seen.set(`${info.pid}/${info.startTime}`, { cpuNanoseconds: info.cpuNanoseconds, ...readIo(info.pid) });
  for (const [key, last] of ledger.living) if (!seen.has(key)) ledger.ended = add(ledger.ended, last);
  ledger.living.clear();
  for (const [key, counters] of seen) ledger.living.set(key, counters);
  return [...seen.values()].reduce(add, ledger.ended);
}

const add = (a: Counters, b: Counters): Counters => ({
  cpuNanoseconds: a.cpuNanoseconds + b.cpuNanoseconds,
  readBytes: a.readBytes + b.readBytes,
  writeBytes: a.writeBytes + b.writeBytes,
});

/** What went to and came from disks; nothing where the system does not say. */
function readIo(pid: number): { readBytes: number; writeBytes: number } {
  try {
    const text = readFileSync(`/proc/${pid}/io`, 'utf8');
    const field = (name: string) => Number(new RegExp(`^${name}: (\\d+)`, 'm').exec(text)?.[1] ?? 0);
    return { readBytes: field('read_bytes'), writeBytes: field('write_bytes') };
  } catch {
    return { readBytes: 0, writeBytes: 0 };
  }
}

/** Counters of the task's own interface, read through one of its processes. */
function readNetwork(host: ProcessHost, state: TaskState) {
  if (state.record.place.mode !== 'namespace' || !isNamespaced(host)) return undefined;
  const first = runningContainers(state)[0];
  const pid = first && findInitPid(state.record.containers[first]!.process!);
  if (!pid) return undefined;
  try {
    return parseInterface(readFileSync(`/proc/${pid}/net/dev`, 'utf8'), 'eth0');
  } catch {
    return undefined;
  }
}

/** One interface of /proc/net/dev. */
export function parseInterface(text: string, name: string) {
  const line = text.split('\n').find((one) => one.trim().startsWith(`${name}:`));
  const fields = line?.split(':')[1]?.trim().split(/\s+/).map(Number);
  if (!fields) return undefined;
  return { networkReceiveBytes: fields[0] ?? 0, networkTransmitBytes: fields[8] ?? 0 };
}
