import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { MARK } from '../runtime/process/environment.ts';
import {
  findByEnvironment,
  identify,
  isAlive,
  type ProcessIdentity,
  sendSignal,
} from '../runtime/process/process-table.ts';

/** What hatobas that run as root have on this machine; gone after a reboot. */
export const NETWORK_ROOT = '/run/hatoba';

/** Who has something on this machine: written before anything else is made, removed after everything else. */
export interface InstanceOwner {
  readonly instanceHash: string;
  readonly dataDirectory: string;
  readonly process: ProcessIdentity;
}

const ownerFile = (instanceHash: string): string => path.join(NETWORK_ROOT, `${instanceHash}.json`);

export async function recordOwner(instanceHash: string, dataDirectory: string): Promise<void> {
  await mkdir(NETWORK_ROOT, { recursive: true });
  const owner: InstanceOwner = { instanceHash, dataDirectory, process: identify(process.pid)! };
  await writeFile(`${ownerFile(instanceHash)}.new`, JSON.stringify(owner), { mode: 0o600 });
  await rename(`${ownerFile(instanceHash)}.new`, ownerFile(instanceHash));
}

export const forgetOwner = (instanceHash: string): Promise<void> => rm(ownerFile(instanceHash), { force: true });

/**
 * Instances whose hatoba is gone and that nobody can come back to. Running tasks wait for their hatoba, unless its
 * data directory was deleted: then nothing can adopt them any more, and they are killed here.
 */
export async function findDeadInstances(): Promise<InstanceOwner[]> {
  const dead: InstanceOwner[] = [];
  for (const name of existsSync(NETWORK_ROOT) ? await readdir(NETWORK_ROOT) : []) {
    if (!name.endsWith('.json')) continue;
    const owner = await readOwner(path.join(NETWORK_ROOT, name));
    if (!owner || isAlive(owner.process)) continue;
    const tasks = findByEnvironment((entry) => entry.startsWith(`${MARK}=${owner.instanceHash}/`));
    if (tasks.length > 0 && existsSync(owner.dataDirectory)) continue;
    for (const { pid } of tasks) sendSignal(pid, 'SIGKILL');
    dead.push(owner);
  }
  return dead;
}

async function readOwner(file: string): Promise<InstanceOwner | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as InstanceOwner;
  } catch {
    return undefined;
  }
}
