import type { Versioned } from '../../stores/state/store.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import type { DiscoveryInstance, DiscoveryServiceResource, Namespace } from '../model.ts';
import { scopeKey, type TrafficStore } from '../store.ts';

/** What a private name stands for. */
export type NameLookup =
  /** Not below any of our namespaces: somebody else's name. */
  | { readonly kind: 'foreign' }
  /** Below a namespace of ours, where nothing has this name. */
  | { readonly kind: 'missing'; readonly namespace: Namespace }
  | { readonly kind: 'namespace'; readonly namespace: Namespace }
  | { readonly kind: 'service'; readonly namespace: Namespace; readonly service: DiscoveryServiceResource }
  | {
      readonly kind: 'instance';
      readonly namespace: Namespace;
      readonly service: DiscoveryServiceResource;
      readonly instance: DiscoveryInstance;
    };

export const dnsName = (service: { readonly name: string }, namespace: { readonly name: string }): string =>
  `${service.name}.${namespace.name}`;

/** Names are compared without regard to case; a final dot is nothing. */
export function lookUpName(store: TrafficStore, scope: AccountRegion, name: string): NameLookup {
  const wanted = name.toLowerCase().replace(/\.$/, '');
  const namespace = longestNamespace(store, scope, wanted);
  if (!namespace) return { kind: 'foreign' };
  const zone = namespace.name.toLowerCase();
  if (wanted === zone) return { kind: 'namespace', namespace };
  const label = wanted.slice(0, -zone.length - 1);
  for (const { value: service } of servicesOf(store, scope, namespace.id)) {
    const serviceName = service.name.toLowerCase();
    if (label === serviceName) return { kind: 'service', namespace, service };
    if (!label.endsWith(`.${serviceName}`)) continue;
    const instanceId = label.slice(0, -serviceName.length - 1);
    const instance = instancesOf(store, scope, service.id).find(({ id }) => id.toLowerCase() === instanceId);
    if (instance) return { kind: 'instance', namespace, service, instance };
  }
  return { kind: 'missing', namespace };
}

export const servicesOf = (store: TrafficStore, scope: AccountRegion, namespaceId: string) =>
  store
    .list('servicediscovery/service', scopeKey(scope))
    .filter(({ value }) => value.namespaceId === namespaceId) satisfies Versioned<DiscoveryServiceResource>[];

export const instancesOf = (store: TrafficStore, scope: AccountRegion, serviceId: string): DiscoveryInstance[] =>
  store.list('servicediscovery/instance', `${scopeKey(scope)}${serviceId}/`).map(({ value }) => value);

/** Healthy ones, or all when none is: an answer that may work is better than none. */
export function healthyOrAll(instances: readonly DiscoveryInstance[]): readonly DiscoveryInstance[] {
  const healthy = instances.filter((instance) => instance.healthy);
  return healthy.length > 0 ? healthy : instances;
}

export const instanceAddress = (instance: DiscoveryInstance): string => instance.attributes.AWS_INSTANCE_IPV4 ?? '';
export const instancePort = (instance: DiscoveryInstance): number => Number(instance.attributes.AWS_INSTANCE_PORT ?? 0);

function longestNamespace(store: TrafficStore, scope: AccountRegion, wanted: string): Namespace | undefined {
  return store
    .list('servicediscovery/namespace', scopeKey(scope))
    .map(({ value }) => value)
    .filter(({ type }) => type === 'DNS_PRIVATE')
    .filter(({ name }) => wanted === name.toLowerCase() || wanted.endsWith(`.${name.toLowerCase()}`))
    .sort((a, b) => b.name.length - a.name.length)[0];
}
