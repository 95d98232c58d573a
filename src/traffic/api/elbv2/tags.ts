import type { Change, Versioned } from '../../../stores/state/store.ts';
import { awsError } from '../../../wire/aws/aws-error.ts';
import type { AccountRegion } from '../../../wire/aws/call-context.ts';
import { parseElbArn } from '../../arn.ts';
import { type Elbv2Deps, type Elbv2Handlers, findByArn, toTags } from './context.ts';

const tagsMax = 50;

type Tags = Readonly<Record<string, string>>;

export function tagHandlers({ store }: Elbv2Deps): Elbv2Handlers {
  const find = (scope: AccountRegion, arn: string): { kind: string; found: Versioned<{ readonly tags: Tags }> } => {
    const type = parseElbArn(arn)?.type;
    if (!type) throw awsError('ValidationError', `'${arn}' is not a valid resource ARN`);
    return { kind: kindOf[type], found: findByArn(store, scope, type, arn) };
  };
  const change = (scope: AccountRegion, arns: readonly string[] | undefined, next: (tags: Tags) => Tags) =>
    store.update(() => ({
      changes: (arns ?? []).map((arn): Change => {
        const { kind, found } = find(scope, arn);
        return { kind, key: found.key, expect: found.version, put: { ...found.value, tags: next(found.value.tags) } };
      }),
      result: {},
    }));
  return {
    AddTags: (input, context) => {
      const added = toTags(input.Tags);
      return change(context, input.ResourceArns, (tags) => {
        const all = { ...tags, ...added };
        if (Object.keys(all).length > tagsMax) throw awsError('TooManyTags', `A resource has at most ${tagsMax} tags`);
        return all;
      });
    },
    RemoveTags: (input, context) => {
      const gone = new Set(input.TagKeys ?? []);
      return change(context, input.ResourceArns, (tags) =>
        Object.fromEntries(Object.entries(tags).filter(([key]) => !gone.has(key))),
      );
    },
    DescribeTags: (input, context) => ({
      TagDescriptions: (input.ResourceArns ?? []).map((arn) => ({
        ResourceArn: arn,
        Tags: Object.entries(find(context, arn).found.value.tags).map(([Key, Value]) => ({ Key, Value })),
      })),
    }),
  };
}

const kindOf = {
  loadbalancer: 'elbv2/load-balancer',
  listener: 'elbv2/listener',
  'listener-rule': 'elbv2/rule',
  targetgroup: 'elbv2/target-group',
} as const;
