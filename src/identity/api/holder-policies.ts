import { awsError } from '../../wire/aws/aws-error.ts';
import type { CallContext } from '../../wire/aws/call-context.ts';
import type { OperationHandler } from '../../wire/aws/service-table.ts';
import type { HolderKind, PolicyHolder } from '../model.ts';
import { paginate } from '../paginate.ts';
import { assertIdentityPolicy } from '../validate-policy.ts';
import { found, type IamDependencies, inPath } from './shared.ts';

type Word = 'Role' | 'User' | 'Group';

const attachedPoliciesMax = 10;
/** Characters, white space not counted, over all inline policies of one. */
const inlineCharactersMax: Record<Word, number> = { Role: 10_240, User: 2_048, Group: 5_120 };

/** `Put|Get|Delete|List<Word>Policy` and `Attach|Detach|ListAttached<Word>Policies`: the same for roles, users and groups. */
export function holderPolicyOperations(word: Word, { store }: IamDependencies): Record<string, OperationHandler> {
  const kind = `iam-${word.toLowerCase()}` as HolderKind;
  const nameOf = (input: any): string => input[`${word}Name`];
  const missing = (name: string) => `The ${word.toLowerCase()} with name ${name} cannot be found.`;
  const get = async (input: any, context: CallContext): Promise<PolicyHolder> =>
    found(await store.get(kind, context.account, nameOf(input)), missing(nameOf(input)));
  const update = async (
    input: any,
    context: CallContext,
    change: <Holder extends PolicyHolder>(holder: Holder) => Holder,
  ) => found(await store.update(kind, context.account, nameOf(input), change), missing(nameOf(input)));
  const missingInline = (name: string) => `The ${word.toLowerCase()} policy with name ${name} cannot be found.`;

  return {
    async [`Put${word}Policy`](input, context) {
      const { PolicyName: name, PolicyDocument: document } = input;
      assertIdentityPolicy(document);
      await update(input, context, (holder) => {
        const others = holder.inlinePolicies.filter((policy) => policy.name !== name);
        const inlinePolicies = [...others, { name, document }];
        assertInlineSize(word, holder.name, inlinePolicies);
        return { ...holder, inlinePolicies };
      });
      return {};
    },
    async [`Get${word}Policy`](input, context) {
      const holder = await get(input, context);
      const policy = found(
        holder.inlinePolicies.find(({ name }) => name === input.PolicyName),
        missingInline(input.PolicyName),
      );
      return {
        [`${word}Name`]: holder.name,
        PolicyName: policy.name,
        PolicyDocument: encodeURIComponent(policy.document),
      };
    },
    async [`Delete${word}Policy`](input, context) {
      await update(input, context, (holder) => {
        found(
          holder.inlinePolicies.find(({ name }) => name === input.PolicyName),
          missingInline(input.PolicyName),
        );
        return { ...holder, inlinePolicies: holder.inlinePolicies.filter(({ name }) => name !== input.PolicyName) };
      });
      return {};
    },
    async [`List${word}Policies`](input, context) {
      const names = (await get(input, context)).inlinePolicies.map(({ name }) => name);
      const { items, ...page } = paginate(names, (name) => name, input);
      return { PolicyNames: items, ...page };
    },
    async [`Attach${word}Policy`](input, context) {
      await get(input, context);
      found(await store.findPolicy(input.PolicyArn), `Policy ${input.PolicyArn} does not exist or is not attachable.`);
      await update(input, context, (holder) => {
        if (holder.attachedPolicyArns.includes(input.PolicyArn)) return holder;
        if (holder.attachedPolicyArns.length >= attachedPoliciesMax) {
          throw awsError('LimitExceeded', `Cannot exceed quota for PoliciesPer${word}: ${attachedPoliciesMax}`);
        }
        return { ...holder, attachedPolicyArns: [...holder.attachedPolicyArns, input.PolicyArn] };
      });
      return {};
    },
    async [`Detach${word}Policy`](input, context) {
      await update(input, context, (holder) => {
        if (!holder.attachedPolicyArns.includes(input.PolicyArn)) {
          throw awsError('NoSuchEntity', `Policy ${input.PolicyArn} was not found.`);
        }
        return { ...holder, attachedPolicyArns: holder.attachedPolicyArns.filter((arn) => arn !== input.PolicyArn) };
      });
      return {};
    },
    async [`ListAttached${word}Policies`](input, context) {
      const arns = (await get(input, context)).attachedPolicyArns;
      const policies = (await Promise.all(arns.map((arn) => store.findPolicy(arn))))
        .filter((policy) => policy !== undefined)
        .filter(inPath(input.PathPrefix));
      const { items, ...page } = paginate(policies, (policy) => policy.name, input);
      return { AttachedPolicies: items.map(({ name, arn }) => ({ PolicyName: name, PolicyArn: arn })), ...page };
    },
  };
}

function assertInlineSize(word: Word, holderName: string, policies: readonly { document: string }[]): void {
  const characters = policies.reduce((sum, { document }) => sum + document.replace(/\s/g, '').length, 0);
  if (characters > inlineCharactersMax[word]) {
    const text = `Maximum policy size of ${inlineCharactersMax[word]} bytes exceeded for ${word.toLowerCase()} ${holderName}`;
    throw awsError('LimitExceeded', text);
  }
}
