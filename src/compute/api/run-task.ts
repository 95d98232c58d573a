import type { NetworkConfiguration, RunTaskRequest, Task, TaskOverride } from '@aws-sdk/client-ecs';
import { newHexId, newUuid } from '../../platform/ids.ts';
import { awsError } from '../../wire/aws/aws-error.ts';
import type { CallContext } from '../../wire/aws/call-context.ts';
import { machineSnapshot } from '../agent/machine.ts';
import { containerInstanceArn, lastPart } from '../arns.ts';
import {
  type ClientTokenRecord,
  type ClusterRecord,
  clusterKey,
  definitionKeyOfArn,
  type TaskDefinitionRecord,
  type TaskRecord,
  taskKey,
} from '../model.ts';
import { hostPortsOf, launchTypeOf, makeTask, type TaskOrder } from '../scheduler/make-task.ts';
import { placeTask, reservationOf } from '../scheduler/place-task.ts';
import type { Write } from '../store.ts';
import type { ApiDeps, EcsHandlers } from './deps.ts';
import { describeTask } from './describe-task.ts';
import { findCluster, fingerprintOf, fromTagList, scopeOf, usableDefinition } from './resolve.ts';
import { checkLaunchType, checkNetwork, checkPlacement } from './validate-service.ts';
import { cpuUnitsOf, memoryMibOf } from './validate-task-definition.ts';

interface RunResult {
  tasks: Task[];
  failures: { arn: string; reason: string; detail: string }[];
}

type RunRequest = Omit<RunTaskRequest, 'taskDefinition'> & { taskDefinition: string };

export function runTaskHandlers(deps: ApiDeps): EcsHandlers {
  const { store, machine } = deps;
  return {
    RunTask: (input, context) => runTasks(deps, { ...input, taskDefinition: input.taskDefinition ?? '' }, context),

    StartTask: (input, context) => {
      const cluster = findCluster(store, scopeOf(context), input.cluster);
      const mine = lastPart(containerInstanceArn(cluster, cluster.name, machine.id));
      const instances = input.containerInstances ?? [];
      if (instances.some((instance) => lastPart(instance) !== mine)) {
        throw awsError('InvalidParameterException', 'The container instance does not exist in the cluster.');
      }
      const request = {
        ...input,
        taskDefinition: input.taskDefinition ?? '',
        count: instances.length,
        launchType: 'EC2' as const,
      };
      return runTasks(deps, request, context);
    },
  };
}

/** Places `count` tasks; those that find no place come back as failures. The same clientToken gives the same tasks. */
async function runTasks(deps: ApiDeps, request: RunRequest, context: CallContext): Promise<RunResult> {
  const input = { ...request, overrides: request.overrides && withPlainSizes(request.overrides) };
  const { store, clock, machine } = deps;
  const scope = scopeOf(context);
  const cluster = findCluster(store, scope, input.cluster);
  const definition = usableDefinition(store, scope, input.taskDefinition);
  checkRequest(input, definition);
  const zones = await zonesOf(deps, context, input.networkConfiguration);
  const tokenKey = `${clusterKey(scope, cluster.name)}/RunTask/${input.clientToken}`;
  const fingerprint = fingerprintOf(input);
  return store.transact(() => {
    const repeated = input.clientToken === undefined ? undefined : store.clientTokens.get(tokenKey);
    if (repeated !== undefined) return { writes: [], result: repeat(deps, repeated, fingerprint) };
    const order = orderOf(input, cluster, definition, context);
    const reservation = reservationOf({
      ...definition.content,
      cpu: input.overrides?.cpu ?? definition.content.cpu,
      memory: input.overrides?.memory ?? definition.content.memory,
    });
    const wanted = {
      launchType: order.launchType,
      ...reservation,
      hostPorts: hostPortsOf(definition),
      zones,
      constraints: input.placementConstraints ?? [],
    };
    const group = store.tasks
      .list(`${clusterKey(cluster, cluster.name)}/`)
      .filter((task) => task.group === order.group && task.desiredStatus === 'RUNNING');
    const nowMs = clock.now().getTime();
    const snapshot = machineSnapshot(store, machine, scope, cluster.name);
    const placed: TaskRecord[] = [];
    const failures: RunResult['failures'] = [];
    for (let index = 0; index < (input.count ?? 1); index += 1) {
      const taken = order.launchType === 'FARGATE' ? 0 : placed.length;
      const current = {
        ...snapshot,
        reservedCpuUnits: snapshot.reservedCpuUnits + taken * reservation.cpuUnits,
        reservedMemoryMib: snapshot.reservedMemoryMib + taken * reservation.memoryMib,
        usedHostPorts: taken === 0 ? snapshot.usedHostPorts : new Set([...snapshot.usedHostPorts, ...wanted.hostPorts]),
      };
      const placement = placeTask(wanted, current, [...group, ...placed]);
      if (placement.placed) {
        const ids = { taskId: newHexId(16), newUuid, newHex: newHexId };
        placed.push(makeTask(order, definition, placement, ids, nowMs));
      } else
        failures.push({ arn: snapshot.containerInstanceArn, reason: placement.code, detail: placement.text.trim() });
    }
    const writes: Write<any>[] = placed.map((task) => ({
      mirror: store.tasks,
      key: taskKey(task),
      expect: 'absent',
      put: task,
    }));
    if (input.clientToken !== undefined) {
      const token: ClientTokenRecord = { fingerprint, taskKeys: placed.map(taskKey), createdAtMs: nowMs };
      writes.push({ mirror: store.clientTokens, key: tokenKey, expect: 'absent', put: token });
    }
    return { writes, result: { tasks: placed.map((task) => describeTask(task, definition, true)), failures } };
  });
}

