import type {
  Compatibility,
  ContainerDefinition,
  RegisterTaskDefinitionRequest,
  TaskDefinition,
} from '@aws-sdk/client-ecs';
import { awsError } from '../../wire/aws/aws-error.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import { definitionsInUse } from '../agent/housekeeping.ts';
import { ecsArn } from '../arns.ts';
import {
  clusterKey,
  type DefinitionContent,
  definitionKey,
  definitionKeyOfArn,
  type FamilyRecord,
  type TaskDefinitionRecord,
} from '../model.ts';
import type { ApiDeps, EcsHandlers } from './deps.ts';
import { roleArn } from './passed-roles.ts';
import { findDefinition, fromTagList, paginate, scopeOf, toDate, toTagList } from './resolve.ts';
import { cpuUnitsOf, memoryMibOf, validateTaskDefinition } from './validate-task-definition.ts';

export function taskDefinitionHandlers({ store, clock }: ApiDeps): EcsHandlers {
  return {
    RegisterTaskDefinition: (input, context) => {
      validateTaskDefinition(input);
      const scope = scopeOf(context);
      const registeredAtMs = clock.now().getTime();
      return store.transact(() => {
        const family = input.family ?? '';
        const familyKey = clusterKey(scope, family);
        const revision = (store.families.get(familyKey)?.lastRevision ?? 0) + 1;
        const counted: FamilyRecord = { ...scope, family, lastRevision: revision };
        const arn = ecsArn(scope, `task-definition/${family}:${revision}`);
        const record: TaskDefinitionRecord = {
          ...scope,
          family,
          revision,
          arn,
          status: 'ACTIVE',
          content: contentOf(input, scope, revision, arn, context.principal.arn),
          registeredAtMs,
          tags: fromTagList(input.tags),
        };
        return {
          writes: [
            { mirror: store.families, key: familyKey, put: counted },
            { mirror: store.definitions, key: definitionKey(scope, family, revision), expect: 'absent', put: record },
          ],
          result: { taskDefinition: describeDefinition(record), tags: toTagList(record.tags) },
        };
      });
    },

    DescribeTaskDefinition: (input, context) => {
      const definition = findDefinition(store, scopeOf(context), input.taskDefinition ?? '');
      if (definition === undefined) throw awsError('ClientException', 'Unable to describe task definition.');
      return {
        taskDefinition: describeDefinition(definition),
        tags: input.include?.includes('TAGS') ? toTagList(definition.tags) : [],
      };
    },

    ListTaskDefinitions: (input, context) => {
      const status = input.status ?? 'ACTIVE';
      const prefix = clusterKey(scopeOf(context), '');
      const definitions = store.definitions
        .list(input.familyPrefix === undefined ? prefix : `${prefix}${input.familyPrefix}/`)
        .filter((definition) => definition.status === status)
        .sort((a, b) => (a.family === b.family ? a.revision - b.revision : a.family < b.family ? -1 : 1));
      if (input.sort === 'DESC') definitions.reverse();
      const page = paginate(
        definitions.map((definition) => definition.arn),
        input,
      );
      return { taskDefinitionArns: page.items, nextToken: page.nextToken };
    },

    ListTaskDefinitionFamilies: (input, context) => {
      const definitions = store.definitions.list(clusterKey(scopeOf(context), input.familyPrefix ?? ''));
      const active = new Set(definitions.filter((one) => one.status === 'ACTIVE').map((one) => one.family));
      const all = new Set(definitions.map((one) => one.family));
      const wanted = [...all].filter(
        (family) => input.status === 'ALL' || active.has(family) === (input.status !== 'INACTIVE'),
      );
      const page = paginate(wanted.sort(), input);
      return { families: page.items, nextToken: page.nextToken };
    },

    DeregisterTaskDefinition: async (input, context) => {
      const found = findDefinition(store, scopeOf(context), input.taskDefinition ?? '');
      if (found === undefined || !(input.taskDefinition ?? '').includes(':')) {
        throw awsError('ClientException', 'The specified task definition does not exist. Name it with its revision.');
      }
      const deregisteredAtMs = clock.now().getTime();
      const definition = await store.update(
        store.definitions,
        definitionKeyOfArn(found.arn),
        (current): TaskDefinitionRecord | undefined =>
          current.status === 'ACTIVE' ? { ...current, status: 'INACTIVE', deregisteredAtMs } : undefined,
      );
      return { taskDefinition: describeDefinition(definition ?? found) };
    },

    DeleteTaskDefinitions: async (input, context) => {
      const scope = scopeOf(context);
      const taskDefinitions: TaskDefinition[] = [];
      const failures: { arn: string; reason: string; detail?: string }[] = [];
      for (const name of input.taskDefinitions ?? []) {
        const found = findDefinition(store, scope, name);
        if (found === undefined || found.status === 'ACTIVE') {
          const detail =
            'The specified task definition is still in ACTIVE status. Please deregister the target and try again.';
          failures.push({
            arn: found?.arn ?? name,
            reason: found === undefined ? 'MISSING' : 'ACTIVE',
            detail: found && detail,
          });
          continue;
        }
        taskDefinitions.push(describeDefinition(await deleteDefinition(found.arn)));
      }
      return { taskDefinitions, failures };
    },
  };

  /** It goes when nothing runs with it any more; until then it is DELETE_IN_PROGRESS. */
  function deleteDefinition(arn: string): Promise<TaskDefinitionRecord> {
    const key = definitionKeyOfArn(arn);
    const deleteRequestedAtMs = clock.now().getTime();
    return store.transact(() => {
      const definition = store.definitions.get(key);
      if (definition === undefined) throw awsError('ClientException', 'The specified task definition does not exist.');
      const deleted: TaskDefinitionRecord = { deleteRequestedAtMs, ...definition, status: 'DELETE_IN_PROGRESS' };
      const put = definitionsInUse(store).has(arn) ? deleted : undefined;
      return { writes: [{ mirror: store.definitions, key, put }], result: deleted };
    });
  }
}

