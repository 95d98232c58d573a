import type { Change, Versioned } from '../../../stores/state/store.ts';
import { awsError } from '../../../wire/aws/aws-error.ts';
import type { AccountRegion } from '../../../wire/aws/call-context.ts';
import { parseDiscoveryArn } from '../../discovery/instances.ts';
import { type DiscoveryDeps, type DiscoveryHandlers, toTags } from './context.ts';

const tagsMax = 200;

type Tags = Readonly<Record<string, string>>;

export function tagHandlers({ store }: DiscoveryDeps): DiscoveryHandlers {
  const find = (scope: AccountRegion, arn: string | undefined): { kind: string; found: Versioned<{ tags: Tags }> } => {
    const parsed = parseDiscoveryArn(arn ?? '');
    const kind = parsed?.id.startsWith('ns-') ? 'servicediscovery/namespace' : 'servicediscovery/service';
    const own = parsed?.account === scope.account && parsed.region === scope.region;
    const found = own ? store.get(kind, parsed.key) : undefined;
    if (!found) throw awsError('ResourceNotFoundException', `Resource not found: ${arn}`);
    return { kind, found };
  };
  const change = (scope: AccountRegion, arn: string | undefined, next: (tags: Tags) => Tags) =>
    store.update(() => {
      const { kind, found } = find(scope, arn);
      const tags = next(found.value.tags);
      const change: Change = { kind, key: found.key, expect: found.version, put: { ...found.value, tags } };
      return { changes: [change], result: {} };
    });
  return {
    TagResource: (input, context) =>
      change(context, input.ResourceARN, (tags) => {
        const all = { ...tags, ...toTags(input.Tags) };
        if (Object.keys(all).length > tagsMax) throw awsError('TooManyTagsException', 'Too many tags.');
        return all;
      }),
    UntagResource: (input, context) => {
      const gone = new Set(input.TagKeys ?? []);
      return change(context, input.ResourceARN, (tags) =>
        Object.fromEntries(Object.entries(tags).filter(([key]) => !gone.has(key))),
      );
    },
    ListTagsForResource: (input, context) => ({
      Tags: Object.entries(find(context, input.ResourceARN).found.value.tags).map(([Key, Value]) => ({ Key, Value })),
    }),
  };
}
