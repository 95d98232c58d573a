import type { ResourceType, TagSpecification } from '@aws-sdk/client-ec2';
import type { Change } from '../../../stores/state/store.ts';
import type { AccountRegion } from '../../../wire/aws/call-context.ts';
import { put, scopeKey, type TrafficStore } from '../../store.ts';
import { paginate } from '../paginate.ts';
import { type Ec2Deps, type Ec2Handlers, passesFilters } from './context.ts';

export function tagHandlers({ store }: Ec2Deps): Ec2Handlers {
  return {
    CreateTags: (input, context) =>
      store.update(() => ({
        changes: (input.Resources ?? []).map((id) => {
          const held = store.get('ec2/tags', scopeKey(context) + id);
          const added = Object.fromEntries((input.Tags ?? []).map(({ Key, Value }) => [Key ?? '', Value ?? '']));
          return put('ec2/tags', scopeKey(context) + id, { ...held?.value, ...added }, held?.version ?? 'absent');
        }),
        result: {},
      })),

    DeleteTags: (input, context) =>
      store.update(() => ({
        changes: (input.Resources ?? []).flatMap((id) => {
          const held = store.get('ec2/tags', scopeKey(context) + id);
          if (!held) return [];
          const kept = Object.entries(held.value).filter(([key, value]) => {
            const named = input.Tags?.some(
              (tag) => tag.Key === key && (tag.Value === undefined || tag.Value === value),
            );
            return input.Tags?.length ? !named : false;
          });
          return [put('ec2/tags', held.key, Object.fromEntries(kept), held.version)];
        }),
        result: {},
      })),

    DescribeTags: (input, context) => {
      const all = store.list('ec2/tags', scopeKey(context)).flatMap(({ key, value }) => {
        const ResourceId = key.slice(scopeKey(context).length);
        const type = resourceTypes[ResourceId.split('-')[0] ?? ''] ?? 'instance';
        return Object.entries(value).map(([Key, Value]) => ({ ResourceId, ResourceType: type, Key, Value }));
      });
      const found = all.filter((tag) =>
        passesFilters(input.Filters, [], {
          key: [tag.Key],
          value: [tag.Value],
          'resource-id': [tag.ResourceId],
          'resource-type': [tag.ResourceType],
        }),
      );
      const { page, next } = paginate(found, input.NextToken, input.MaxResults ?? 1000, 'InvalidNextToken');
      return { Tags: page, NextToken: next };
    },
  };
}

const resourceTypes: Readonly<Record<string, ResourceType>> = {
  vpc: 'vpc',
  subnet: 'subnet',
  sg: 'security-group',
};

/** The change that gives a new resource the tags of its TagSpecifications; none without any. */
export function tagChange(
  store: TrafficStore,
  scope: AccountRegion,
  id: string,
  resourceType: string,
  specifications: readonly TagSpecification[] | undefined,
): Change[] {
  const tags = (specifications ?? [])
    .filter(({ ResourceType }) => ResourceType === resourceType)
    .flatMap(({ Tags }) => Tags ?? []);
  if (tags.length === 0) return [];
  const held = store.get('ec2/tags', scopeKey(scope) + id);
  const value = Object.fromEntries(tags.map(({ Key, Value }) => [Key ?? '', Value ?? '']));
  return [put('ec2/tags', scopeKey(scope) + id, value, held?.version ?? 'absent')];
}
