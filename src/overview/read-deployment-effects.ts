import type {
  DescribeServiceDeploymentsResponse,
  DescribeServiceRevisionsResponse,
  ListClustersResponse,
  ListServiceDeploymentsResponse,
  ListServicesResponse,
  ServiceDeployment,
} from '@aws-sdk/client-ecs';
import type { Traces } from '../traces/index.ts';
import type { AccountRegion } from '../wire/aws/call-context.ts';
import { compareLatency, compareShares, overallChange, quantileOf } from './compare-windows.ts';
import type { DeploymentEffect, WindowFacts } from './deployment-effect.ts';
import { planWindows } from './plan-windows.ts';
import type { CallOperation } from './read-snapshot.ts';

export interface DeploymentSources {
  readonly traces: Pick<Traces, 'serviceWindow' | 'serviceTraces'>;
  readonly callOperation: CallOperation;
}

export interface DeploymentQuery extends AccountRegion {
  readonly start: Date;
  readonly end: Date;
  readonly now: Date;
  /** Of one cluster or service only. */
  readonly cluster?: string;
  readonly service?: string;
}

type Window = Awaited<ReturnType<Traces['serviceWindow']>>;

const deploymentsMax = 50;
const examplesMax = 3;
const describedAtATime = 20;

/** One deployment and what ran before it, of its service's history. */
interface HistoryItem {
  readonly cluster: string;
  readonly service: string;
  readonly deployment: ServiceDeployment;
  readonly revision: string;
  readonly previousRevision?: string;
}

/** Every deployment that began in the range, newest first, with what became of its service. */
export async function readDeploymentEffects(
  sources: DeploymentSources,
  query: DeploymentQuery,
): Promise<DeploymentEffect[]> {
  const histories: HistoryItem[][] = [];
  for (const { cluster, service } of await listServices(sources, query)) {
    histories.push(await readHistory(sources, query, cluster, service));
  }
  const wanted = histories
    .flatMap((history) =>
      history.filter(({ deployment }) => isWithin(deployment, query)).map((item) => ({ item, history })),
    )
    .sort((a, b) => atOf(b.item) - atOf(a.item))
    .slice(0, deploymentsMax);
  const effects: DeploymentEffect[] = [];
  for (const { item, history } of wanted) effects.push(await readEffect(sources, query, item, history));
  return effects;
}

const atOf = ({ deployment }: HistoryItem): number => deployment.createdAt?.getTime() ?? 0;

const isWithin = ({ createdAt }: ServiceDeployment, { start, end }: DeploymentQuery): boolean =>
  createdAt !== undefined && createdAt >= start && createdAt < end;

async function readEffect(
  { traces }: DeploymentSources,
  query: DeploymentQuery,
  item: HistoryItem,
  history: readonly HistoryItem[],
): Promise<DeploymentEffect> {
  const { cluster, service, deployment, revision, previousRevision } = item;
  const isTold = previousRevision !== undefined && revision !== previousRevision;
  const others = history.filter((other) => other !== item).map(timesOf);
  const windows = planWindows(timesOf(item), others, query.now.getTime(), isTold);
  const of = { cluster, service };
  const before = { ...of, ...toRange(windows.before) };
  const after = { ...of, ...toRange(windows.after), ...(isTold ? { revision } : {}) };
  const [was, is] = await Promise.all([traces.serviceWindow(query, before), traces.serviceWindow(query, after)]);
  const latency = compareLatency(was, is);
  const faults = compareShares({ total: was.total, count: was.fault }, { total: is.total, count: is.fault });
  const errors = compareShares(
    { total: was.total, count: was.error + was.throttle },
    { total: is.total, count: is.error + is.throttle },
  );
  const isFailing = faults.change === 'worse' || errors.change === 'worse';
  const examples = await traces.serviceTraces(query, after, isFailing ? 'failed' : 'slowest', examplesMax);
  return {
    cluster,
    service,
    deploymentArn: deployment.serviceDeploymentArn ?? '',
    revision,
    ...(previousRevision === undefined ? {} : { previousRevision }),
    status: deployment.status ?? '',
    at: deployment.createdAt!.toISOString(),
    ...(deployment.finishedAt ? { finishedAt: deployment.finishedAt.toISOString() } : {}),
    windowSeconds: windows.windowMs / 1000,
    before: toFacts(before, was),
    after: toFacts(after, is),
    latency,
    faults,
    errors,
    change: overallChange([latency.change, faults.change, errors.change]),
    examples: examples.map(({ traceId, at, seconds, outcome }) => ({
      traceId,
      at: at.toISOString(),
      seconds,
      outcome,
    })),
  };
}

