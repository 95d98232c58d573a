import type { DescribeTasksResponse, Task } from '@aws-sdk/client-ecs';
import type { Traces, TraceWorkloads } from '../traces/index.ts';
import type { AccountRegion } from '../wire/aws/call-context.ts';
import { chooseDeployments, compareDeployments } from './choose-deployments.ts';
import { lastPart, listServices } from './list-services.ts';
import { readHistory } from './read-deployment-history.ts';
import type { CallOperation } from './read-snapshot.ts';
import { readUsage } from './read-usage.ts';
import type { StopOfTrace, TraceContext } from './trace-context.ts';

export interface TraceContextSources {
  readonly traces: Pick<Traces, 'traceWorkloads'>;
  readonly callOperation: CallOperation;
}

/** An ECS service that took part, with the tasks and revisions of it that are known. */
export interface ServiceOfTrace {
  readonly cluster: string;
  readonly service: string;
  readonly taskIds: readonly string[];
  readonly revisions: readonly string[];
}

const servicesMax = 30;
const historyMax = 5;
const describedAtATime = 100;
/** A task that ends this soon after a trace was probably ill already. */
const soonMs = 60_000;

/** Deployments, load and ends of tasks around one trace. Undefined when nothing of the trace is stored. */
export async function readTraceContext(
  { traces, callOperation }: TraceContextSources,
  scope: AccountRegion,
  traceId: string,
): Promise<TraceContext | undefined> {
  const found = await traces.traceWorkloads(scope, traceId);
  if (!found) return undefined;
  const tasks = await describeTasks(callOperation, scope, found);
  const services = await servicesOf(callOperation, scope, found, tasks);
  const [deployments, usage] = await Promise.all([
    Promise.all(
      services.map(async (service) => {
        // Those that began later than the trace did nothing to it; `before` leaves out its own millisecond.
        const until = new Date(found.end.getTime() + 1);
        const history = await readHistory(callOperation, scope, service, { until, limit: historyMax });
        return chooseDeployments(history, found, service.revisions);
      }),
    ),
    readUsage(callOperation, scope, services, found),
  ]);
  return {
    traceId: found.traceId,
    start: found.start.toISOString(),
    end: found.end.toISOString(),
    deployments: deployments.flat().sort(compareDeployments),
    usage,
    stops: [...tasks.values()].flatMap((task) => stopOf(task, found)),
  };
}

/** Tasks that ECS still knows, by ARN. */
async function describeTasks(
  callOperation: CallOperation,
  scope: AccountRegion,
  { workloads }: TraceWorkloads,
): Promise<Map<string, Task>> {
  const ofCluster = new Map<string, Set<string>>();
  for (const { cluster, task } of workloads) {
    if (cluster === '' || task === '') continue;
    ofCluster.set(cluster, (ofCluster.get(cluster) ?? new Set()).add(task));
  }
  const found = new Map<string, Task>();
  for (const [cluster, arns] of ofCluster) {
    for (let from = 0; from < arns.size; from += describedAtATime) {
      // What a document says of its cluster and task may be anything.
      const { tasks = [] } = await callOperation<DescribeTasksResponse>(
        'ecs',
        'DescribeTasks',
        { cluster, tasks: [...arns].slice(from, from + describedAtATime) },
        scope,
      ).catch(() => ({ tasks: [] }) satisfies Partial<DescribeTasksResponse>);
      for (const task of tasks) found.set(task.taskArn ?? '', task);
    }
  }
  return found;
}

/** By what the listener or the task itself tells; segments of which nobody tells belong to the service of their name. */
async function servicesOf(
  callOperation: CallOperation,
  scope: AccountRegion,
  { workloads }: TraceWorkloads,
  tasks: ReadonlyMap<string, Task>,
): Promise<ServiceOfTrace[]> {
  const services = new Map<
    string,
    { cluster: string; service: string; taskIds: Set<string>; revisions: Set<string> }
  >();
  const serviceAt = (cluster: string, service: string) => {
    const key = JSON.stringify([cluster, service]);
    const known = services.get(key) ?? { cluster, service, taskIds: new Set<string>(), revisions: new Set<string>() };
    services.set(key, known);
    return known;
  };
  const unknown = new Set<string>();
  for (const { name, cluster, service, task, revision } of workloads) {
    const known = tasks.get(task);
    const serviceName = service || serviceOfTask(known);
    if (cluster === '' || serviceName === '') {
      unknown.add(name);
      continue;
    }
    const found = serviceAt(cluster, serviceName);
    if (task !== '') found.taskIds.add(lastPart(task));
    const ran = revision || lastPart(known?.taskDefinitionArn ?? '');
    if (ran !== '') found.revisions.add(ran);
  }
  if (unknown.size > 0) {
    const named = (await listServices(callOperation, scope)).filter(({ service }) => unknown.has(service));
    for (const { cluster, service } of named) serviceAt(cluster, service);
  }
  return [...services.values()].slice(0, servicesMax).map(({ cluster, service, taskIds, revisions }) => ({
    cluster,
    service,
    taskIds: [...taskIds],
    revisions: [...revisions].sort(),
  }));
}

const serviceOfTask = (task: Task | undefined): string =>
  task?.group?.startsWith('service:') ? task.group.slice('service:'.length) : '';

function stopOf(task: Task, { start, end }: TraceWorkloads): StopOfTrace[] {
  const at = task.stoppingAt ?? task.executionStoppedAt ?? task.stoppedAt;
  if (!at || at < start || at.getTime() > end.getTime() + soonMs) return [];
  const ofContainers = (task.containers ?? []).flatMap(({ reason }) => (reason ? [reason] : []));
  const outOfMemory = ofContainers.find((reason) => reason.startsWith('OutOfMemoryError'));
  return [
    {
      cluster: lastPart(task.clusterArn ?? ''),
      service: serviceOfTask(task),
      task: lastPart(task.taskArn ?? ''),
      at: at.toISOString(),
      reason: outOfMemory ?? task.stoppedReason ?? ofContainers[0] ?? '',
      outOfMemory: outOfMemory !== undefined,
    },
  ];
}
