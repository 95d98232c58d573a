import type {
  CreateServiceCommandInput,
  DnsConfig,
  DnsRecord,
  Service as ServiceOutput,
} from '@aws-sdk/client-servicediscovery';
import { AwsError, awsError } from '../../../wire/aws/aws-error.ts';
import { instancesOf, servicesOf } from '../../discovery/find-service.ts';
import type { DiscoveryServiceResource, Namespace } from '../../model.ts';
import { put, remove, scopeKey } from '../../store.ts';
import { paginate } from '../paginate.ts';
import {
  type DiscoveryDeps,
  type DiscoveryHandlers,
  discoveryArn,
  findNamespace,
  findService,
  finishedOperation,
  newDiscoveryId,
  toTags,
} from './context.ts';

export function serviceHandlers(deps: DiscoveryDeps): DiscoveryHandlers {
  const { store, clock } = deps;
  return {
    CreateService: (input, context) =>
      store.update(() => {
        const namespaceId = input.NamespaceId ?? input.DnsConfig?.NamespaceId;
        if (!namespaceId) throw awsError('InvalidInput', 'NamespaceId is required.');
        const namespace = findNamespace(store, context, namespaceId);
        const dnsRecords = checkDnsRecords(input, namespace.value);
        const name = input.Name ?? '';
        const same = servicesOf(store, context, namespace.value.id).find(
          ({ value }) => value.name.toLowerCase() === name.toLowerCase(),
        );
        if (same) {
          throw new AwsError('ServiceAlreadyExists', `Service already exists: ${name}`, {
            extra: {
              ServiceId: same.value.id,
              ServiceArn: same.value.arn,
              CreatorRequestId: same.value.creatorRequestId,
            },
          });
        }
        const id = newDiscoveryId('srv');
        const service: DiscoveryServiceResource = {
          id,
          arn: discoveryArn(context, `service/${id}`),
          name,
          namespaceId: namespace.value.id,
          routingPolicy: input.DnsConfig?.RoutingPolicy ?? 'MULTIVALUE',
          dnsRecords,
          createdTime: clock.now().toISOString(),
          tags: toTags(input.Tags),
          ...(input.Description === undefined ? {} : { description: input.Description }),
          ...(input.CreatorRequestId === undefined ? {} : { creatorRequestId: input.CreatorRequestId }),
          ...(input.HealthCheckCustomConfig ? { healthCheckCustomConfig: { FailureThreshold: 1 } } : {}),
        };
        return {
          changes: [
            put('servicediscovery/service', scopeKey(context) + id, service, 'absent'),
            // Written unchanged so that the namespace cannot be deleted, or the name be given twice, meanwhile.
            put('servicediscovery/namespace', namespace.key, namespace.value, namespace.version),
          ],
          result: { Service: toOutput(service, 0) },
        };
      }),

    GetService: (input, context) => {
      const { value } = findService(store, context, input.Id);
      return { Service: toOutput(value, instancesOf(store, context, value.id).length) };
    },

    ListServices: (input, context) => {
      const found = store
        .list('servicediscovery/service', scopeKey(context))
        .map(({ value }) => value)
        .filter(({ namespaceId }) =>
          (input.Filters ?? []).every(({ Values }) =>
            (Values ?? []).some((id) => id.split('/').at(-1) === namespaceId),
          ),
        );
      const { page, next } = paginate(found, input.NextToken, input.MaxResults ?? 100, 'InvalidInput');
      return {
        Services: page.map((service) => toOutput(service, instancesOf(store, context, service.id).length)),
        NextToken: next,
      };
    },

    UpdateService: (input, context) =>
      store.update(() => {
        const { key, value, version } = findService(store, context, input.Id);
        const records = input.Service?.DnsConfig?.DnsRecords;
        const service: DiscoveryServiceResource = {
          ...value,
          ...(input.Service?.Description === undefined ? {} : { description: input.Service.Description }),
          ...(records ? { dnsRecords: records.map(({ Type, TTL }) => ({ Type, TTL })) } : {}),
        };
        const { changes, operationId } = finishedOperation(deps, context, 'UPDATE_SERVICE', { SERVICE: value.id });
        return {
          changes: [put('servicediscovery/service', key, service, version), ...changes],
          result: { OperationId: operationId },
        };
      }),

    DeleteService: (input, context) =>
      store.update(() => {
        const service = findService(store, context, input.Id);
        if (instancesOf(store, context, service.value.id).length > 0) {
          throw awsError('ResourceInUse', `Service contains registered instances: ${service.value.id}`);
        }
        return { changes: [remove('servicediscovery/service', service)], result: {} };
      }),
  };
}

function checkDnsRecords(input: CreateServiceCommandInput, namespace: Namespace): DnsRecord[] {
  if (input.HealthCheckConfig) {
    throw awsError('InvalidInput', 'HealthCheckConfig is for public namespaces; use HealthCheckCustomConfig.');
  }
  const config: DnsConfig | undefined = input.DnsConfig;
  if (namespace.type === 'HTTP' || input.Type === 'HTTP') {
    if (config) throw awsError('InvalidInput', 'A service in an HTTP namespace has no DNS configuration.');
    return [];
  }
  const records = config?.DnsRecords ?? [];
  if (records.length === 0) throw awsError('InvalidInput', 'DnsConfig with at least one record is required.');
  const types = records.map(({ Type }) => Type);
  if (new Set(types).size < types.length) throw awsError('InvalidInput', 'Record types must be unique.');
  if (types.includes('CNAME') && types.length > 1) {
    throw awsError('InvalidInput', 'A CNAME record cannot be combined with other records.');
  }
  if (!/^[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,125}[A-Za-z0-9_])?$/.test(input.Name ?? '')) {
    throw awsError('InvalidInput', `The name ${input.Name} is no DNS name.`);
  }
  return records.map(({ Type, TTL }) => ({ Type, TTL }));
}

const toOutput = (service: DiscoveryServiceResource, instanceCount: number): ServiceOutput => ({
  Id: service.id,
  Arn: service.arn,
  Name: service.name,
  NamespaceId: service.namespaceId,
  Description: service.description,
  InstanceCount: instanceCount,
  ...(service.dnsRecords.length === 0
    ? {}
    : {
        DnsConfig: {
          NamespaceId: service.namespaceId,
          RoutingPolicy: service.routingPolicy,
          DnsRecords: [...service.dnsRecords],
        },
      }),
  Type: service.dnsRecords.length === 0 ? 'HTTP' : 'DNS_HTTP',
  HealthCheckCustomConfig: service.healthCheckCustomConfig,
  CreateDate: new Date(service.createdTime),
  CreatorRequestId: service.creatorRequestId,
});
