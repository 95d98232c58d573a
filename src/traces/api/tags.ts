import type { Tag } from '@aws-sdk/client-xray';
import type { Change, StateStore } from '../../stores/state/store.ts';
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

  /** What sets the tags of a new resource, to be committed with it. Throws where there are too many. */
  creation(scope: AccountRegion, arn: string, tags: readonly Tag[]): Change[] {
    checkCount(arn, tags);
    return tags.length === 0 ? [] : [{ kind, key: keyOf(scope, arn), expect: 'any', put: tags }];
  }

  /** What removes the tags of a resource, to be committed with its end. */
  async removal(scope: AccountRegion, arn: string): Promise<Change[]> {
    const known = await this.state.get(kind, keyOf(scope, arn));
    return known ? [{ kind, key: keyOf(scope, arn), expect: known.version, delete: true }] : [];
  }

  async edit(scope: AccountRegion, arn: string, change: (tags: readonly Tag[]) => Tag[]): Promise<void> {
    const known = await this.state.get<Tag[]>(kind, keyOf(scope, arn));
    const put = change(known?.value ?? []);
    checkCount(arn, put);
    await this.state.commit([{ kind, key: keyOf(scope, arn), expect: known?.version ?? 'absent', put }]);
  }
}

function checkCount(arn: string, tags: readonly Tag[]): void {
  if (tags.length <= tagsMax) return;
  const message = `A resource takes at most ${tagsMax} tags.`;
  throw new AwsError('TooManyTagsException', message, { extra: { ResourceName: arn } });
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
      const isAdded = ({ Key }: Tag) => added.some((tag) => tag.Key === Key);
      await tags.edit(context, arn, (known) => [...known.filter((tag) => !isAdded(tag)), ...added]);
      return {};
    },
    async UntagResource(input, context) {
      const arn = await requireResource(context, input.ResourceARN);
      await tags.edit(context, arn, (known) => known.filter(({ Key }) => !input.TagKeys?.includes(Key ?? '')));
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