/** The definition as the API shows it. */
export function describeDefinition(definition: TaskDefinitionRecord): TaskDefinition {
  return {
    ...definition.content,
    status: definition.status,
    registeredAt: toDate(definition.registeredAtMs),
    deregisteredAt: toDate(definition.deregisteredAtMs),
    deleteRequestedAt: toDate(definition.deleteRequestedAtMs),
  };
}

function contentOf(
  input: RegisterTaskDefinitionRequest,
  scope: AccountRegion,
  revision: number,
  arn: string,
  registeredBy: string,
): DefinitionContent {
  const networkMode = input.networkMode ?? 'bridge';
  return {
    taskDefinitionArn: arn,
    family: input.family,
    revision,
    containerDefinitions: (input.containerDefinitions ?? []).map((container) => withDefaults(container, networkMode)),
    taskRoleArn: roleArn(scope, input.taskRoleArn),
    executionRoleArn: roleArn(scope, input.executionRoleArn),
    networkMode,
    volumes: input.volumes ?? [],
    requiresAttributes: requiredAttributes(input).map((name) => ({ name })),
    placementConstraints: input.placementConstraints ?? [],
    compatibilities: compatibilities(input),
    requiresCompatibilities: input.requiresCompatibilities,
    runtimePlatform: input.runtimePlatform,
    cpu: cpuUnitsOf(input.cpu)?.toString(),
    memory: memoryMibOf(input.memory)?.toString(),
    inferenceAccelerators: input.inferenceAccelerators,
    pidMode: input.pidMode,
    ipcMode: input.ipcMode,
    proxyConfiguration: input.proxyConfiguration,
    registeredBy,
    ephemeralStorage: input.ephemeralStorage,
    enableFaultInjection: input.enableFaultInjection,
  };
}

/** AWS fills these in, and diffing tools compare them with what they sent. */
function withDefaults(container: ContainerDefinition, networkMode: string): ContainerDefinition {
  const own = networkMode === 'awsvpc' || networkMode === 'host';
  return {
    ...container,
    cpu: container.cpu ?? 0,
    essential: container.essential ?? true,
    environment: container.environment ?? [],
    mountPoints: container.mountPoints ?? [],
    volumesFrom: container.volumesFrom ?? [],
    systemControls: container.systemControls ?? [],
    portMappings: (container.portMappings ?? []).map((mapping) => ({
      ...mapping,
      protocol: mapping.protocol ?? 'tcp',
      hostPort: mapping.hostPort ?? (own ? mapping.containerPort : 0),
    })),
    healthCheck: container.healthCheck && {
      ...container.healthCheck,
      interval: container.healthCheck.interval ?? 30,
      timeout: container.healthCheck.timeout ?? 5,
      retries: container.healthCheck.retries ?? 3,
    },
  };
}

/** What the definition could run on, whether or not it was asked for. */
function compatibilities(input: RegisterTaskDefinitionRequest): Compatibility[] {
  const found: Compatibility[] = input.networkMode === 'awsvpc' ? ['EC2'] : ['EXTERNAL', 'EC2'];
  if (input.requiresCompatibilities?.includes('FARGATE')) return [...found, 'FARGATE'];
  try {
    validateTaskDefinition({ ...input, requiresCompatibilities: ['FARGATE'] });
    return [...found, 'FARGATE'];
  } catch {
    return found;
  }
}

function requiredAttributes(input: RegisterTaskDefinitionRequest): string[] {
  const containers = input.containerDefinitions ?? [];
  const drivers = new Set(containers.flatMap((one) => one.logConfiguration?.logDriver ?? []));
  return [
    ...[...drivers].map((driver) => `com.amazonaws.ecs.capability.logging-driver.${driver}`),
    ...(drivers.has('awslogs') && input.executionRoleArn ? ['ecs.capability.execution-role-awslogs'] : []),
    'com.amazonaws.ecs.capability.docker-remote-api.1.18',
    ...(input.taskRoleArn ? ['com.amazonaws.ecs.capability.task-iam-role'] : []),
    ...(input.networkMode === 'awsvpc' ? ['ecs.capability.task-eni'] : []),
    ...(containers.some((one) => one.dependsOn?.length) ? ['ecs.capability.container-ordering'] : []),
    ...(containers.some((one) => one.healthCheck) ? ['ecs.capability.container-health-check'] : []),
  ];
}
