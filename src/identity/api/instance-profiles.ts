import { newAlphanumericId } from '../../platform/ids.ts';
import { awsError } from '../../wire/aws/aws-error.ts';
import type { CallContext } from '../../wire/aws/call-context.ts';
import type { Handlers } from '../../wire/aws/service-table.ts';
import type { InstanceProfile } from '../model.ts';
import { paginate } from '../paginate.ts';
import { describeRole, noSuchRole } from './roles.ts';
import { found, type IamDependencies, inPath, mergeTags, toTags, withoutTags } from './shared.ts';

type InstanceProfileOperations = Pick<
  Handlers<typeof import('@aws-sdk/client-iam')>,
  | 'CreateInstanceProfile'
  | 'GetInstanceProfile'
  | 'ListInstanceProfiles'
  | 'ListInstanceProfilesForRole'
  | 'DeleteInstanceProfile'
  | 'AddRoleToInstanceProfile'
  | 'RemoveRoleFromInstanceProfile'
  | 'TagInstanceProfile'
  | 'UntagInstanceProfile'
  | 'ListInstanceProfileTags'
>;

export function instanceProfileOperations({ store, clock }: IamDependencies): InstanceProfileOperations {
  const missing = (name: string) => `Instance Profile ${name} cannot be found.`;
  const get = async (context: CallContext, name: string) =>
    found(await store.get('iam-instance-profile', context.account, name), missing(name));
  const update = async (context: CallContext, name: string, change: (profile: InstanceProfile) => InstanceProfile) =>
    found(await store.update('iam-instance-profile', context.account, name, change), missing(name));

  const describe = async (context: CallContext, profile: InstanceProfile) => {
    const roles = await Promise.all(profile.roleNames.map((name) => store.get('iam-role', context.account, name)));
    return {
      Path: profile.path,
      InstanceProfileName: profile.name,
      InstanceProfileId: profile.id,
      Arn: profile.arn,
      CreateDate: new Date(profile.createdAt),
      Roles: roles.filter((role) => role !== undefined).map(describeRole),
      Tags: profile.tags.length > 0 ? [...profile.tags] : undefined,
    };
  };

  return {
    async CreateInstanceProfile(input, context) {
      const path = input.Path ?? '/';
      const profile: InstanceProfile = {
        name: input.InstanceProfileName!,
        path,
        id: `AIPA${newAlphanumericId(17)}`,
        arn: `arn:aws:iam::${context.account}:instance-profile${path}${input.InstanceProfileName}`,
        createdAt: clock.now().toISOString(),
        roleNames: [],
        tags: toTags(input.Tags),
      };
      if (!(await store.create('iam-instance-profile', context.account, profile.name, profile))) {
        throw awsError('EntityAlreadyExists', `Instance Profile ${profile.name} already exists.`);
      }
      return { InstanceProfile: await describe(context, profile) };
    },
    async GetInstanceProfile({ InstanceProfileName }, context) {
      return { InstanceProfile: await describe(context, await get(context, InstanceProfileName!)) };
    },
    async ListInstanceProfiles(input, context) {
      const profiles = (await store.list('iam-instance-profile', context.account)).filter(inPath(input.PathPrefix));
      const { items, ...page } = paginate(profiles, (profile) => profile.name, input);
      return { InstanceProfiles: await Promise.all(items.map((profile) => describe(context, profile))), ...page };
    },
    async ListInstanceProfilesForRole(input, context) {
      const name = input.RoleName!;
      found(await store.get('iam-role', context.account, name), noSuchRole(name));
      const profiles = await store.list('iam-instance-profile', context.account);
      const own = profiles.filter((profile) => profile.roleNames.includes(name));
      const { items, ...page } = paginate(own, (profile) => profile.name, input);
      return { InstanceProfiles: await Promise.all(items.map((profile) => describe(context, profile))), ...page };
    },
    async DeleteInstanceProfile({ InstanceProfileName }, context) {
      const profile = await get(context, InstanceProfileName!);
      if (profile.roleNames.length > 0) {
        throw awsError('DeleteConflict', 'Cannot delete entity, must remove roles from instance profile first.');
      }
      await store.delete('iam-instance-profile', context.account, profile.name);
      return {};
    },
    async AddRoleToInstanceProfile({ InstanceProfileName, RoleName }, context) {
      found(await store.get('iam-role', context.account, RoleName!), noSuchRole(RoleName!));
      await update(context, InstanceProfileName!, (profile) => {
        if (profile.roleNames.length > 0) {
          throw awsError('LimitExceeded', 'Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1');
        }
        return { ...profile, roleNames: [RoleName!] };
      });
      return {};
    },
    async RemoveRoleFromInstanceProfile({ InstanceProfileName, RoleName }, context) {
      await update(context, InstanceProfileName!, (profile) => {
        found(
          profile.roleNames.find((name) => name === RoleName),
          noSuchRole(RoleName!),
        );
        return { ...profile, roleNames: profile.roleNames.filter((name) => name !== RoleName) };
      });
      return {};
    },
    async TagInstanceProfile({ InstanceProfileName, Tags }, context) {
      await update(context, InstanceProfileName!, (profile) => ({
        ...profile,
        tags: mergeTags(profile.tags, toTags(Tags)),
      }));
      return {};
    },
    async UntagInstanceProfile({ InstanceProfileName, TagKeys }, context) {
      await update(context, InstanceProfileName!, (profile) => ({
        ...profile,
        tags: withoutTags(profile.tags, TagKeys!),
      }));
      return {};
    },
    async ListInstanceProfileTags(input, context) {
      const profile = await get(context, input.InstanceProfileName!);
      const { items, ...page } = paginate(profile.tags, (tag) => tag.Key, input);
      return { Tags: items, ...page };
    },
  };
}
