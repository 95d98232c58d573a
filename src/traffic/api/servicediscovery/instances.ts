import { isIPv4 } from 'node:net';
import type { HealthStatusFilter, HttpInstanceSummary } from '@aws-sdk/client-servicediscovery';
import { awsError } from '../../../wire/aws/aws-error.ts';
import type { AccountRegion } from '../../../wire/aws/call-context.ts';
import { healthyOrAll, instancesOf, servicesOf } from '../../discovery/find-service.ts';
import type { DiscoveryInstance, DiscoveryServiceResource } from '../../model.ts';
import { scopeKey } from '../../store.ts';
import { paginate } from '../paginate.ts';
import { type DiscoveryDeps, type DiscoveryHandlers, findService, finishedOperation } from './context.ts';

export function instanceHandlers(deps: DiscoveryDeps): DiscoveryHandlers {
  const { store, instances } = deps;
  const find = (scope: AccountRegion, serviceId: string, instanceId: string | undefined): DiscoveryInstance => {
    const found = instancesOf(store, scope, serviceId).find(({ id }) => id === instanceId);
    if (!found) throw awsError('InstanceNotFound', `Instance not found: ${instanceId}`);
    return found;
  };
  const noteOperation = (scope: AccountRegion, type: string, instanceId: string, serviceId: string) =>
    store.update(() => {
      const targets = { INSTANCE: instanceId, SERVICE: serviceId };
      const { changes, operationId } = finishedOperation(deps, scope, type, targets);
      return { changes, result: { OperationId: operationId } };
    });
  return {
    RegisterInstance: async (input, context) => {
      const { value: service } = findService(store, context, input.ServiceId);
      const instanceId = input.InstanceId ?? '';
      if (!/^[0-9a-zA-Z_/:.@-]{1,64}$/.test(instanceId)) {
        throw awsError('InvalidInput', `The instance id ${instanceId} is not valid.`);
      }
      const attributes = checkAttributes(service, input.Attributes ?? {});
      await instances.register(service.arn, instanceId, attributes);
      return noteOperation(context, 'REGISTER_INSTANCE', instanceId, service.id);
    },

    DeregisterInstance: async (input, context) => {
      const { value: service } = findService(store, context, input.ServiceId);
      const { id } = find(context, service.id, input.InstanceId);
      await instances.deregister(service.arn, id);
      return noteOperation(context, 'DEREGISTER_INSTANCE', id, service.id);
    },

    GetInstance: (input, context) => {
      const { value: service } = findService(store, context, input.ServiceId);
      const { id, attributes } = find(context, service.id, input.InstanceId);
      return { Instance: { Id: id, Attributes: { ...attributes } } };
    },

    ListInstances: (input, context) => {
      const { value: service } = findService(store, context, input.ServiceId);
      const all = instancesOf(store, context, service.id);
      const { page, next } = paginate(all, input.NextToken, input.MaxResults ?? 100, 'InvalidInput');
      return {
        Instances: page.map(({ id, attributes }) => ({ Id: id, Attributes: { ...attributes } })),
        NextToken: next,
      };
    },

    GetInstancesHealthStatus: (input, context) => {
      const { value: service } = findService(store, context, input.ServiceId);
      const wanted = input.Instances?.length
        ? input.Instances.map((id) => find(context, service.id, id))
        : instancesOf(store, context, service.id);
      const { page, next } = paginate(wanted, input.NextToken, input.MaxResults ?? 100, 'InvalidInput');
      return { Status: Object.fromEntries(page.map(({ id, healthy }) => [id, health(healthy)])), NextToken: next };
    },

    UpdateInstanceCustomHealthStatus: async (input, context) => {
      const { value: service } = findService(store, context, input.ServiceId);
      if (!service.healthCheckCustomConfig) {
        throw awsError('CustomHealthNotFound', `Service ${service.id} has no HealthCheckCustomConfig.`);
      }
      await instances.setHealth(service.arn, input.InstanceId ?? '', input.Status === 'HEALTHY');
      return {};
    },

    DiscoverInstances: (input, context) => {
      const { service, namespaceName, revision } = discovered(deps, context, input.NamespaceName, input.ServiceName);
      const required = Object.entries(input.QueryParameters ?? {});
      const optional = Object.entries(input.OptionalParameters ?? {});
      const matches = (pairs: [string, string][]) => (instance: DiscoveryInstance) =>
        pairs.every(([key, value]) => instance.attributes[key] === value);
      const all = instancesOf(store, context, service.id).filter(matches(required));
      const preferred = all.filter(matches(optional));
      const chosen = byHealth(preferred.length > 0 ? preferred : all, input.HealthStatus ?? 'HEALTHY');
      const summaries = chosen.slice(0, input.MaxResults ?? 100).map(
        ({ id, attributes, healthy }): HttpInstanceSummary => ({
          InstanceId: id,
          NamespaceName: namespaceName,
          ServiceName: service.name,
          HealthStatus: health(healthy),
          Attributes: { ...attributes },
        }),
      );
      return { Instances: summaries, InstancesRevision: revision };
    },

    DiscoverInstancesRevision: (input, context) => ({
      InstancesRevision: discovered(deps, context, input.NamespaceName, input.ServiceName).revision,
    }),
  };
}

