import { awsError } from '../../wire/aws/aws-error.ts';
import { ecsArn, lastPart } from '../arns.ts';
import { clusterKey, definitionKeyOfArn, type TaskRecord, taskKey } from '../model.ts';
import type { ApiDeps, EcsHandlers } from './deps.ts';
import { describeTask } from './describe-task.ts';
import { findCluster, findService, findTask, paginate, scopeOf } from './resolve.ts';

export function taskHandlers({ store, clock }: ApiDeps): EcsHandlers {
  const describe = (task: TaskRecord, includeTags: boolean) =>
    describeTask(task, store.definitions.get(definitionKeyOfArn(task.taskDefinitionArn)), includeTags);

  return {
    StopTask: async (input, context) => {
      const cluster = findCluster(store, scopeOf(context), input.cluster);
      const found = findTask(store, cluster, input.task ?? '');
      if (found === undefined) throw awsError('InvalidParameterException', 'The referenced task was not found.');
      const stoppingAtMs = clock.now().getTime();
      const task = await store.update(store.tasks, taskKey(found), (current): TaskRecord | undefined =>
        current.desiredStatus === 'STOPPED'
          ? undefined
          : {
              ...current,
              desiredStatus: 'STOPPED',
              stopCode: 'UserInitiated',
              stoppedReason: input.reason ?? 'Task stopped by user',
              stoppingAtMs,
              version: current.version + 1,
            },
      );
      return { task: describe(task ?? found, false) };
    },

    DescribeTasks: (input, context) => {
      const cluster = findCluster(store, scopeOf(context), input.cluster);
      if ((input.tasks ?? []).length > 100) {
        throw awsError('InvalidParameterException', 'Tasks cannot have more than 100 items.');
      }
      const includeTags = input.include?.includes('TAGS') === true;
      const tasks = [];
      const failures = [];
      for (const name of input.tasks ?? []) {
        const task = findTask(store, cluster, name);
        if (task !== undefined) tasks.push(describe(task, includeTags));
        else failures.push({ arn: ecsArn(cluster, `task/${cluster.name}/${lastPart(name)}`), reason: 'MISSING' });
      }
      return { tasks, failures };
    },

    ListTasks: (input, context) => {
      const cluster = findCluster(store, scopeOf(context), input.cluster);
      if (input.serviceName !== undefined && findService(store, cluster, input.serviceName) === undefined) {
        throw awsError('ServiceNotFoundException', 'Service not found.');
      }
      // PENDING is accepted, and finds nothing: a task's desiredStatus is never PENDING.
      const desiredStatus = input.desiredStatus ?? 'RUNNING';
      const matches = (task: TaskRecord) =>
        task.desiredStatus === desiredStatus &&
        (input.family === undefined || task.family === input.family) &&
        (input.serviceName === undefined || task.serviceName === lastPart(input.serviceName)) &&
        (input.startedBy === undefined || task.startedBy === input.startedBy) &&
        (input.launchType === undefined || task.launchType === input.launchType) &&
        (input.containerInstance === undefined ||
          lastPart(task.containerInstanceArn ?? '') === lastPart(input.containerInstance));
      const arns = store.tasks
        .list(`${clusterKey(cluster, cluster.name)}/`)
        .filter(matches)
        .sort((a, b) => b.createdAtMs - a.createdAtMs || (a.id < b.id ? -1 : 1))
        .map((task) => task.arn);
      const page = paginate(arns, input);
      return { taskArns: page.items, nextToken: page.nextToken };
    },
  };
}
