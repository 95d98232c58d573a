import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Clock } from '../../../platform/clock.ts';

export interface CgroupLimits {
  readonly memoryMib?: number;
  /** 1024 are one CPU. For a container a share, for a task a limit. */
  readonly cpuUnits?: number;
}

export interface CgroupUsage {
  readonly cpuNanoseconds: number;
  /** Without file cache that can be dropped, as Docker shows it. */
  readonly memoryBytes: number;
}

/** Control groups of one hatoba: one per task, in it one per container. */
export interface Cgroups {
  createTask(taskId: string, limits: CgroupLimits): void;
  /** The files that a process writes itself into to join. */
  createContainer(taskId: string, containerName: string, limits: CgroupLimits): string[];
  joinFiles(taskId: string, containerName: string): string[];
  usage(taskId: string, containerName: string): CgroupUsage | undefined;
  /** True when the kernel killed one of the container's processes for want of memory. */
  wasOutOfMemory(taskId: string, containerName: string): boolean;
  /** Removes the task's groups; waits a moment for the last process to leave. */
  removeTask(taskId: string): Promise<void>;
  /** Removes the instance's group if no task is left. */
  removeInstance(): void;
}

/** How one version of the kernel's interface is laid out. */
interface Layout {
  /** Directories that stand for `parts`; the first one carries the memory controller. */
  directories(...parts: string[]): string[];
  prepare(directory: string): void;
  limitMemory(directory: string, bytes: number): void;
  setShare(directory: string, cpuUnits: number): void;
  setQuota(directory: string, cpuUnits: number): void;
  usage(...parts: string[]): CgroupUsage;
  oomKills(...parts: string[]): number;
}

const BYTES_PER_MIB = 1024 * 1024;
const PERIOD_MICROSECONDS = 100_000;

/** Removes the groups of a hatoba that is gone, whose processes have just been killed. */
export async function removeCgroupsOf(instanceHash: string, clock: Clock, root = '/sys/fs/cgroup'): Promise<void> {
  const layout = chooseLayout(instanceHash, root);
  for (let attempt = 0; attempt < 50 && !removeAll(layout.directories()); attempt += 1) await clock.sleep(20);
}

/** Undefined where this machine does not let us make control groups with a memory limit. */
export function openCgroups(instanceHash: string, clock: Clock, root = '/sys/fs/cgroup'): Cgroups | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return undefined;
  const layout = chooseLayout(instanceHash, root);
  try {
    makeAll(layout, layout.directories());
    makeAll(layout, layout.directories('probe'));
    layout.limitMemory(layout.directories('probe')[0]!, 64 * BYTES_PER_MIB);
    layout.usage('probe');
    removeAll(layout.directories('probe'));
  } catch {
    removeAll(layout.directories());
    return undefined;
  }
  return createCgroups(layout, clock);
}

function createCgroups(layout: Layout, clock: Clock): Cgroups {
  const make = (limits: CgroupLimits, setCpu: 'setShare' | 'setQuota', parts: string[]) => {
    const directories = layout.directories(...parts);
    makeAll(layout, directories);
    if (limits.memoryMib) layout.limitMemory(directories[0]!, limits.memoryMib * BYTES_PER_MIB);
    if (limits.cpuUnits) layout[setCpu](directories[1] ?? directories[0]!, limits.cpuUnits);
  };
  const joinFiles = (...parts: string[]) => layout.directories(...parts).map((one) => path.join(one, 'cgroup.procs'));
  return {
    createTask(taskId, limits) {
      makeAll(layout, layout.directories());
      make(limits, 'setQuota', [taskId]);
    },
    createContainer(taskId, containerName, limits) {
      make(limits, 'setShare', [taskId, containerName]);
      return joinFiles(taskId, containerName);
    },
    joinFiles,
    usage(taskId, containerName) {
      try {
        return layout.usage(taskId, containerName);
      } catch {
        return undefined;
      }
    },
    wasOutOfMemory(taskId, containerName) {
      try {
        return layout.oomKills(taskId, containerName) > 0;
      } catch {
        return false;
      }
    },
    async removeTask(taskId) {
      for (let attempt = 0; attempt < 50; attempt += 1) {
        if (removeAll(layout.directories(taskId))) return;
        await clock.sleep(20);
      }
    },
    removeInstance: () => void removeAll(layout.directories()),
  };
}

function chooseLayout(instanceHash: string, root: string): Layout {
  const top = `hatoba-${instanceHash}`;
  return existsSync(path.join(root, 'cgroup.controllers')) ? layoutV2(root, top) : layoutV1(root, top);
}

