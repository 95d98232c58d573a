import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { systemClock } from '../../src/platform/clock.ts';

/** What the figures were taken on. */
export function describeMachine(): string {
  const model = cpus()[0]?.model ?? 'unknown processor';
  const date = systemClock.now().toISOString().slice(0, 16).replace('T', ' ');
  return `${availableParallelism()} cores (${model}), Node ${process.version}, ${date} UTC, load average ${loadavg()[0]!.toFixed(1)}`;
}

/** Processor time of a process so far, user and system, all its threads. */
export function cpuMs(processId: number): number {
  const fields = afterName(readFileSync(`/proc/${processId}/stat`, 'utf8'));
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** Memory of a process with shared pages divided among those that share them. */
export function pssBytes(processId: number): number {
  const rollup = readFileSync(`/proc/${processId}/smaps_rollup`, 'utf8');
  return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0) * 1024;
}

/** Every process below the given one, with its command line. */
export function descendants(processId: number): { processId: number; command: string }[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      parents.set(Number(name), Number(afterName(readFileSync(`/proc/${name}/stat`, 'utf8'))[1]));
    } catch {
      // It has ended meanwhile.
    }
  }
  const isBelow = (candidate: number): boolean => {
    const parent = parents.get(candidate);
    return parent !== undefined && (parent === processId || isBelow(parent));
  };
  return [...parents.keys()].filter(isBelow).map((id) => ({ processId: id, command: commandOf(id) }));
}

/** The process that owns the embedded engine. */
export function engineOf(processId: number): number {
  const engine = descendants(processId).find(({ command }) => /embedded\/child\.[jt]s/.test(command));
  if (!engine) throw new Error('the telemetry engine is not running');
  return engine.processId;
}

function commandOf(processId: number): string {
  try {
    return readFileSync(`/proc/${processId}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

/** Fields of a stat line from the state on: the name before them may hold anything. */
const afterName = (stat: string): string[] => stat.slice(stat.lastIndexOf(') ') + 2).split(' ');
