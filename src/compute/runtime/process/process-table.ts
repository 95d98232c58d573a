import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** One process of this machine. */
export interface ProcessInfo {
  readonly pid: number;
  readonly parentPid: number;
  readonly sessionId: number;
  /** With the pid, names a process for as long as the machine runs. */
  readonly startTime: string;
  readonly isZombie: boolean;
  readonly cpuNanoseconds: number;
  readonly memoryBytes: number;
}

/** Enough to know a process again after our own restart. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTime: string;
  readonly bootId: string;
}

const hasProc = process.platform === 'linux';
// Linux shows times to programs in hundredths of a second on every architecture.
const NANOSECONDS_PER_TICK = 1e7;

const readOnce = <T>(read: () => T): (() => T) => {
  let value: { of: T } | undefined;
  return () => {
    value ??= { of: read() };
    return value.of;
  };
};
const pageSizeBytes = readOnce(() => Number(execFileSync('getconf', ['PAGESIZE'], { encoding: 'utf8' })) || 4096);
const bootId = readOnce(() =>
  hasProc
    ? readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    : execFileSync('sysctl', ['-n', 'kern.boottime'], { encoding: 'utf8' }).trim(),
);

/** Undefined when there is no such process. A zombie still counts as one. */
export function readProcess(pid: number): ProcessInfo | undefined {
  if (!hasProc) return listByPs(['-p', String(pid)])[0];
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'), pageSizeBytes());
  } catch {
    return undefined;
  }
}

export function listProcesses(): ProcessInfo[] {
  if (!hasProc) return listByPs(['-ax']);
  const processes: ProcessInfo[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const info = readProcess(Number(name));
    if (info) processes.push(info);
  }
  return processes;
}

/** One line of /proc/PID/stat. The second field may hold spaces and brackets. */
export function parseStat(text: string, pageSize: number): ProcessInfo {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (index: number) => Number(fields[index - 3]);
  return {
    pid: Number.parseInt(text, 10),
    parentPid: field(4),
    sessionId: field(6),
    startTime: fields[22 - 3] ?? '',
    isZombie: fields[0] === 'Z' || fields[0] === 'X',
    // Own time and that of children that were waited for.
    cpuNanoseconds: (field(14) + field(15) + field(16) + field(17)) * NANOSECONDS_PER_TICK,
    memoryBytes: field(24) * pageSize,
  };
}

/** The process and all its descendants, and whoever belongs to a session that one of them leads. */
export function treeOf(rootPid: number, processes: readonly ProcessInfo[]): ProcessInfo[] {
  const members = new Set([rootPid]);
  for (let grew = true; grew; ) {
    grew = false;
    for (const { pid, parentPid, sessionId } of processes) {
      if (members.has(pid) || !(members.has(parentPid) || members.has(sessionId))) continue;
      members.add(pid);
      grew = true;
    }
  }
  return processes.filter((info) => members.has(info.pid));
}

/** Living children. Reads only what belongs to the process, where the system offers that. */
export function childrenOf(parentPid: number): ProcessInfo[] {
  const pids = readChildPids(parentPid);
  const children = pids
    ? pids.flatMap((pid) => readProcess(pid) ?? [])
    : listProcesses().filter((info) => info.parentPid === parentPid);
  return children.filter((info) => !info.isZombie);
}

/** The process and its descendants, without a look at the rest of the machine: a task costs the same however many there are. */
export function descendantsOf(rootPid: number): ProcessInfo[] {
  const root = readProcess(rootPid);
  if (!root) return [];
  if (!readChildPids(rootPid)) return treeOf(rootPid, listProcesses());
  const found = [root];
  // The list grows while it is walked.
  for (const info of found) found.push(...childrenOf(info.pid));
  return found;
}

function readChildPids(pid: number): number[] | undefined {
  if (!hasProc) return undefined;
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return text === '' ? [] : text.split(' ').map(Number);
  } catch {
    return undefined;
  }
}

export function identify(pid: number): ProcessIdentity | undefined {
  const info = readProcess(pid);
  return info && { pid, startTime: info.startTime, bootId: bootId() };
}

export function isAlive(identity: ProcessIdentity): boolean {
  if (identity.bootId !== bootId()) return false;
  const info = readProcess(identity.pid);
  return info !== undefined && !info.isZombie && info.startTime === identity.startTime;
}

/** Processes whose environment, as they were started with it, has exactly this `NAME=value`. Linux only. */
export function findByEnvironment(matches: (entry: string) => boolean): ProcessInfo[] {
  if (!hasProc) return [];
  return listProcesses().filter((info) => {
    if (info.isZombie) return false;
    try {
      return readFileSync(`/proc/${info.pid}/environ`, 'utf8').split('\0').some(matches);
    } catch {
      return false;
    }
  });
}

/** True when the signal was sent; false when the process is gone. */
export function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}

function listByPs(selection: readonly string[]): ProcessInfo[] {
  const columns = 'pid=,ppid=,pgid=,state=,rss=,time=,lstart=';
  let text = '';
  try {
    text = execFileSync('ps', [...selection, '-o', columns], { encoding: 'utf8' });
  } catch {
    return [];
  }
  return text.split('\n').flatMap((line) => {
    const [pid, parentPid, groupId, state = '', rss, time = '', ...started] = line.trim().split(/\s+/);
    if (!pid) return [];
    const seconds = time.split(/[:-]/).reduce((total, part) => total * 60 + Number(part), 0);
    return {
      pid: Number(pid),
      parentPid: Number(parentPid),
      sessionId: Number(groupId),
      startTime: started.join(' '),
      isZombie: state.startsWith('Z'),
      cpuNanoseconds: seconds * 1e9,
      memoryBytes: Number(rss) * 1024,
    };
  });
}
