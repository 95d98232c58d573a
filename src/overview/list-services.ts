import type { ListClustersResponse, ListServicesResponse } from '@aws-sdk/client-ecs';
import type { AccountRegion } from '../wire/aws/call-context.ts';
import type { CallOperation } from './read-snapshot.ts';

export interface ServiceName {
  readonly cluster: string;
  readonly service: string;
}

/** Every service of every cluster, or of those that are named. */
export async function listServices(
  callOperation: CallOperation,
  scope: AccountRegion,
  only: Partial<ServiceName> = {},
): Promise<ServiceName[]> {
  if (only.cluster !== undefined && only.service !== undefined) {
    return [{ cluster: only.cluster, service: only.service }];
  }
  const clusters: string[] = [];
  let clusterToken: string | undefined;
  do {
    const input = clusterToken ? { nextToken: clusterToken } : {};
    const page: ListClustersResponse = await callOperation('ecs', 'ListClusters', input, scope);
    clusters.push(...(page.clusterArns ?? []).map(lastPart));
    clusterToken = page.nextToken;
  } while (clusterToken);
  const found: ServiceName[] = [];
  for (const cluster of clusters.filter((name) => name === (only.cluster ?? name))) {
    let nextToken: string | undefined;
    do {
      const page: ListServicesResponse = await callOperation(
        'ecs',
        'ListServices',
        { cluster, maxResults: 100, ...(nextToken ? { nextToken } : {}) },
        scope,
      );
      found.push(...(page.serviceArns ?? []).map((arn) => ({ cluster, service: lastPart(arn) })));
      nextToken = page.nextToken;
    } while (nextToken);
  }
  return found.filter(({ service }) => service === (only.service ?? service));
}

/** What follows the last slash of an ARN. */
export const lastPart = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1);
