import type {
  DescribeServiceDeploymentsResponse,
  DescribeServiceRevisionsResponse,
  ListServiceDeploymentsResponse,
  ServiceDeployment,
} from '@aws-sdk/client-ecs';
import type { AccountRegion } from '../wire/aws/call-context.ts';
import { lastPart } from './list-services.ts';
import type { CallOperation } from './read-snapshot.ts';

/** One deployment and what ran before it, of its service's history. */
export interface HistoryItem {
  readonly cluster: string;
  readonly service: string;
  readonly deployment: ServiceDeployment;
  /** `family:7`. */
  readonly revision: string;
  readonly previousRevision?: string;
}

const describedAtATime = 20;

/** Deployments of a service, newest first, at most 100; only those that began before `until`. A service that is gone has none. */
export async function readHistory(
  callOperation: CallOperation,
  scope: AccountRegion,
  { cluster, service }: { readonly cluster: string; readonly service: string },
  { until, limit = 100 }: { readonly until?: Date; readonly limit?: number } = {},
): Promise<HistoryItem[]> {
  const listed = await callOperation<ListServiceDeploymentsResponse>(
    'ecs',
    'ListServiceDeployments',
    { cluster, service, maxResults: limit, ...(until ? { createdAt: { before: until } } : {}) },
    scope,
  ).catch(() => ({ serviceDeployments: [] }) satisfies Partial<ListServiceDeploymentsResponse>);
  const arns = (listed.serviceDeployments ?? []).map(({ serviceDeploymentArn }) => serviceDeploymentArn!);
  const deployments: ServiceDeployment[] = [];
  for (let from = 0; from < arns.length; from += describedAtATime) {
    const described = await callOperation<DescribeServiceDeploymentsResponse>(
      'ecs',
      'DescribeServiceDeployments',
      { serviceDeploymentArns: arns.slice(from, from + describedAtATime) },
      scope,
    );
    deployments.push(...(described.serviceDeployments ?? []));
  }
  const revisions = await readRevisions(callOperation, scope, deployments);
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
