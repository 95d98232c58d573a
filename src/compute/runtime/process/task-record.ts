import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { TaskPlace } from '../../network/task-network.ts';
import type { TaskSpec } from '../runtime.ts';
import type { Program } from './launch.ts';
import type { ProcessIdentity } from './process-table.ts';

/** What must be known of a task after our own restart. Kept in the data directory, readable by us alone. */
export interface TaskRecord {
  readonly version: 1;
  readonly task: TaskSpec;
  readonly place: TaskPlace;
  /** Holds the HOME of each container. */
  readonly scratchDirectory: string;
  readonly credentialsId: string;
  readonly metadataIds: Readonly<Record<string, string>>;
  readonly hostname: string;
  readonly containers: Readonly<Record<string, ContainerRecord>>;
}

export interface ContainerRecord {
  readonly program: Program;
  readonly isStandIn: boolean;
  readonly stopSignal: NodeJS.Signals;
  /** Absent between the decision to start and the start. */
  readonly process?: ProcessIdentity;
  readonly wasKilledForMemory?: boolean;
  readonly exit?: { readonly exitCode: number; readonly outOfMemory: boolean; readonly finishedAt: string };
}

/** Files of this instance's tasks, below the data directory. */
export interface TaskRecords {
  directoryOf(taskId: string): string;
  outputPath(taskId: string, containerName: string): string;
  /** Durable when it resolves. Saves of one task must not overlap. */
  save(record: TaskRecord): Promise<void>;
  load(): { records: TaskRecord[]; unreadable: string[] };
  remove(taskId: string): Promise<void>;
  /** Removes output of tasks that are gone and that nothing was written to since `before`. */
  removeOldOutput(before: Date): Promise<void>;
}

const RECORD = 'task.json';

export function openTaskRecords(directory: string): TaskRecords {
  const tasks = path.join(directory, 'tasks');
  const output = path.join(directory, 'output');
  const directoryOf = (taskId: string) => path.join(tasks, plainName(taskId));
  return {
    directoryOf,
    outputPath: (taskId, containerName) => path.join(output, plainName(taskId), `${plainName(containerName)}.log`),

    async save(record) {
      const taskDirectory = directoryOf(record.task.taskId);
      await mkdir(taskDirectory, { recursive: true, mode: 0o700 });
      await mkdir(path.join(output, record.task.taskId), { recursive: true, mode: 0o700 });
      await writeDurably(path.join(taskDirectory, RECORD), JSON.stringify(record));
    },

    load() {
      const records: TaskRecord[] = [];
      const unreadable: string[] = [];
      for (const taskId of existsSync(tasks) ? readdirSync(tasks) : []) {
        const isBegun = existsSync(path.join(tasks, taskId, RECORD));
        if (!isBegun) {
          // Killed before the first save: nothing of the task was started.
          rmSync(path.join(tasks, taskId), { recursive: true, force: true });
          continue;
        }
        try {
          records.push(parseRecord(readFileSync(path.join(tasks, taskId, RECORD), 'utf8')));
        } catch {
          unreadable.push(taskId);
        }
      }
      return { records, unreadable };
    },

    remove: (taskId) => rm(directoryOf(taskId), { recursive: true, force: true }),

    async removeOldOutput(before) {
      for (const taskId of existsSync(output) ? readdirSync(output) : []) {
        const directory = path.join(output, taskId);
        const isGone = !existsSync(path.join(tasks, taskId));
        if (isGone && lastWriteMs(directory) < before.getTime()) await rm(directory, { recursive: true, force: true });
      }
    },
  };
}

function parseRecord(text: string): TaskRecord {
  const record = JSON.parse(text) as TaskRecord;
  if (record.version !== 1) throw new Error(`unknown version ${record.version}`);
  return { ...record, task: { ...record.task, createdAt: new Date(record.task.createdAt) } };
}

function lastWriteMs(directory: string): number {
  const files = [directory, ...readdirSync(directory).map((name) => path.join(directory, name))];
  return Math.max(...files.map((file) => statSync(file).mtimeMs));
}

async function writeDurably(file: string, text: string): Promise<void> {
  const handle = await open(`${file}.new`, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${file}.new`, file);
}

/** Names come from the API; none may lead out of the directory. */
function plainName(name: string): string {
  if (!/^[\w-][\w.-]{0,254}$/.test(name)) throw new Error(`not a plain name: ${JSON.stringify(name)}`);
  return name;
}
