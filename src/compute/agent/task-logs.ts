import type { ContainerDefinition } from '@aws-sdk/client-ecs';
import type { FollowedOutput, Logs } from '../../logs/index.ts';
import type { TaskDefinitionRecord, TaskRecord } from '../model.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { TaskFailure } from './task-failure.ts';
import { workloadOf } from './task-spec.ts';

export type LogsDoor = Pick<Logs, 'ensureLogStream' | 'logGroupExists' | 'followTaskOutput'>;

export interface LogTarget {
  readonly region: string;
  readonly logGroupName: string;
  readonly logStreamName: string;
  readonly createGroup: boolean;
  readonly multiline: { readonly datetimeFormat?: string; readonly multilinePattern?: string };
}

/** Where the output of one container goes. Output that awslogs does not take is kept below `/hatoba/ecs`, so that it can be read, too. */
export function logTargetOf(task: TaskRecord, family: string, definition: ContainerDefinition): LogTarget {
  const name = definition.name ?? '';
  const options = definition.logConfiguration?.options ?? {};
  const group = definition.logConfiguration?.logDriver === 'awslogs' ? options['awslogs-group'] : undefined;
  if (group === undefined) {
    return {
      region: task.region,
      logGroupName: `/hatoba/ecs/${family}`,
      logStreamName: `${name}/${task.id}`,
      createGroup: true,
      multiline: {},
    };
  }
  const prefix = options['awslogs-stream-prefix'];
  const datetimeFormat = options['awslogs-datetime-format'];
  const multilinePattern = options['awslogs-multiline-pattern'];
  return {
    region: options['awslogs-region'] ?? task.region,
    logGroupName: group,
    logStreamName: prefix === undefined ? `${name}/${task.id}` : `${prefix}/${name}/${task.id}`,
    createGroup: options['awslogs-create-group'] === 'true',
    multiline:
      datetimeFormat !== undefined ? { datetimeFormat } : multilinePattern !== undefined ? { multilinePattern } : {},
  };
}

/** Follows the output files of one task's containers into their log streams. */
export class TaskLogs {
  private readonly logs: LogsDoor;
  private readonly runtime: Runtime;
  private readonly followed = new Map<string, FollowedOutput>();

  constructor(logs: LogsDoor, runtime: Runtime) {
    this.logs = logs;
    this.runtime = runtime;
  }

  /** Creates what may be created. Throws TaskFailure where a log group is missing. */
  async prepare(task: TaskRecord, definition: TaskDefinitionRecord): Promise<void> {
    for (const container of definition.content.containerDefinitions ?? []) {
      const target = logTargetOf(task, definition.family, container);
      const scope = { account: task.account, region: target.region };
      if (!target.createGroup && !(await this.logs.logGroupExists(scope, target.logGroupName))) {
        throw new TaskFailure(missingGroupText(task, target), { containerName: container.name });
      }
      await this.logs.ensureLogStream(scope, target.logGroupName, target.logStreamName);
    }
  }

  /** Idempotent; after a restart it goes on where the stored events end. */
  follow(task: TaskRecord, family: string, container: ContainerDefinition): void {
    const name = container.name ?? '';
    if (this.followed.has(name)) return;
    const target = logTargetOf(task, family, container);
    const output = this.logs.followTaskOutput({
      path: this.runtime.outputPath(task.id, name),
      logGroupName: target.logGroupName,
      logStreamName: target.logStreamName,
      multiline: target.multiline,
      workload: { ...workloadOf(task, name), region: target.region },
    });
    this.followed.set(name, output);
  }

  /** Resolves when all that was written is stored. */
  async finish(): Promise<void> {
    await Promise.all([...this.followed.values()].map((output) => output.finish()));
    this.followed.clear();
  }
}

function missingGroupText(task: TaskRecord, target: LogTarget): string {
  const elsewhere =
    target.region === task.region
      ? ''
      : ` The definition sends logs to ${target.region}, the task runs in ${task.region}.`;
  return (
    `ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: ` +
    `ResourceNotFoundException: The specified log group does not exist. : exit status 1. ` +
    `Log group ${target.logGroupName} is missing in ${target.region}.${elsewhere} Create it (aws logs create-log-group --region ${target.region} ` +
    `--log-group-name ${target.logGroupName}) or set the log option awslogs-create-group to "true".`
  );
}