function checkRequest(input: RunRequest, definition: TaskDefinitionRecord): void {
  const count = input.count ?? 1;
  if (count < 1 || count > 10) throw awsError('InvalidParameterException', 'Count must be between 1 and 10.');
  checkNetwork(definition, input.networkConfiguration);
  checkPlacement(input.placementConstraints ?? []);
  const names = new Set(definition.content.containerDefinitions?.map((container) => container.name));
  for (const override of input.overrides?.containerOverrides ?? []) {
    if (!names.has(override.name)) {
      throw awsError(
        'InvalidParameterException',
        `Override for container named ${override.name} is not a container in the TaskDefinition.`,
      );
    }
  }
  checkLaunchType(definition, launchTypeOf(input.launchType, input.capacityProviderStrategy).launchType);
}

/** Sizes as the records have them, in units and MiB. Throws ClientException. */
function withPlainSizes(overrides: TaskOverride): TaskOverride {
  return {
    ...overrides,
    cpu: cpuUnitsOf(overrides.cpu)?.toString(),
    memory: memoryMibOf(overrides.memory)?.toString(),
  };
}

async function zonesOf(
  deps: ApiDeps,
  context: CallContext,
  network: NetworkConfiguration | undefined,
): Promise<string[]> {
  const subnets = network?.awsvpcConfiguration?.subnets ?? [];
  const zones = await Promise.all(subnets.map((subnet) => deps.traffic.subnetZone(scopeOf(context), subnet)));
  return zones.filter((zone) => zone !== undefined);
}

function repeat({ store }: ApiDeps, token: ClientTokenRecord, fingerprint: string): RunResult {
  if (token.fingerprint !== fingerprint) {
    throw awsError('ConflictException', 'The clientToken was used before with other parameters.');
  }
  const tasks = token.taskKeys.flatMap((key) => {
    const task = store.tasks.get(key);
    return task === undefined
      ? []
      : describeTask(task, store.definitions.get(definitionKeyOfArn(task.taskDefinitionArn)), true);
  });
  return { tasks, failures: [] };
}

function orderOf(
  input: RunRequest,
  cluster: ClusterRecord,
  definition: TaskDefinitionRecord,
  context: CallContext,
): TaskOrder {
  const managed: Record<string, string> = input.enableECSManagedTags ? { 'aws:ecs:clusterName': cluster.name } : {};
  const propagated = input.propagateTags === 'TASK_DEFINITION' ? definition.tags : {};
  const strategy = input.capacityProviderStrategy?.length
    ? input.capacityProviderStrategy
    : cluster.defaultCapacityProviderStrategy;
  return {
    ...scopeOf(context),
    clusterName: cluster.name,
    clusterArn: cluster.arn,
    group: input.group ?? `family:${definition.family}`,
    startedBy: input.startedBy,
    ...launchTypeOf(input.launchType, strategy),
    platformVersion: input.platformVersion,
    networkConfiguration: input.networkConfiguration,
    overrides: input.overrides,
    loadBalancers: [],
    serviceRegistries: [],
    enableExecuteCommand: input.enableExecuteCommand ?? false,
    tags: { ...managed, ...propagated, ...fromTagList(input.tags) },
  };
}
