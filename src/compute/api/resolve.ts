import { awsError } from '../../wire/aws/aws-error.ts';
import type { AccountRegion, CallContext } from '../../wire/aws/call-context.ts';
import { lastPart } from '../arns.ts';
import {
  type ClusterRecord,
  clusterKey,
  definitionKey,
  type ServiceRecord,
  type Tags,
  type TaskDefinitionRecord,
  type TaskRecord,
} from '../model.ts';
import type { ComputeStore } from '../store.ts';

/** From what a call names (short names or ARNs) to records. */

export const scopeOf = (context: CallContext): AccountRegion => ({ account: context.account, region: context.region });

/** The cluster, `default` where none is named. Throws ClusterNotFoundException. */
export function findCluster(store: ComputeStore, scope: AccountRegion, nameOrArn: string | undefined): ClusterRecord {
  const cluster = store.clusters.get(clusterKey(scope, lastPart(nameOrArn ?? 'default')));
  if (cluster === undefined || cluster.status !== 'ACTIVE') {
    throw awsError('ClusterNotFoundException', 'Cluster not found.');
  }
  return cluster;
}

export const findService = (
  store: ComputeStore,
  cluster: ClusterRecord,
  nameOrArn: string,
): ServiceRecord | undefined => store.services.get(`${clusterKey(cluster, cluster.name)}/${lastPart(nameOrArn)}`);

/** Throws ServiceNotFoundException, or ServiceNotActiveException for one that is being deleted. */
export function activeService(store: ComputeStore, cluster: ClusterRecord, nameOrArn: string): ServiceRecord {
  const service = findService(store, cluster, nameOrArn);
  if (service === undefined) throw awsError('ServiceNotFoundException', 'Service not found.');
  if (service.status !== 'ACTIVE') throw awsError('ServiceNotActiveException', 'Service was not ACTIVE.');
  return service;
}

export const findTask = (store: ComputeStore, cluster: ClusterRecord, idOrArn: string): TaskRecord | undefined =>
  store.tasks.get(`${clusterKey(cluster, cluster.name)}/${lastPart(idOrArn)}`);

/** `family`, `family:revision` or an ARN. A family alone means its newest ACTIVE revision. */
export function findDefinition(
  store: ComputeStore,
  scope: AccountRegion,
  nameOrArn: string,
): TaskDefinitionRecord | undefined {
  const name = lastPart(nameOrArn);
  const colon = name.lastIndexOf(':');
  if (colon >= 0) {
    const revision = Number(name.slice(colon + 1));
    return Number.isInteger(revision)
      ? store.definitions.get(definitionKey(scope, name.slice(0, colon), revision))
      : undefined;
  }
  return store.definitions
    .list(`${clusterKey(scope, name)}/`)
    .filter((definition) => definition.status === 'ACTIVE')
    .sort((a, b) => b.revision - a.revision)[0];
}

/** A definition that new tasks and services may use. Throws ClientException. */
export function usableDefinition(store: ComputeStore, scope: AccountRegion, nameOrArn: string): TaskDefinitionRecord {
  const definition = findDefinition(store, scope, nameOrArn);
  if (definition === undefined || definition.status === 'DELETE_IN_PROGRESS') {
    throw awsError('ClientException', 'Unable to find task definition.');
  }
  if (definition.status !== 'ACTIVE') throw awsError('ClientException', 'TaskDefinition is inactive');
  return definition;
}

export const fromTagList = (tags: readonly { key?: string; value?: string }[] | undefined): Tags =>
  Object.fromEntries((tags ?? []).map((tag) => [tag.key ?? '', tag.value ?? '']));

export const toTagList = (tags: Tags): { key: string; value: string }[] =>
  Object.entries(tags).map(([key, value]) => ({ key, value }));

/** Equal for calls that ask for the same, whatever the order of their keys. */
export function fingerprintOf(input: object): string {
  return JSON.stringify(input, (_key, value: unknown) =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}

export const toDate = (ms: number | undefined): Date | undefined => (ms === undefined ? undefined : new Date(ms));

/** One page of a sorted list. The token is the offset, opaque to the caller. */
export function paginate<Item>(
  items: readonly Item[],
  page: { nextToken?: string; maxResults?: number },
  defaultSize = 100,
): { items: Item[]; nextToken?: string } {
  const start = page.nextToken === undefined ? 0 : decodeToken(page.nextToken);
  const size = page.maxResults ?? defaultSize;
  const end = start + size;
  return {
    items: items.slice(start, end),
    nextToken: end < items.length ? Buffer.from(`ecs:${end}`).toString('base64url') : undefined,
  };
}

function decodeToken(token: string): number {
  const match = /^ecs:(\d+)$/.exec(Buffer.from(token, 'base64url').toString());
  if (match === null) throw awsError('InvalidParameterException', 'Invalid nextToken.');
  return Number(match[1]);
}
