import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StartError } from './start-error.ts';

interface LockFile {
  pid: number;
  /** Field 22 of /proc/PID/stat on Linux: a reused pid is not mistaken for the owner. */
  startTime: string;
}

export interface InstanceLock {
  /** Written for the command line: ports, account, region. */
  describe(facts: object): void;
  release(): void;
}

/** Access keys and what tokens are signed with, telemetry, tables: a task that runs as another user must not read them. */
const privateParts = ['state', 'telemetry', 'tables'];

/** One hatoba per data directory. Throws StartError when another one lives there or the directory cannot be written. */
export function lockDataDirectory(directory: string): InstanceLock {
  const lockPath = join(directory, 'hatoba.lock');
  const instancePath = join(directory, 'instance.json');
  const own: LockFile = { pid: process.pid, startTime: startTimeOf(process.pid) };
  try {
    mkdirSync(directory, { recursive: true, mode: 0o755 });
    takeLock(lockPath, own, directory);
    for (const part of privateParts) keepPrivate(join(directory, part));
  } catch (error) {
    if (error instanceof StartError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    const what = code === 'EROFS' || code === 'EACCES' ? 'is not writable' : `cannot be used (${message})`;
    throw new StartError(`data directory ${directory} ${what}; choose another one with --data-dir`);
  }
  return {
    describe: (facts) => writeFileSync(instancePath, `${JSON.stringify({ pid: own.pid, ...facts }, null, 2)}\n`),
    release() {
      rmSync(instancePath, { force: true });
      rmSync(lockPath, { force: true });
    },
  };
}

function keepPrivate(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    chmodSync(directory, 0o700);
  } catch {
    // Somebody else's, or no directory: whoever opens it says what is wrong with it.
  }
}

function takeLock(path: string, own: LockFile, directory: string): void {
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      writeFileSync(path, JSON.stringify(own), { flag: 'wx' });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const owner = readLock(path);
    if (owner && isAlive(owner)) {
      throw new StartError(
        `data directory ${directory} is in use by another hatoba (process ${owner.pid}); stop it, or choose another one with --data-dir`,
      );
    }
    rmSync(path, { force: true });
  }
  throw new StartError(`data directory ${directory} is being taken by another hatoba at this moment`);
}

function readLock(path: string): LockFile | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as LockFile;
  } catch {
    return undefined;
  }
}

function isAlive(owner: LockFile): boolean {
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return startTimeOf(owner.pid) === owner.startTime;
}

/** Empty where the system does not tell. */
function startTimeOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
