import type { ProtectedTask } from '@aws-sdk/client-ecs';
import { awsError } from '../../wire/aws/aws-error.ts';
import { clusterKey, type TaskRecord, taskKey } from '../model.ts';
import type { ApiDeps, EcsHandlers } from './deps.ts';
import { findCluster, findTask, scopeOf, toDate } from './resolve.ts';

const minutesDefault = 120;
const minutesMax = 2880;
const tasksMax = 10;

/** Tasks that a scale-in leaves alone for a while. */
export function taskProtectionHandlers({ store, clock }: ApiDeps): EcsHandlers {
  const describe = (task: TaskRecord): ProtectedTask => {
    const isProtected = (task.protectedUntilMs ?? 0) > clock.now().getTime();
    return {
      taskArn: task.arn,
      protectionEnabled: isProtected,
      expirationDate: isProtected ? toDate(task.protectedUntilMs) : undefined,
    };
  };

  return {
    UpdateTaskProtection: async (input, context) => {
      const cluster = findCluster(store, scopeOf(context), input.cluster);
      const minutes = input.expiresInMinutes ?? minutesDefault;
      if (minutes < 1 || minutes > minutesMax) {
        throw awsError('InvalidParameterException', `expiresInMinutes must be between 1 and ${minutesMax}.`);
      }
      if ((input.tasks ?? []).length > tasksMax) {
        throw awsError('InvalidParameterException', `At most ${tasksMax} tasks can be given.`);
      }
      const protectedUntilMs = input.protectionEnabled ? clock.now().getTime() + minutes * 60_000 : undefined;
      const protectedTasks: ProtectedTask[] = [];
      const failures: { arn: string; reason: string; detail?: string }[] = [];
      for (const name of input.tasks ?? []) {
        const found = findTask(store, cluster, name);
        if (found === undefined) failures.push({ arn: name, reason: 'MISSING' });
        else if (found.serviceName === undefined || found.desiredStatus === 'STOPPED') {
          failures.push({
            arn: found.arn,
            reason: 'TASK_NOT_VALID',
            detail: 'Only running tasks of services can be protected.',
          });
        } else {
          const change = (task: TaskRecord) => ({ ...task, protectedUntilMs, version: task.version + 1 });
          const task = await store.update(store.tasks, taskKey(found), change);
          protectedTasks.push(describe(task ?? found));
        }
      }
      return { protectedTasks, failures };
    },

    GetTaskProtection: (input, context) => {
      const cluster = findCluster(store, scopeOf(context), input.cluster);
      const named = input.tasks?.length
        ? input.tasks.map((name) => ({ name, task: findTask(store, cluster, name) }))
        : store.tasks
            .list(`${clusterKey(cluster, cluster.name)}/`)
            .filter((task) => task.serviceName !== undefined && task.desiredStatus === 'RUNNING')
            .map((task) => ({ name: task.arn, task }));
      return {
        protectedTasks: named.flatMap(({ task }) => (task === undefined ? [] : describe(task))),
        failures: named.filter(({ task }) => task === undefined).map(({ name }) => ({ arn: name, reason: 'MISSING' })),
      };
    },
  };
}