const toRange = ({ startMs, endMs }: { startMs: number; endMs: number }) => ({
  start: new Date(startMs),
  end: new Date(endMs),
});

function timesOf({ deployment }: HistoryItem) {
  const finishedMs = deployment.finishedAt?.getTime();
  return { atMs: deployment.createdAt?.getTime() ?? 0, ...(finishedMs === undefined ? {} : { finishedMs }) };
}

function toFacts({ start, end }: { start: Date; end: Date }, window: Window): WindowFacts {
  const { total, error, throttle, fault, histogram } = window;
  const [p50, p95] = [quantileOf(histogram, 0.5), quantileOf(histogram, 0.95)];
  return {
    start: start.toISOString(),
    end: end.toISOString(),
    total,
    error,
    throttle,
    fault,
    ...(p50 === undefined ? {} : { p50Seconds: p50 }),
    ...(p95 === undefined ? {} : { p95Seconds: p95 }),
  };
}

async function listServices(
  { callOperation }: DeploymentSources,
  query: DeploymentQuery,
): Promise<{ cluster: string; service: string }[]> {
  if (query.cluster !== undefined && query.service !== undefined) {
    return [{ cluster: query.cluster, service: query.service }];
  }
  const { clusterArns = [] } = await callOperation<ListClustersResponse>('ecs', 'ListClusters', {}, query);
  const clusters = clusterArns.map(lastPart).filter((cluster) => cluster === (query.cluster ?? cluster));
  const found: { cluster: string; service: string }[] = [];
  for (const cluster of clusters) {
    let nextToken: string | undefined;
    do {
      const page: ListServicesResponse = await callOperation(
        'ecs',
        'ListServices',
        { cluster, maxResults: 100, ...(nextToken ? { nextToken } : {}) },
        query,
      );
      found.push(...(page.serviceArns ?? []).map((arn) => ({ cluster, service: lastPart(arn) })));
      nextToken = page.nextToken;
    } while (nextToken);
  }
  return found.filter(({ service }) => service === (query.service ?? service));
}

/** The deployments of a service around the range, newest first. A service that is gone has none. */
async function readHistory(
  { callOperation }: DeploymentSources,
  query: DeploymentQuery,
  cluster: string,
  service: string,
): Promise<HistoryItem[]> {
  const listed = await callOperation<ListServiceDeploymentsResponse>(
    'ecs',
    'ListServiceDeployments',
    { cluster, service, maxResults: 100 },
    query,
  ).catch(() => ({ serviceDeployments: [] }) satisfies Partial<ListServiceDeploymentsResponse>);
  const arns = (listed.serviceDeployments ?? []).map(({ serviceDeploymentArn }) => serviceDeploymentArn!);
  const deployments: ServiceDeployment[] = [];
  for (let from = 0; from < arns.length; from += describedAtATime) {
    const described = await callOperation<DescribeServiceDeploymentsResponse>(
      'ecs',
      'DescribeServiceDeployments',
      { serviceDeploymentArns: arns.slice(from, from + describedAtATime) },
      query,
    );
    deployments.push(...(described.serviceDeployments ?? []));
  }
  const revisions = await readRevisions(callOperation, query, deployments);
  return deployments.map((deployment) => {
    const source = deployment.sourceServiceRevisions?.[0]?.arn;
    const previous = source === undefined ? undefined : revisions.get(source);
    return {
      cluster,
      service,
      deployment,
      revision: revisions.get(deployment.targetServiceRevision?.arn ?? '') ?? '',
      ...(previous === undefined ? {} : { previousRevision: previous }),
    };
  });
}

/** `family:7` of each service revision. */
async function readRevisions(
  callOperation: CallOperation,
  scope: AccountRegion,
  deployments: readonly ServiceDeployment[],
): Promise<Map<string, string>> {
  const arns = [
    ...new Set(
      deployments.flatMap(({ sourceServiceRevisions = [], targetServiceRevision }) =>
        [...sourceServiceRevisions, targetServiceRevision].flatMap((revision) => (revision?.arn ? [revision.arn] : [])),
      ),
    ),
  ];
  const found = new Map<string, string>();
  for (let from = 0; from < arns.length; from += describedAtATime) {
    const { serviceRevisions = [] } = await callOperation<DescribeServiceRevisionsResponse>(
      'ecs',
      'DescribeServiceRevisions',
      { serviceRevisionArns: arns.slice(from, from + describedAtATime) },
      scope,
    );
    for (const { serviceRevisionArn, taskDefinition } of serviceRevisions) {
      found.set(serviceRevisionArn ?? '', lastPart(taskDefinition ?? ''));
    }
  }
  return found;
}

const lastPart = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1);
