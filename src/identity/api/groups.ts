import { newAlphanumericId } from '../../platform/ids.ts';
import { awsError } from '../../wire/aws/aws-error.ts';
import type { CallContext } from '../../wire/aws/call-context.ts';
import type { Handlers } from '../../wire/aws/service-table.ts';
import type { Group } from '../model.ts';
import { paginate } from '../paginate.ts';
import { assertHolderDeletable, found, type IamDependencies, inPath } from './shared.ts';
import { describeUser, noSuchUser } from './users.ts';

type GroupOperations = Pick<
  Handlers<typeof import('@aws-sdk/client-iam')>,
  | 'CreateGroup'
  | 'GetGroup'
  | 'ListGroups'
  | 'DeleteGroup'
  | 'AddUserToGroup'
  | 'RemoveUserFromGroup'
  | 'ListGroupsForUser'
>;

export function groupOperations({ store, clock }: IamDependencies): GroupOperations {
  const get = async (context: CallContext, name: string) =>
    found(await store.get('iam-group', context.account, name), `The group with name ${name} cannot be found.`);
  const members = async (context: CallContext, groupName: string) =>
    (await store.list('iam-user', context.account)).filter((user) => user.groupNames.includes(groupName));
  const setGroups = async (context: CallContext, userName: string, change: (groups: readonly string[]) => string[]) =>
    found(
      await store.update('iam-user', context.account, userName, (user) => ({
        ...user,
        groupNames: change(user.groupNames),
      })),
      noSuchUser(userName),
    );

  return {
    async CreateGroup({ GroupName, Path }, context) {
      const path = Path ?? '/';
      const group: Group = {
        account: context.account,
        name: GroupName!,
        path,
        id: `AGPA${newAlphanumericId(17)}`,
        arn: `arn:aws:iam::${context.account}:group${path}${GroupName}`,
        createdAt: clock.now().toISOString(),
        inlinePolicies: [],
        attachedPolicyArns: [],
        tags: [],
      };
      if (!(await store.create('iam-group', context.account, group.name, group))) {
        throw awsError('EntityAlreadyExists', `Group with name ${group.name} already exists.`);
      }
      return { Group: describeGroup(group) };
    },
    async GetGroup(input, context) {
      const group = await get(context, input.GroupName!);
      const { items, ...page } = paginate(await members(context, group.name), (user) => user.name, input);
      return { Group: describeGroup(group), Users: items.map(describeUser), ...page };
    },
    async ListGroups(input, context) {
      const groups = (await store.list('iam-group', context.account)).filter(inPath(input.PathPrefix));
      const { items, ...page } = paginate(groups, (group) => group.name, input);
      return { Groups: items.map(describeGroup), ...page };
    },
    async DeleteGroup({ GroupName }, context) {
      const group = await get(context, GroupName!);
      assertHolderDeletable(group);
      if ((await members(context, group.name)).length > 0) {
        throw awsError('DeleteConflict', 'Cannot delete entity, must remove users from group first.');
      }
      await store.delete('iam-group', context.account, group.name);
      return {};
    },
    async AddUserToGroup({ GroupName, UserName }, context) {
      const { name } = await get(context, GroupName!);
      await setGroups(context, UserName!, (groups) => [...groups.filter((each) => each !== name), name]);
      return {};
    },
    async RemoveUserFromGroup({ GroupName, UserName }, context) {
      const { name } = await get(context, GroupName!);
      await setGroups(context, UserName!, (groups) => groups.filter((each) => each !== name));
      return {};
    },
    async ListGroupsForUser(input, context) {
      const user = found(await store.get('iam-user', context.account, input.UserName!), noSuchUser(input.UserName!));
      const groups = (await store.list('iam-group', context.account)).filter(({ name }) =>
        user.groupNames.includes(name),
      );
      const { items, ...page } = paginate(groups, (group) => group.name, input);
      return { Groups: items.map(describeGroup), ...page };
    },
  };
}

const describeGroup = (group: Group) => ({
  Path: group.path,
  GroupName: group.name,
  GroupId: group.id,
  Arn: group.arn,
  CreateDate: new Date(group.createdAt),
});
