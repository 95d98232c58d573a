import { newAlphanumericId } from '../../platform/ids.ts';
import { awsError } from '../../wire/aws/aws-error.ts';
import type { CallContext } from '../../wire/aws/call-context.ts';
import type { Handlers } from '../../wire/aws/service-table.ts';
import { awsManagedPolicies } from '../aws-managed-policies.ts';
import type { HolderKind, ManagedPolicy, PolicyVersion } from '../model.ts';
import { paginate } from '../paginate.ts';
import { assertIdentityPolicy } from '../validate-policy.ts';
import { found, type IamDependencies, inPath, mergeTags, toTags, withoutTags } from './shared.ts';

type PolicyOperations = Pick<
  Handlers<typeof import('@aws-sdk/client-iam')>,
  | 'CreatePolicy'
  | 'GetPolicy'
  | 'ListPolicies'
  | 'DeletePolicy'
  | 'CreatePolicyVersion'
  | 'GetPolicyVersion'
  | 'ListPolicyVersions'
  | 'DeletePolicyVersion'
  | 'SetDefaultPolicyVersion'
  | 'ListEntitiesForPolicy'
  | 'TagPolicy'
  | 'UntagPolicy'
  | 'ListPolicyTags'
>;

const versionsMax = 5;
const documentCharactersMax = 6144;
const holderKinds: readonly HolderKind[] = ['iam-role', 'iam-user', 'iam-group'];

export function policyOperations({ store, clock }: IamDependencies): PolicyOperations {
  const get = async (arn: string) => found(await store.findPolicy(arn), `Policy ${arn} was not found.`);

  const update = async (arn: string, context: CallContext, change: (policy: ManagedPolicy) => ManagedPolicy) => {
    const policy = await get(arn);
    // The account `aws` owns its policies; an account changes only its own.
    if (!policy.arn.startsWith(`arn:aws:iam::${context.account}:`)) {
      throw awsError(
        'AccessDenied',
        `User: ${context.principal.arn} is not authorized to change resource: policy ${arn}`,
        403,
      );
    }
    return found(
      await store.update('iam-policy', context.account, policy.name, change),
      `Policy ${arn} was not found.`,
    );
  };

  const holdersOf = async (arn: string, context: CallContext, kind: HolderKind) =>
    (await store.list(kind, context.account)).filter((holder) => holder.attachedPolicyArns.includes(arn));

  const countAttachments = async (context: CallContext) => {
    const counts = new Map<string, number>();
    for (const kind of holderKinds) {
      for (const holder of await store.list(kind, context.account)) {
        for (const arn of holder.attachedPolicyArns) counts.set(arn, (counts.get(arn) ?? 0) + 1);
      }
    }
    return counts;
  };

  return {
    async CreatePolicy(input, context) {
      const now = clock.now().toISOString();
      const path = input.Path ?? '/';
      assertManagedDocument(input.PolicyDocument!);
      const policy: ManagedPolicy = {
        name: input.PolicyName!,
        path,
        id: `ANPA${newAlphanumericId(17)}`,
        arn: `arn:aws:iam::${context.account}:policy${path}${input.PolicyName}`,
        ...(input.Description !== undefined && { description: input.Description }),
        createdAt: now,
        updatedAt: now,
        defaultVersionId: 'v1',
        newestVersion: 1,
        versions: [{ versionId: 'v1', document: input.PolicyDocument!, createdAt: now }],
        tags: toTags(input.Tags),
      };
      if (!(await store.create('iam-policy', context.account, policy.name, policy))) {
        throw awsError(
          'EntityAlreadyExists',
          `A policy called ${policy.name} already exists. Duplicate names are not allowed.`,
        );
      }
      return { Policy: describePolicy(policy, 0) };
    },
    async GetPolicy({ PolicyArn }, context) {
      const policy = await get(PolicyArn!);
      return { Policy: describePolicy(policy, (await countAttachments(context)).get(policy.arn) ?? 0) };
    },
    async ListPolicies(input, context) {
      const scope = input.Scope ?? 'All';
      const counts = await countAttachments(context);
      const policies = [
        ...(scope === 'AWS' ? [] : await store.list('iam-policy', context.account)),
        ...(scope === 'Local' ? [] : awsManagedPolicies.values()),
      ]
        .filter(inPath(input.PathPrefix))
        .filter((policy) => !input.OnlyAttached || counts.has(policy.arn));
      const { items, ...page } = paginate(policies, (policy) => policy.arn, input);
      return {
        ...page,
        Policies: items.map((policy) => ({
          ...describePolicy(policy, counts.get(policy.arn) ?? 0),
          Description: undefined,
          Tags: undefined,
        })),
      };
    },
    async DeletePolicy({ PolicyArn }, context) {
      const policy = await update(PolicyArn!, context, (current) => current);
      if ((await countAttachments(context)).has(policy.arn)) {
        throw awsError('DeleteConflict', 'Cannot delete a policy attached to entities.');
      }
      if (policy.versions.length > 1) {
        const text =
          "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.";
        throw awsError('DeleteConflict', text);
      }
      await store.delete('iam-policy', context.account, policy.name);
      return {};
    },
    async CreatePolicyVersion({ PolicyArn, PolicyDocument, SetAsDefault }, context) {
      assertManagedDocument(PolicyDocument!);
      const createdAt = clock.now().toISOString();
      const policy = await update(PolicyArn!, context, (current) => {
        if (current.versions.length >= versionsMax) {
          const text = `A managed policy can have up to ${versionsMax} versions. Before you create a new version, you must delete an existing version.`;
          throw awsError('LimitExceeded', text);
        }
        const version = { versionId: `v${current.newestVersion + 1}`, document: PolicyDocument!, createdAt };
        return {
          ...current,
          updatedAt: createdAt,
          newestVersion: current.newestVersion + 1,
          defaultVersionId: SetAsDefault ? version.versionId : current.defaultVersionId,
          versions: [...current.versions, version],
        };
      });
      const { Document: _, ...version } = describeVersion(policy, policy.versions.at(-1)!);
      return { PolicyVersion: version };
    },
    async GetPolicyVersion({ PolicyArn, VersionId }) {
      const policy = await get(PolicyArn!);
      return { PolicyVersion: describeVersion(policy, versionOf(policy, VersionId!)) };
    },
    async ListPolicyVersions(input) {
      const policy = await get(input.PolicyArn!);
      const newestFirst = (version: PolicyVersion) => String(1e9 - Number(version.versionId.slice(1)));
      const { items, ...page } = paginate(policy.versions, newestFirst, input);
      return {
        Versions: items.map((version) => ({ ...describeVersion(policy, version), Document: undefined })),
        ...page,
      };
    },
    async DeletePolicyVersion({ PolicyArn, VersionId }, context) {
      await update(PolicyArn!, context, (policy) => {
        versionOf(policy, VersionId!);
        if (policy.defaultVersionId === VersionId) {
          throw awsError('DeleteConflict', 'Cannot delete the default version of a policy.');
        }
        return { ...policy, versions: policy.versions.filter(({ versionId }) => versionId !== VersionId) };
      });
      return {};
    },
    async SetDefaultPolicyVersion({ PolicyArn, VersionId }, context) {
      const updatedAt = clock.now().toISOString();
      await update(PolicyArn!, context, (policy) => ({
        ...policy,
        updatedAt,
        defaultVersionId: versionOf(policy, VersionId!).versionId,
      }));
      return {};
    },
    async ListEntitiesForPolicy(input, context) {
      const policy = await get(input.PolicyArn!);
      const wanted = (word: string) => input.EntityFilter === undefined || input.EntityFilter === word;
      const of = async (kind: HolderKind) =>
        (await holdersOf(policy.arn, context, kind)).filter(inPath(input.PathPrefix));
      const [roles, users, groups] = await Promise.all([
        wanted('Role') ? of('iam-role') : [],
        wanted('User') ? of('iam-user') : [],
        wanted('Group') ? of('iam-group') : [],
      ]);
      return {
        PolicyRoles: roles.map(({ name, id }) => ({ RoleName: name, RoleId: id })),
        PolicyUsers: users.map(({ name, id }) => ({ UserName: name, UserId: id })),
        PolicyGroups: groups.map(({ name, id }) => ({ GroupName: name, GroupId: id })),
        IsTruncated: false,
      };
    },
    async TagPolicy({ PolicyArn, Tags }, context) {
      await update(PolicyArn!, context, (policy) => ({ ...policy, tags: mergeTags(policy.tags, toTags(Tags)) }));
      return {};
    },
    async UntagPolicy({ PolicyArn, TagKeys }, context) {
      await update(PolicyArn!, context, (policy) => ({ ...policy, tags: withoutTags(policy.tags, TagKeys!) }));
      return {};
    },
    async ListPolicyTags(input) {
      const { items, ...page } = paginate((await get(input.PolicyArn!)).tags, (tag) => tag.Key, input);
      return { Tags: items, ...page };
    },
  };
}

