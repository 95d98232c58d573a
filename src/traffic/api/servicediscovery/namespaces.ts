import type { NamespaceFilter, Namespace as NamespaceOutput } from '@aws-sdk/client-servicediscovery';
import { newAlphanumericId } from '../../../platform/ids.ts';
import { AwsError, awsError } from '../../../wire/aws/aws-error.ts';
import type { AccountRegion } from '../../../wire/aws/call-context.ts';
import { servicesOf } from '../../discovery/find-service.ts';
import type { Namespace } from '../../model.ts';
import { put, remove, scopeKey, type TrafficStore } from '../../store.ts';
import { paginate } from '../paginate.ts';
import {
  type DiscoveryDeps,
  type DiscoveryHandlers,
  discoveryArn,
  findNamespace,
  finishedOperation,
  newDiscoveryId,
  toTags,
} from './context.ts';

const soaTtlDefaultSeconds = 15;

interface NewNamespace {
  readonly Name?: string | undefined;
  readonly Description?: string | undefined;
  readonly CreatorRequestId?: string | undefined;
  readonly Tags?: readonly { Key?: string | undefined; Value?: string | undefined }[] | undefined;
}

export function namespaceHandlers(deps: DiscoveryDeps): DiscoveryHandlers {
  const { store, vpc, clock } = deps;
  const create = (
    scope: AccountRegion,
    input: NewNamespace,
    kind: Pick<Namespace, 'type'> & Partial<Namespace>,
  ): Promise<{ OperationId: string }> =>
    store.update(() => {
      const name = input.Name ?? '';
      refuseDuplicate(store, scope, name, input.CreatorRequestId);
      const id = newDiscoveryId('ns');
      const namespace: Namespace = {
        id,
        arn: discoveryArn(scope, `namespace/${id}`),
        name,
        soaTtlSeconds: soaTtlDefaultSeconds,
        createdTime: clock.now().toISOString(),
        tags: toTags(input.Tags),
        ...(input.Description === undefined ? {} : { description: input.Description }),
        ...(input.CreatorRequestId === undefined ? {} : { creatorRequestId: input.CreatorRequestId }),
        ...kind,
      };
      const { changes, operationId } = finishedOperation(deps, scope, 'CREATE_NAMESPACE', { NAMESPACE: id });
      return {
        changes: [put('servicediscovery/namespace', scopeKey(scope) + id, namespace, 'absent'), ...changes],
        result: { OperationId: operationId },
      };
    });

  return {
    CreateHttpNamespace: (input, context) => create(context, input, { type: 'HTTP' }),

    CreatePrivateDnsNamespace: (input, context) => {
      if (!vpc.vpcs(context).some(({ vpcId }) => vpcId === input.Vpc)) {
        throw awsError('InvalidInput', `The VPC ${input.Vpc} does not exist.`);
      }
      if (
        !/^(?=.{1,253}$)(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*$/.test(
          input.Name ?? '',
        )
      ) {
        throw awsError('InvalidInput', `The name ${input.Name} is no DNS name.`);
      }
      return create(context, input, {
        type: 'DNS_PRIVATE',
        vpcId: input.Vpc!,
        hostedZoneId: `Z${newAlphanumericId(20)}`,
        soaTtlSeconds: input.Properties?.DnsProperties?.SOA?.TTL ?? soaTtlDefaultSeconds,
      });
    },

    GetNamespace: (input, context) => {
      const { value } = findNamespace(store, context, input.Id);
      return { Namespace: toOutput(value, servicesOf(store, context, value.id).length) };
    },

    ListNamespaces: (input, context) => {
      const found = store
        .list('servicediscovery/namespace', scopeKey(context))
        .map(({ value }) => value)
        .filter((namespace) => (input.Filters ?? []).every((filter) => matchesFilter(namespace, filter)));
      const { page, next } = paginate(found, input.NextToken, input.MaxResults ?? 100, 'InvalidInput');
      return {
        Namespaces: page.map((namespace) => toOutput(namespace, servicesOf(store, context, namespace.id).length)),
        NextToken: next,
      };
    },

    UpdatePrivateDnsNamespace: (input, context) => {
      const { Description: description, Properties: properties } = input.Namespace ?? {};
      const soaTtlSeconds = properties?.DnsProperties?.SOA?.TTL;
      return change(deps, context, input.Id, {
        ...(description === undefined ? {} : { description }),
        ...(soaTtlSeconds === undefined ? {} : { soaTtlSeconds }),
      });
    },

    UpdateHttpNamespace: (input, context) =>
      change(deps, context, input.Id, { description: input.Namespace?.Description ?? '' }),

    DeleteNamespace: (input, context) =>
      store.update(() => {
        const namespace = findNamespace(store, context, input.Id);
        const { id } = namespace.value;
        if (servicesOf(store, context, id).length > 0) {
          throw awsError('ResourceInUse', `Namespace has associated services: ${id}`);
        }
        const { changes, operationId } = finishedOperation(deps, context, 'DELETE_NAMESPACE', { NAMESPACE: id });
        return {
          changes: [remove('servicediscovery/namespace', namespace), ...changes],
          result: { OperationId: operationId },
        };
      }),
  };
}

const change = (deps: DiscoveryDeps, scope: AccountRegion, id: string | undefined, values: Partial<Namespace>) =>
  deps.store.update(() => {
    const { key, value, version } = findNamespace(deps.store, scope, id);
    const { changes, operationId } = finishedOperation(deps, scope, 'UPDATE_NAMESPACE', { NAMESPACE: value.id });
    return {
      changes: [put('servicediscovery/namespace', key, { ...value, ...values }, version), ...changes],
      result: { OperationId: operationId },
    };
  });

function refuseDuplicate(store: TrafficStore, scope: AccountRegion, name: string, requestId: string | undefined): void {
  const same = store
    .list('servicediscovery/namespace', scopeKey(scope))
    .find(({ value }) => value.name.toLowerCase() === name.toLowerCase());
  if (!same) return;
  throw new AwsError('NamespaceAlreadyExists', `A namespace with the name ${name} already exists.`, {
    extra: { NamespaceId: same.value.id, CreatorRequestId: same.value.creatorRequestId ?? requestId },
  });
}

function matchesFilter(namespace: Namespace, filter: NamespaceFilter): boolean {
  const value = filter.Name === 'TYPE' ? namespace.type : namespace.name;
  const values = filter.Values ?? [];
  if (filter.Condition === 'BEGINS_WITH') return values.some((wanted) => value.startsWith(wanted));
  return values.includes(value);
}

function toOutput(namespace: Namespace, serviceCount: number): NamespaceOutput {
  const dns = namespace.hostedZoneId
    ? { DnsProperties: { HostedZoneId: namespace.hostedZoneId, SOA: { TTL: namespace.soaTtlSeconds } } }
    : {};
  return {
    Id: namespace.id,
    Arn: namespace.arn,
    Name: namespace.name,
    Type: namespace.type,
    Description: namespace.description,
    ServiceCount: serviceCount,
    Properties: { ...dns, HttpProperties: { HttpName: namespace.name } },
    CreateDate: new Date(namespace.createdTime),
    CreatorRequestId: namespace.creatorRequestId,
  };
}