function layoutV1(root: string, top: string): Layout {
  const controllers = ['memory', 'cpu', 'cpuacct'];
  const directory = (controller: string, parts: string[]) => path.join(root, controller, top, ...parts);
  return {
    // Some systems mount cpu and cpuacct together, with links of both names: joining twice does no harm.
    directories: (...parts) => controllers.map((controller) => directory(controller, parts)),
    prepare: () => undefined,
    limitMemory(group, bytes) {
      writeFileSync(path.join(group, 'memory.limit_in_bytes'), String(bytes));
      tryWrite(path.join(group, 'memory.memsw.limit_in_bytes'), String(bytes));
    },
    setShare: (group, units) => writeFileSync(path.join(group, 'cpu.shares'), String(Math.max(2, units))),
    setQuota(group, units) {
      tryWrite(path.join(group, 'cpu.cfs_period_us'), String(PERIOD_MICROSECONDS));
      tryWrite(path.join(group, 'cpu.cfs_quota_us'), String(quotaMicroseconds(units)));
    },
    usage(...parts) {
      const memory = directory('memory', parts);
      const cached = fieldOf(readText(memory, 'memory.stat'), 'total_inactive_file');
      return {
        cpuNanoseconds: Number(readText(directory('cpuacct', parts), 'cpuacct.usage')),
        memoryBytes: Math.max(0, Number(readText(memory, 'memory.usage_in_bytes')) - cached),
      };
    },
    oomKills: (...parts) => fieldOf(readText(directory('memory', parts), 'memory.oom_control'), 'oom_kill'),
  };
}

function layoutV2(root: string, top: string): Layout {
  const directory = (parts: string[]) => path.join(root, top, ...parts);
  return {
    directories: (...parts) => [directory(parts)],
    prepare(group) {
      // Controllers are handed down by the parent, which may hold no process itself then.
      writeFileSync(path.join(path.dirname(group), 'cgroup.subtree_control'), '+memory +cpu');
    },
    limitMemory(group, bytes) {
      writeFileSync(path.join(group, 'memory.max'), String(bytes));
      tryWrite(path.join(group, 'memory.swap.max'), '0');
    },
    setShare: (group, units) => writeFileSync(path.join(group, 'cpu.weight'), String(weightOfShares(units))),
    setQuota: (group, units) =>
      tryWrite(path.join(group, 'cpu.max'), `${quotaMicroseconds(units)} ${PERIOD_MICROSECONDS}`),
    usage(...parts) {
      const group = directory(parts);
      const cached = fieldOf(readText(group, 'memory.stat'), 'inactive_file');
      return {
        cpuNanoseconds: fieldOf(readText(group, 'cpu.stat'), 'usage_usec') * 1000,
        memoryBytes: Math.max(0, Number(readText(group, 'memory.current')) - cached),
      };
    },
    oomKills: (...parts) => fieldOf(readText(directory(parts), 'memory.events'), 'oom_kill'),
  };
}

const quotaMicroseconds = (cpuUnits: number): number =>
  Math.max(1000, Math.round((cpuUnits / 1024) * PERIOD_MICROSECONDS));

/** The kernel's own conversion: shares 2..262144 to weights 1..10000. */
export const weightOfShares = (shares: number): number =>
  Math.min(10_000, 1 + Math.floor(((Math.max(2, shares) - 2) * 9999) / 262_142));

/** The number behind a key in `key value` lines; 0 where it is not there. */
export function fieldOf(text: string, key: string): number {
  for (const line of text.split('\n')) {
    const [name, value] = line.split(' ');
    if (name === key) return Number(value);
  }
  return 0;
}

const readText = (directory: string, file: string): string => readFileSync(path.join(directory, file), 'utf8').trim();

function tryWrite(file: string, value: string): void {
  try {
    writeFileSync(file, value);
  } catch {
    // Not every kernel has it (swap accounting), and a parent's limit may be lower already.
  }
}

function makeAll(layout: Layout, directories: readonly string[]): void {
  for (const directory of directories) {
    layout.prepare(directory);
    mkdirSync(directory, { recursive: true });
  }
}

/** True when nothing is left of them. Groups are removed leaf by leaf; their files go with them. */
function removeAll(directories: readonly string[]): boolean {
  let isGone = true;
  for (const directory of directories) {
    if (!existsSync(directory)) continue;
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      if (entry.isDirectory()) removeAll([path.join(directory, entry.name)]);
    }
    try {
      rmdirSync(directory);
    } catch {
      isGone = false;
    }
  }
  return isGone;
}
