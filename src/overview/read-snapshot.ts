import type { DescribeServicesResponse } from '@aws-sdk/client-ecs';
import type { GetServiceGraphResult, GetTraceSummariesResult } from '@aws-sdk/client-xray';
import type { Alarms } from '../alarms/index.ts';
import type { Canaries } from '../canaries/index.ts';
import type { Logger } from '../platform/logger.ts';
import type { Traces } from '../traces/index.ts';
import type { AccountRegion } from '../wire/aws/call-context.ts';
import type { ServiceId } from '../wire/aws/service-table.ts';
import { listServices } from './list-services.ts';
import type { DeploymentFact, EcsServiceFact, EdgeFact, Snapshot, Source } from './model.ts';

/** Calls an operation as any client would, with the scope's root as the caller; main makes it from the planes' tables. */
export type CallOperation = <Output>(
  service: ServiceId,
  operation: string,
  input: object,
  scope: AccountRegion,
) => Promise<Output>;

export interface OverviewSources {
  readonly traces: Pick<Traces, 'serviceHealth' | 'openInsights'>;
  readonly alarms: Pick<Alarms, 'alarms'>;
  readonly canaries: Pick<Canaries, 'recentRuns'>;
  readonly callOperation: CallOperation;
  readonly logger: Logger;
}

// Half a minute shows a change soon after it came; what is called more rarely is judged over five minutes.
const recentMs = 30_000;
const rareMs = 300_000;
const recentCallsMin = 5;
const usualMs = 3_600_000;
const runsShown = 90;
/** So many services DescribeServices takes. */
const describedAtOnce = 10;

export interface OverviewReading {
  readonly snapshot: Snapshot;
  readonly deployments: readonly DeploymentFact[];
}

/** Reads the other planes once. One that cannot answer now is named and leaves its part empty, not the whole page. */
export async function readSnapshot(
  sources: OverviewSources,
  scope: AccountRegion,
  end: Date,
): Promise<OverviewReading> {
  const recentStart = new Date(end.getTime() - recentMs);
  const rareStart = new Date(end.getTime() - rareMs);
  const usualStart = new Date(recentStart.getTime() - usualMs);
  const unread = new Set<Source>();
  const orEmpty = <Row>(source: Source, reading: Promise<readonly Row[]>): Promise<readonly Row[]> =>
    reading.catch((error: unknown) => {
      unread.add(source);
      sources.logger.warn({ error, source }, 'overview');
      return [];
    });
  const [services, recent, rare, usual, edges, alarms, canaries, targets, insights] = await Promise.all([
    orEmpty('services', readServices(sources, scope)),
    orEmpty('traces', sources.traces.serviceHealth(scope, recentStart, end)),
    orEmpty('traces', sources.traces.serviceHealth(scope, rareStart, end)),
    orEmpty('traces', sources.traces.serviceHealth(scope, usualStart, recentStart)),
    orEmpty('traces', readEdges(sources, scope, recentStart, end)),
    orEmpty('alarms', sources.alarms.alarms(scope)),
    orEmpty('canaries', sources.canaries.recentRuns(scope, runsShown)),
    orEmpty('balancers', readTargets(sources, scope)),
    orEmpty('insights', sources.traces.openInsights(scope, end)),
  ]);
  const snapshot: Snapshot = {
    unread: [...unread],
    health: mergeHealth(recent, rare),
    usual: await usualBeforeDeployments(sources, scope, services, usual, recentStart),
    edges,
    services,
    alarms: alarms.map((alarm) => ({
      name: alarm.name,
      state: alarm.state,
      reason: alarm.reason,
      changedAt: alarm.changedAt.toISOString(),
    })),
    canaries: canaries.map((canary) => ({
      name: canary.name,
      state: canary.state,
      lastRuns: canary.runs.map((run) => ({
        passed: run.passed,
        at: new Date(run.startedMs).toISOString(),
        reason: run.reason,
      })),
    })),
    targets,
    insights: insights.map(({ id, rootCause, startedAt, clientImpact, rootCauseImpact }) => ({
      id,
      service: rootCause.name,
      since: startedAt.toISOString(),
      clientFailed: clientImpact.fault,
      clientTotal: clientImpact.total,
      ownFailed: rootCauseImpact.fault,
      ownTotal: rootCauseImpact.total,
    })),
  };
  const deployments = services
    .flatMap((service) => (service.newestDeployment ? [service.newestDeployment] : []))
    .sort((a, b) => b.at.localeCompare(a.at));
  return { snapshot, deployments };
}

/** Each service over half a minute where that holds enough calls, else over five. */
function mergeHealth(recent: Snapshot['health'], rare: Snapshot['health']): Snapshot['health'] {
  return rare.map(
    (health) =>
      recent.find(
        (other) => other.name === health.name && other.type === health.type && other.total >= recentCallsMin,
      ) ?? health,
  );
}

/** What was usual before a service's newest deployment: a change that came with it must not become its own yardstick. */
async function usualBeforeDeployments(
  sources: OverviewSources,
  scope: AccountRegion,
  services: readonly EcsServiceFact[],
  usual: Snapshot['usual'],
  recentStart: Date,
): Promise<Snapshot['usual']> {
  const result = [...usual];
  for (const service of services) {
    const at = service.newestDeployment && new Date(service.newestDeployment.at);
    if (!at || at > recentStart || recentStart.getTime() - at.getTime() > usualMs) continue;
    const beforeIt = sources.traces.serviceHealth(scope, new Date(at.getTime() - usualMs), at);
    // Without it, what is usual now has to do.
    const before = await beforeIt.catch(() => []);
    const own = before.find((health) => health.name === service.service);
    const index = result.findIndex((health) => health.name === service.service);
    if (own && index >= 0) result[index] = own;
  }
  return result;
}

