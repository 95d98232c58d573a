import { jsonService, type Scope } from './request.ts';

export interface Cluster {
  clusterName: string;
  clusterArn: string;
  status?: string;
  runningTasksCount?: number;
  pendingTasksCount?: number;
  activeServicesCount?: number;
}

export interface Deployment {
  id: string;
  status: string;
  taskDefinition: string;
  desiredCount?: number;
  pendingCount?: number;
  runningCount?: number;
  failedTasks?: number;
  rolloutState?: string;
  rolloutStateReason?: string;
  createdAt?: number;
  updatedAt?: number;
}

export interface Service {
  serviceName: string;
  serviceArn: string;
  clusterArn: string;
  status: string;
  desiredCount: number;
  runningCount: number;
  pendingCount: number;
  taskDefinition: string;
  launchType?: string;
  createdAt?: number;
  deployments?: Deployment[];
  events?: { id: string; createdAt: number; message: string }[];
  loadBalancers?: { targetGroupArn?: string; containerName?: string; containerPort?: number }[];
  serviceRegistries?: { registryArn?: string }[];
  deploymentConfiguration?: { minimumHealthyPercent?: number; maximumPercent?: number };
  enableExecuteCommand?: boolean;
  tags?: { key?: string; value?: string }[];
}

export interface Container {
  name: string;
  containerArn?: string;
  image?: string;
  imageDigest?: string;
  lastStatus?: string;
  healthStatus?: string;
  exitCode?: number;
  reason?: string;
  runtimeId?: string;
  cpu?: string;
  memory?: string;
  networkInterfaces?: { privateIpv4Address?: string }[];
}

export interface Task {
  taskArn: string;
  clusterArn: string;
  taskDefinitionArn: string;
  lastStatus: string;
  desiredStatus: string;
  healthStatus?: string;
  group?: string;
  startedBy?: string;
  stopCode?: string;
  stoppedReason?: string;
  availabilityZone?: string;
  cpu?: string;
  memory?: string;
  launchType?: string;
  createdAt?: number;
  pullStartedAt?: number;
  pullStoppedAt?: number;
  startedAt?: number;
  stoppingAt?: number;
  executionStoppedAt?: number;
  stoppedAt?: number;
  containers?: Container[];
  attachments?: { type?: string; details?: { name?: string; value?: string }[] }[];
}

export interface ContainerDefinition {
  name: string;
  image?: string;
  cpu?: number;
  memory?: number;
  memoryReservation?: number;
  logConfiguration?: { logDriver: string; options?: Record<string, string> };
  [member: string]: unknown;
}

export interface TaskDefinition {
  taskDefinitionArn: string;
  family: string;
  revision: number;
  cpu?: string;
  memory?: string;
  networkMode?: string;
  taskRoleArn?: string;
  executionRoleArn?: string;
  registeredAt?: number;
  containerDefinitions: ContainerDefinition[];
  [member: string]: unknown;
}

const call = jsonService('ecs', 'AmazonEC2ContainerServiceV20141113', '1.1');

async function allArns(
  scope: Scope,
  operation: string,
  member: string,
  input: object,
  signal?: AbortSignal,
): Promise<string[]> {
  const arns: string[] = [];
  let nextToken: string | undefined;
  do {
    const page = await call<Record<string, unknown>>(
      scope,
      operation,
      { ...input, ...(nextToken ? { nextToken } : {}) },
      signal,
    );
    arns.push(...((page[member] as string[] | undefined) ?? []));
    nextToken = typeof page.nextToken === 'string' ? page.nextToken : undefined;
  } while (nextToken && arns.length < 2000);
  return arns;
}

/** Asks in portions of the size that the operation takes, and joins the answers. */
async function inPortions<Output>(
  ids: readonly string[],
  size: number,
  run: (portion: string[]) => Promise<Output[]>,
): Promise<Output[]> {
  const portions: string[][] = [];
  for (let at = 0; at < ids.length; at += size) portions.push(ids.slice(at, at + size));
  return (await Promise.all(portions.map(run))).flat();
}

export const listClusters = (scope: Scope, signal?: AbortSignal): Promise<string[]> =>
  allArns(scope, 'ListClusters', 'clusterArns', {}, signal);

export const describeClusters = (scope: Scope, clusters: readonly string[], signal?: AbortSignal): Promise<Cluster[]> =>
  inPortions(clusters, 100, async (portion) => {
    const answer = await call<{ clusters?: Cluster[] }>(scope, 'DescribeClusters', { clusters: portion }, signal);
    return answer.clusters ?? [];
  });

export const listServices = (scope: Scope, cluster: string, signal?: AbortSignal): Promise<string[]> =>
  allArns(scope, 'ListServices', 'serviceArns', { cluster, maxResults: 100 }, signal);

export const describeServices = (
  scope: Scope,
  cluster: string,
  services: readonly string[],
  signal?: AbortSignal,
): Promise<Service[]> =>
  inPortions(services, 10, async (portion) => {
    const input = { cluster, services: portion, include: ['TAGS'] };
    return (await call<{ services?: Service[] }>(scope, 'DescribeServices', input, signal)).services ?? [];
  });

export const listTasks = (
  scope: Scope,
  query: { cluster: string; serviceName?: string; desiredStatus?: 'RUNNING' | 'STOPPED' },
  signal?: AbortSignal,
): Promise<string[]> => allArns(scope, 'ListTasks', 'taskArns', query, signal);

export const describeTasks = (
  scope: Scope,
  cluster: string,
  tasks: readonly string[],
  signal?: AbortSignal,
): Promise<Task[]> =>
  inPortions(tasks, 100, async (portion) => {
    return (await call<{ tasks?: Task[] }>(scope, 'DescribeTasks', { cluster, tasks: portion }, signal)).tasks ?? [];
  });

/** Running tasks of a service, and those that stopped not long ago. */
export async function tasksOfService(
  scope: Scope,
  cluster: string,
  serviceName: string,
  signal?: AbortSignal,
): Promise<Task[]> {
  const arns = await Promise.all([
    listTasks(scope, { cluster, serviceName, desiredStatus: 'RUNNING' }, signal),
    listTasks(scope, { cluster, serviceName, desiredStatus: 'STOPPED' }, signal),
  ]);
  return describeTasks(scope, cluster, [...new Set(arns.flat())], signal);
}

export async function describeTaskDefinition(
  scope: Scope,
  taskDefinition: string,
  signal?: AbortSignal,
): Promise<TaskDefinition> {
  const input = { taskDefinition };
  return (await call<{ taskDefinition: TaskDefinition }>(scope, 'DescribeTaskDefinition', input, signal))
    .taskDefinition;
}

/** Revisions of one family, newest first. */
export const listTaskDefinitions = (scope: Scope, familyPrefix: string, signal?: AbortSignal): Promise<string[]> =>
  allArns(scope, 'ListTaskDefinitions', 'taskDefinitionArns', { familyPrefix, sort: 'DESC' }, signal);

export function updateService(
  scope: Scope,
  input: {
    cluster: string;
    service: string;
    desiredCount?: number;
    taskDefinition?: string;
    forceNewDeployment?: boolean;
  },
): Promise<unknown> {
  return call(scope, 'UpdateService', input);
}

export function stopTask(scope: Scope, input: { cluster: string; task: string; reason: string }): Promise<unknown> {
  return call(scope, 'StopTask', input);
}