function versionOf(policy: ManagedPolicy, versionId: string): PolicyVersion {
  return found(
    policy.versions.find((version) => version.versionId === versionId),
    `Policy ${policy.arn} version ${versionId} does not exist or is not attachable.`,
  );
}

function describeVersion(policy: ManagedPolicy, version: PolicyVersion) {
  return {
    Document: encodeURIComponent(version.document),
    VersionId: version.versionId,
    IsDefaultVersion: version.versionId === policy.defaultVersionId,
    CreateDate: new Date(version.createdAt),
  };
}

function describePolicy(policy: ManagedPolicy, attachmentCount: number) {
  return {
    PolicyName: policy.name,
    PolicyId: policy.id,
    Arn: policy.arn,
    Path: policy.path,
    DefaultVersionId: policy.defaultVersionId,
    AttachmentCount: attachmentCount,
    PermissionsBoundaryUsageCount: 0,
    IsAttachable: true,
    Description: policy.description,
    CreateDate: new Date(policy.createdAt),
    UpdateDate: new Date(policy.updatedAt),
    Tags: policy.tags.length > 0 ? [...policy.tags] : undefined,
  };
}

function assertManagedDocument(document: string): void {
  assertIdentityPolicy(document);
  if (document.replace(/\s/g, '').length > documentCharactersMax) {
    throw awsError('LimitExceeded', `Cannot exceed quota for PolicySize: ${documentCharactersMax}`);
  }
}
