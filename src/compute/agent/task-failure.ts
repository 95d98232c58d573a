import type { TaskStopCode } from '@aws-sdk/client-ecs';

/** Ends the start of a task; `message` becomes stoppedReason and is read by people. */
export class TaskFailure extends Error {
  readonly stopCode: TaskStopCode;
  /** The container whose `reason` says the same. */
  readonly containerName: string | undefined;

  constructor(message: string, options: { stopCode?: TaskStopCode; containerName?: string } = {}) {
    super(message);
    this.stopCode = options.stopCode ?? 'TaskFailedToStart';
    this.containerName = options.containerName;
  }
}