async function readServices({ callOperation }: OverviewSources, scope: AccountRegion): Promise<EcsServiceFact[]> {
  const names = new Map<string, string[]>();
  for (const { cluster, service } of await listServices(callOperation, scope)) {
    names.set(cluster, [...(names.get(cluster) ?? []), service]);
  }
  const facts: EcsServiceFact[] = [];
  for (const [cluster, ofCluster] of names) {
    for (let i = 0; i < ofCluster.length; i += describedAtOnce) {
      const input = { cluster, services: ofCluster.slice(i, i + describedAtOnce) };
      const { services = [] } = await callOperation<DescribeServicesResponse>('ecs', 'DescribeServices', input, scope);
      facts.push(...services.map((service) => toServiceFact(cluster, service)));
    }
  }
  return facts;
}

function toServiceFact(
  cluster: string,
  service: NonNullable<DescribeServicesResponse['services']>[number],
): EcsServiceFact {
  const primary = service.deployments?.find((deployment) => deployment.status === 'PRIMARY');
  return {
    cluster,
    service: service.serviceName ?? '',
    running: service.runningCount ?? 0,
    desired: service.desiredCount ?? 0,
    inDeployment: primary?.rolloutState === 'IN_PROGRESS',
    lastEvent: service.events?.[0]?.message ?? '',
    ...(primary?.createdAt && {
      newestDeployment: {
        cluster,
        service: service.serviceName ?? '',
        revision: primary.taskDefinition?.split('/').at(-1) ?? '',
        at: primary.createdAt.toISOString(),
      },
    }),
  };
}

async function readEdges(sources: OverviewSources, scope: AccountRegion, start: Date, end: Date): Promise<EdgeFact[]> {
  const graph = await sources.callOperation<GetServiceGraphResult>(
    'xray',
    'GetServiceGraph',
    { StartTime: start, EndTime: end },
    scope,
  );
  const nodes = new Map((graph.Services ?? []).map((node) => [node.ReferenceId, node]));
  const edges: EdgeFact[] = [];
  for (const node of graph.Services ?? []) {
    if (node.Type === 'client') continue;
    for (const edge of node.Edges ?? []) {
      const target = nodes.get(edge.ReferenceId);
      const statistics = edge.SummaryStatistics;
      const total = statistics?.TotalCount ?? 0;
      // A call may be both an error and a fault; what counts here is that it was not ok.
      const failed = total - (statistics?.OkCount ?? total);
      if (!target || failed === 0) continue;
      const exception = await readException(sources, scope, { from: node.Name!, to: target.Name!, start, end });
      edges.push({
        from: node.Name ?? '',
        to: target.Name ?? '',
        toType: target.Type ?? '',
        total,
        failed,
        ...(exception !== undefined && { exception }),
      });
    }
  }
  return edges;
}

async function readException(
  sources: OverviewSources,
  scope: AccountRegion,
  edge: { from: string; to: string; start: Date; end: Date },
): Promise<string | undefined> {
  const name = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`;
  const { TraceSummaries = [] } = await sources
    .callOperation<GetTraceSummariesResult>(
      'xray',
      'GetTraceSummaries',
      {
        StartTime: edge.start,
        EndTime: edge.end,
        FilterExpression: `edge(${name(edge.from)}, ${name(edge.to)}) { fault = true OR error = true }`,
      },
      scope,
    )
    .catch(() => ({ TraceSummaries: [] }));
  for (const summary of TraceSummaries) {
    for (const cause of [...(summary.FaultRootCauses ?? []), ...(summary.ErrorRootCauses ?? [])]) {
      const exceptions = cause.Services?.flatMap((service) => service.EntityPath ?? []).flatMap(
        (entity) => entity.Exceptions ?? [],
      );
      const named = exceptions?.find((exception) => exception.Name);
      if (named) return named.Name;
    }
  }
  return undefined;
}

async function readTargets(sources: OverviewSources, scope: AccountRegion): Promise<Snapshot['targets']> {
  const { TargetGroups = [] } = await sources.callOperation<{
    TargetGroups?: { TargetGroupArn?: string; TargetGroupName?: string }[];
  }>('elbv2', 'DescribeTargetGroups', {}, scope);
  return Promise.all(
    TargetGroups.map(async (group) => {
      const { TargetHealthDescriptions = [] } = await sources.callOperation<{
        TargetHealthDescriptions?: { TargetHealth?: { State?: string; Reason?: string } }[];
      }>('elbv2', 'DescribeTargetHealth', { TargetGroupArn: group.TargetGroupArn }, scope);
      const unhealthy = TargetHealthDescriptions.filter((target) => target.TargetHealth?.State === 'unhealthy');
      return {
        targetGroup: group.TargetGroupName ?? '',
        targetGroupArn: group.TargetGroupArn ?? '',
        unhealthy: unhealthy.length,
        total: TargetHealthDescriptions.length,
        reason: unhealthy[0]?.TargetHealth?.Reason ?? '',
      };
    }),
  );
}
