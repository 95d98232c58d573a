import type { Tag } from '@aws-sdk/client-xray';
import type { StateStore } from '../../stores/state/store.ts';
import { AwsError } from '../../wire/aws/aws-error.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import type { Handlers } from '../../wire/aws/service-table.ts';
import type { Paging } from '../paging/paged-call.ts';

type XRay = typeof import('@aws-sdk/client-xray');
const kind = 'xray-tags';
const tagsMax = 50;
const tagsPageSize = 200;

/** Tags of groups and sampling rules, by ARN. */
export class ResourceTags {
  private readonly state: StateStore;

  constructor(state: StateStore) {
    this.state = state;
  }

  async list(scope: AccountRegion, arn: string): Promise<Tag[]> {
    return (await this.state.get<Tag[]>(kind, keyOf(scope, arn)))?.value ?? [];
  }

  async replace(scope: AccountRegion, arn: string, tags: readonly Tag[]): Promise<void> {
    if (tags.length > tagsMax) {
      throw new AwsError('TooManyTagsException', `At most ${tagsMax} tags.`, { extra: { ResourceName: arn } });
    }
    if (tags.length === 0) return this.remove(scope, arn);
    await this.state.commit([{ kind, key: keyOf(scope, arn), expect: 'any', put: tags }]);
  }

  async remove(scope: AccountRegion, arn: string): Promise<void> {
    const known = await this.state.get(kind, keyOf(scope, arn));
    if (known) await this.state.commit([{ kind, key: keyOf(scope, arn), expect: 'any', delete: true }]);
  }
}

/** `exists` says whether an ARN names a group or rule. */
export function tagHandlers(deps: {
  tags: ResourceTags;
  paging: Paging;
  exists(scope: AccountRegion, arn: string): Promise<boolean>;
}): Pick<Handlers<XRay>, 'TagResource' | 'UntagResource' | 'ListTagsForResource'> {
  const { tags } = deps;
  const requireResource = async (scope: AccountRegion, arn: string | undefined): Promise<string> => {
    if (arn && (await deps.exists(scope, arn))) return arn;
    throw new AwsError('ResourceNotFoundException', `Resource not found: ${arn}`, { extra: { ResourceName: arn } });
  };
  return {
    async TagResource(input, context) {
      const arn = await requireResource(context, input.ResourceARN);
      const added = input.Tags ?? [];
      const kept = (await tags.list(context, arn)).filter(({ Key }) => !added.some((tag) => tag.Key === Key));
      await tags.replace(context, arn, [...kept, ...added]);
      return {};
    },
    async UntagResource(input, context) {
      const arn = await requireResource(context, input.ResourceARN);
      const kept = (await tags.list(context, arn)).filter(({ Key }) => !input.TagKeys?.includes(Key ?? ''));
      await tags.replace(context, arn, kept);
      return {};
    },
    async ListTagsForResource(input, context) {
      const arn = await requireResource(context, input.ResourceARN);
      const call = deps.paging.open('ListTagsForResource', input, context, tagsPageSize);
      const { items, next } = call.cut(await tags.list(context, arn), ({ Key }) => Key!);
      return { Tags: [...items], ...next };
    },
  };
}

const keyOf = ({ account, region }: AccountRegion, arn: string): string => `${account}/${region}/${arn}`;