function discovered(
  { store }: DiscoveryDeps,
  scope: AccountRegion,
  namespaceName: string | undefined,
  serviceName: string | undefined,
) {
  const namespace = store
    .list('servicediscovery/namespace', scopeKey(scope))
    .find(({ value }) => value.name === namespaceName)?.value;
  if (!namespace) throw awsError('NamespaceNotFound', `Namespace not found: ${namespaceName}`);
  const service = servicesOf(store, scope, namespace.id).find(({ value }) => value.name === serviceName);
  if (!service) throw awsError('ServiceNotFound', `Service not found: ${serviceName}`);
  const registered = store.list('servicediscovery/instance', `${scopeKey(scope)}${service.value.id}/`);
  // Versions grow with each change; a removal shows in the number of those that are left.
  const newest = registered.reduce((revision, { version }) => Math.max(revision, version), service.version);
  return { service: service.value, namespaceName: namespace.name, revision: newest * 1001 + registered.length };
}

function byHealth(instances: readonly DiscoveryInstance[], filter: HealthStatusFilter): readonly DiscoveryInstance[] {
  switch (filter) {
    case 'ALL':
      return instances;
    case 'UNHEALTHY':
      return instances.filter(({ healthy }) => !healthy);
    case 'HEALTHY_OR_ELSE_ALL':
      return healthyOrAll(instances);
    default:
      return instances.filter(({ healthy }) => healthy);
  }
}

function checkAttributes(
  service: DiscoveryServiceResource,
  attributes: Record<string, string>,
): Record<string, string> {
  const types = service.dnsRecords.map(({ Type }) => Type);
  const { AWS_INSTANCE_IPV4: address, AWS_INSTANCE_PORT: port } = attributes;
  if (types.includes('A') && !address) throw awsError('InvalidInput', 'AWS_INSTANCE_IPV4 is required.');
  if (types.includes('SRV') && (!port || !address)) {
    throw awsError('InvalidInput', 'AWS_INSTANCE_PORT and AWS_INSTANCE_IPV4 are required.');
  }
  if (address !== undefined && !isIPv4(address)) {
    throw awsError('InvalidInput', `AWS_INSTANCE_IPV4 ${address} is no IPv4 address.`);
  }
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) <= 65_535)) {
    throw awsError('InvalidInput', `AWS_INSTANCE_PORT ${port} is no port.`);
  }
  return attributes;
}

const health = (healthy: boolean): 'HEALTHY' | 'UNHEALTHY' => (healthy ? 'HEALTHY' : 'UNHEALTHY');
