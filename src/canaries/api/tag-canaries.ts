import type { Versioned } from '../../stores/state/store.ts';
import { awsError } from '../../wire/aws/aws-error.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import type { Handlers } from '../../wire/aws/service-table.ts';
import type { CanaryRecord } from '../model.ts';
import type { CanaryContext } from './context.ts';

type Operations = Handlers<typeof import('@aws-sdk/client-synthetics')>;

export function tagCanaries(context: CanaryContext): Operations {
  const find = async (scope: AccountRegion, arn: string): Promise<Versioned<CanaryRecord>> => {
    const match = /^arn:aws:synthetics:([^:]+):(\d{12}):canary:(.+)$/.exec(arn);
    if (!match) throw awsError('BadRequestException', `${arn} is not the ARN of a canary.`, 400);
    const found =
      match[1] === scope.region && match[2] === scope.account ? await context.store.find(scope, match[3]!) : undefined;
    if (!found) throw awsError('NotFoundException', `Canary not found: ${arn}`, 404);
    return found;
  };

  return {
    async TagResource(input, scope) {
      const current = await find(scope, input.ResourceArn!);
      await context.store.replace(current, { ...current.value, tags: { ...current.value.tags, ...input.Tags } });
      return {};
    },
    async UntagResource(input, scope) {
      const current = await find(scope, input.ResourceArn!);
      const tags = Object.fromEntries(
        Object.entries(current.value.tags).filter(([key]) => !input.TagKeys!.includes(key)),
      );
      await context.store.replace(current, { ...current.value, tags });
      return {};
    },
    async ListTagsForResource(input, scope) {
      return { Tags: { ...(await find(scope, input.ResourceArn!)).value.tags } };
    },
  };
}
