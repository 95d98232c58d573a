import { randomBytes } from 'node:crypto';
import { newAlphanumericId } from '../../platform/ids.ts';
import { awsError } from '../../wire/aws/aws-error.ts';
import type { CallContext } from '../../wire/aws/call-context.ts';
import type { Handlers } from '../../wire/aws/service-table.ts';
import type { StoredAccessKey, User } from '../model.ts';
import { paginate } from '../paginate.ts';
import {
  assertHolderDeletable,
  found,
  type IamDependencies,
  inPath,
  mergeTags,
  toTags,
  withoutTags,
} from './shared.ts';

type UserOperations = Pick<
  Handlers<typeof import('@aws-sdk/client-iam')>,
  | 'CreateUser'
  | 'GetUser'
  | 'ListUsers'
  | 'DeleteUser'
  | 'TagUser'
  | 'UntagUser'
  | 'ListUserTags'
  | 'CreateAccessKey'
  | 'ListAccessKeys'
  | 'UpdateAccessKey'
  | 'DeleteAccessKey'
>;

const accessKeysMax = 2;

export function userOperations({ store, clock }: IamDependencies): UserOperations {
  const get = async (context: CallContext, name: string) =>
    found(await store.get('iam-user', context.account, name), noSuchUser(name));
  const update = async (context: CallContext, name: string, change: (user: User) => User) =>
    found(await store.update('iam-user', context.account, name, change), noSuchUser(name));
  const getKey = async (context: CallContext, userName: string, accessKeyId: string) => {
    const key = await store.findAccessKey(accessKeyId);
    const own = key?.account === context.account && key.userName === userName ? key : undefined;
    return found(own, `The Access Key with id ${accessKeyId} cannot be found.`);
  };

  return {
    async CreateUser(input, context) {
      const path = input.Path ?? '/';
      const user: User = {
        account: context.account,
        name: input.UserName!,
        path,
        id: `AIDA${newAlphanumericId(17)}`,
        arn: `arn:aws:iam::${context.account}:user${path}${input.UserName}`,
        createdAt: clock.now().toISOString(),
        ...(input.PermissionsBoundary !== undefined && { permissionsBoundaryArn: input.PermissionsBoundary }),
        inlinePolicies: [],
        attachedPolicyArns: [],
        groupNames: [],
        tags: toTags(input.Tags),
      };
      if (!(await store.create('iam-user', context.account, user.name, user))) {
        throw awsError('EntityAlreadyExists', `User with name ${user.name} already exists.`);
      }
      return { User: describeUser(user) };
    },
    async GetUser({ UserName }, context) {
      if (UserName === undefined && context.principal.kind !== 'user') return { User: describeRoot(context) };
      return { User: describeUser(await get(context, UserName ?? callerName(context))) };
    },
    async ListUsers(input, context) {
      const users = (await store.list('iam-user', context.account)).filter(inPath(input.PathPrefix));
      const { items, ...page } = paginate(users, (user) => user.name, input);
      return { Users: items.map((user) => ({ ...describeUser(user), Tags: undefined })), ...page };
    },
    async DeleteUser({ UserName }, context) {
      const user = await get(context, UserName!);
      assertHolderDeletable(user);
      if ((await store.accessKeysOf(context.account, user.name)).length > 0) {
        throw awsError('DeleteConflict', 'Cannot delete entity, must delete access keys first.');
      }
      if (user.groupNames.length > 0) {
        throw awsError('DeleteConflict', 'Cannot delete entity, must remove users from group first.');
      }
      await store.delete('iam-user', context.account, user.name);
      return {};
    },
    async TagUser({ UserName, Tags }, context) {
      await update(context, UserName!, (user) => ({ ...user, tags: mergeTags(user.tags, toTags(Tags)) }));
      return {};
    },
    async UntagUser({ UserName, TagKeys }, context) {
      await update(context, UserName!, (user) => ({ ...user, tags: withoutTags(user.tags, TagKeys!) }));
      return {};
    },
    async ListUserTags(input, context) {
      const { items, ...page } = paginate((await get(context, input.UserName!)).tags, (tag) => tag.Key, input);
      return { Tags: items, ...page };
    },
    async CreateAccessKey({ UserName }, context) {
      const user = await get(context, UserName ?? callerName(context));
      if ((await store.accessKeysOf(context.account, user.name)).length >= accessKeysMax) {
        throw awsError('LimitExceeded', `Cannot exceed quota for AccessKeysPerUser: ${accessKeysMax}`);
      }
      const key: StoredAccessKey = {
        accessKeyId: `AKIA${newAlphanumericId(16)}`,
        secretAccessKey: randomBytes(30).toString('base64'),
        account: context.account,
        userName: user.name,
        status: 'Active',
        createdAt: clock.now().toISOString(),
      };
      await store.putAccessKey(key);
      return { AccessKey: { ...describeKey(key), SecretAccessKey: key.secretAccessKey } };
    },
    async ListAccessKeys(input, context) {
      const user = await get(context, input.UserName ?? callerName(context));
      const keys = await store.accessKeysOf(context.account, user.name);
      const { items, ...page } = paginate(keys, (key) => key.accessKeyId, input);
      return { AccessKeyMetadata: items.map(describeKey), ...page };
    },
    async UpdateAccessKey({ UserName, AccessKeyId, Status }, context) {
      const key = await getKey(context, UserName ?? callerName(context), AccessKeyId!);
      await store.putAccessKey({ ...key, status: Status === 'Active' ? 'Active' : 'Inactive' });
      return {};
    },
    async DeleteAccessKey({ UserName, AccessKeyId }, context) {
      const key = await getKey(context, UserName ?? callerName(context), AccessKeyId!);
      await store.deleteAccessKey(key.accessKeyId);
      return {};
    },
  };
}

export const noSuchUser = (name: string) => `The user with name ${name} cannot be found.`;

export function describeUser(user: User) {
  return {
    Path: user.path,
    UserName: user.name,
    UserId: user.id,
    Arn: user.arn,
    CreateDate: new Date(user.createdAt),
    Tags: user.tags.length > 0 ? [...user.tags] : undefined,
  };
}

function describeRoot({ account }: CallContext) {
  const CreateDate = new Date('2020-01-01T00:00:00Z');
  return { Path: '/', UserName: undefined, UserId: account, Arn: `arn:aws:iam::${account}:root`, CreateDate };
}

const describeKey = (key: StoredAccessKey) => ({
  UserName: key.userName,
  AccessKeyId: key.accessKeyId,
  Status: key.status,
  CreateDate: new Date(key.createdAt),
});

function callerName({ principal }: CallContext): string {
  if (principal.kind === 'user') return principal.arn.slice(principal.arn.lastIndexOf('/') + 1);
  throw awsError('ValidationError', 'Must specify userName when calling with non-User credentials', 400);
}
