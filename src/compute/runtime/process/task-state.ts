import type { Clock } from '../../../platform/clock.ts';
import type { Logger } from '../../../platform/logger.ts';
import type { ImageCatalog } from '../../images/image-catalog.ts';
import type { TaskEndpoints } from '../../network/task-endpoints.ts';
import type { TaskNetwork } from '../../network/task-network.ts';
import type { ContainerExit, ContainerSpec } from '../runtime.ts';
import { ContainerStartError } from '../runtime.ts';
import type { Cgroups } from './cgroups.ts';
import type { Isolation } from './isolation.ts';
import type { ContainerRecord, TaskRecord, TaskRecords } from './task-record.ts';
import type { TaskUser } from './task-user.ts';

/** What every part of the process runtime works with; made once, when it starts. */
export interface ProcessHost {
  readonly instanceHash: string;
  readonly records: TaskRecords;
  readonly catalog: ImageCatalog;
  readonly network: TaskNetwork;
  readonly isolation: Isolation;
  readonly cgroups: Cgroups | undefined;
  readonly endpoints: TaskEndpoints;
  /** Undefined: tasks run as hatoba itself. */
  readonly taskUser: TaskUser | undefined;
  readonly isTaskUserSetting: boolean;
  /** PATH of tasks. */
  readonly searchPath: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly notifyExit: (taskId: string, exit: ContainerExit) => void;
}

/** One task as this process knows it. The record is what a restart would find. */
export interface TaskState {
  record: TaskRecord;
  /** Last save, so that saves of one task follow each other. */
  saving: Promise<void>;
  /** Per container that was started: resolves when its end has been recorded. */
  readonly ended: Map<string, Promise<void>>;
  /** Closes hatoba's listeners in the task. */
  closeListeners?: () => void;
  /** Stops looking after adopted containers. */
  readonly watching: AbortController;
}

export function newTaskState(record: TaskRecord): TaskState {
  return { record, saving: Promise.resolve(), ended: new Map(), watching: new AbortController() };
}

/** Changes the record and resolves when the change is durable. */
export function updateRecord(
  host: ProcessHost,
  state: TaskState,
  change: (record: TaskRecord) => TaskRecord,
): Promise<void> {
  state.record = change(state.record);
  const save = () => host.records.save(state.record);
  state.saving = state.saving.then(save, save);
  return state.saving;
}

export function updateContainer(
  host: ProcessHost,
  state: TaskState,
  containerName: string,
  change: Partial<ContainerRecord>,
): Promise<void> {
  return updateRecord(host, state, (record) => {
    const container = { ...record.containers[containerName]!, ...change };
    return { ...record, containers: { ...record.containers, [containerName]: container } };
  });
}

export const markOf = (host: ProcessHost, taskId: string, containerName: string): string =>
  `${host.instanceHash}/${taskId}/${containerName}`;

export const isNamespaced = (host: ProcessHost): boolean => host.isolation.kind === 'process-namespace';

export function containerSpecOf(state: TaskState, containerName: string): ContainerSpec {
  const spec = state.record.task.containers.find((one) => one.name === containerName);
  if (spec) return spec;
  throw new ContainerStartError('CannotStartContainerError', `the task has no container ${containerName}`);
}

/** Names of containers that were started and have not ended. */
export const runningContainers = (state: TaskState): string[] =>
  Object.entries(state.record.containers).flatMap(([name, one]) => (one.process && !one.exit ? [name] : []));
