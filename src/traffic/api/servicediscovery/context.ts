import type { Clock } from '../../../platform/clock.ts';
import { newAlphanumericId } from '../../../platform/ids.ts';
import type { Change, Versioned } from '../../../stores/state/store.ts';
import { awsError } from '../../../wire/aws/aws-error.ts';
import type { AccountRegion } from '../../../wire/aws/call-context.ts';
import type { Handlers } from '../../../wire/aws/service-table.ts';
import type { Instances } from '../../discovery/instances.ts';
import type { DiscoveryServiceResource, Namespace } from '../../model.ts';
import { put, remove, scopeKey, type TrafficStore } from '../../store.ts';
import type { VpcView } from '../../vpc/vpc-view.ts';

export type DiscoveryHandlers = Handlers<typeof import('@aws-sdk/client-servicediscovery')>;

/** What the Cloud Map operations work with. */
export interface DiscoveryDeps {
  readonly store: TrafficStore;
  readonly instances: Instances;
  readonly vpc: VpcView;
  readonly clock: Clock;
}

const operationsMax = 200;

/** 16 lower-case letters and digits. */
export const newDiscoveryId = (prefix: 'ns' | 'srv'): string => `${prefix}-${newAlphanumericId(16).toLowerCase()}`;

export const discoveryArn = (scope: AccountRegion, resource: string): string =>
  `arn:aws:servicediscovery:${scope.region}:${scope.account}:${resource}`;

/** Namespaces and services may be named by id or ARN. */
export const toId = (idOrArn: string | undefined): string => idOrArn?.split('/').at(-1) ?? '';

export function findNamespace(store: TrafficStore, scope: AccountRegion, id: string | undefined): Versioned<Namespace> {
  const found = store.get('servicediscovery/namespace', scopeKey(scope) + toId(id));
  if (!found) throw awsError('NamespaceNotFound', `Namespace not found: ${id}`);
  return found;
}

export function findService(
  store: TrafficStore,
  scope: AccountRegion,
  id: string | undefined,
): Versioned<DiscoveryServiceResource> {
  const found = store.get('servicediscovery/service', scopeKey(scope) + toId(id));
  if (!found) throw awsError('ServiceNotFound', `Service not found: ${id}`);
  return found;
}

/** Changes that note a finished operation and forget the oldest ones, and the id to ask for it. */
export function finishedOperation(
  { store, clock }: Pick<DiscoveryDeps, 'store' | 'clock'>,
  scope: AccountRegion,
  type: string,
  targets: Record<string, string>,
): { changes: Change[]; operationId: string } {
  const operationId = `${newAlphanumericId(32).toLowerCase()}-${newAlphanumericId(8).toLowerCase()}`;
  const createdTime = clock.now().toISOString();
  const held = store.list('servicediscovery/operation', scopeKey(scope));
  const oldest = held
    .sort((a, b) => a.version - b.version)
    .slice(0, Math.max(0, held.length - operationsMax + 1))
    .map((operation): Change => ({ ...remove('servicediscovery/operation', operation), expect: 'any' }));
  const operation = { id: operationId, type, status: 'SUCCESS' as const, targets, createdTime };
  return {
    changes: [put('servicediscovery/operation', scopeKey(scope) + operationId, operation, 'absent'), ...oldest],
    operationId,
  };
}

export const toTags = (tags: readonly { Key?: string | undefined; Value?: string | undefined }[] | undefined) =>
  Object.fromEntries((tags ?? []).map(({ Key, Value }) => [Key ?? '', Value ?? '']));
