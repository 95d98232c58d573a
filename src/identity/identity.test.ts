import { afterEach, beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../platform/clock.ts';
import { silentLogger } from '../platform/logger.ts';
import { openSqliteStateStore } from '../stores/state/sqlite.ts';
import type { StateStore } from '../stores/state/store.ts';
import type { CallContext, Principal } from '../wire/aws/call-context.ts';
import { createIdentity, type Identity } from './index.ts';

const account = '000000000000';
const clock = new ManualClock();
const root: Principal = { kind: 'root', account, arn: `arn:aws:iam::${account}:root`, userId: account };
const taskTrust = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' }],
});
const accountTrust = JSON.stringify({
  Version: '2012-10-17',
  Statement: { Effect: 'Allow', Principal: { AWS: account }, Action: 'sts:AssumeRole' },
});
const policy = (Action: string, Resource = '*') =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource }] });

let state: StateStore;
let identity: Identity;

beforeEach(() => {
  state = openSqliteStateStore(':memory:', () => clock.now());
  identity = createIdentity({ state, clock, logger: silentLogger });
});
afterEach(() => state.close());

async function call(operation: string, input: object = {}, principal = root): Promise<any> {
  const table = identity.services.find((each) => operation in each.handlers);
  const context: CallContext = {
    account: principal.account,
    region: 'us-east-1',
    requestId: 'r',
    principal,
    signal: AbortSignal.timeout(10_000),
  };
  return await table!.handlers[operation]!(input, context);
}

const createRole = (RoleName: string, AssumeRolePolicyDocument = taskTrust) =>
  call('CreateRole', { RoleName, AssumeRolePolicyDocument });

const taskRoleArn = `arn:aws:iam::${account}:role/app`;
const issue = () =>
  identity.issueTaskCredentials(
    { account, region: 'us-east-1' },
    taskRoleArn,
    `arn:aws:ecs:us-east-1:${account}:task/shop/0123456789abcdef0123456789abcdef`,
  );

test('a role is created once, described, and deleted only when it is bare', async () => {
  const { Role } = await createRole('app');
  expect(Role).toMatchObject({ Arn: taskRoleArn, Path: '/', MaxSessionDuration: 3600 });
  expect(Role.RoleId).toMatch(/^AROA[A-Z2-7]{17}$/);
  await expect(createRole('app')).rejects.toMatchObject({
    code: 'EntityAlreadyExists',
    message: 'Role with name app already exists.',
  });
  await call('PutRolePolicy', { RoleName: 'app', PolicyName: 'p', PolicyDocument: policy('s3:*') });
  await expect(call('DeleteRole', { RoleName: 'app' })).rejects.toMatchObject({ code: 'DeleteConflict' });
  await call('DeleteRolePolicy', { RoleName: 'app', PolicyName: 'p' });
  await call('DeleteRole', { RoleName: 'app' });
  await expect(call('GetRole', { RoleName: 'app' })).rejects.toMatchObject({
    code: 'NoSuchEntity',
    message: 'The role with name app cannot be found.',
  });
});

test('documents come back percent-encoded and bad ones are refused', async () => {
  await createRole('app');
  await call('PutRolePolicy', { RoleName: 'app', PolicyName: 'p', PolicyDocument: policy('s3:Get*') });
  const { PolicyDocument } = await call('GetRolePolicy', { RoleName: 'app', PolicyName: 'p' });
  expect(decodeURIComponent(PolicyDocument)).toBe(policy('s3:Get*'));
  const put = (document: string) =>
    call('PutRolePolicy', { RoleName: 'app', PolicyName: 'q', PolicyDocument: document });
  const bad = [
    '{',
    '[]',
    '{"Version":"2012-10-17"}',
    policy('nonsense'),
    policy('s3:*', 'not-an-arn'),
    JSON.stringify({ Statement: { Effect: 'Allow', Action: 's3:*' } }),
    JSON.stringify({ Statement: { Effect: 'Perhaps', Action: 's3:*', Resource: '*' } }),
    JSON.stringify({ Statement: { Effect: 'Allow', Action: 's3:*', Resource: '*', Condition: { Alike: { a: 'b' } } } }),
    taskTrust,
  ];
  for (const document of bad) await expect(put(document)).rejects.toMatchObject({ code: 'MalformedPolicyDocument' });
  await expect(createRole('other', policy('s3:*'))).rejects.toMatchObject({ code: 'MalformedPolicyDocument' });
});

test('AWS managed policies are there, attach, and are listed by scope', async () => {
  await createRole('app');
  const PolicyArn = 'arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy';
  await call('AttachRolePolicy', { RoleName: 'app', PolicyArn });
  await call('AttachRolePolicy', { RoleName: 'app', PolicyArn });
  expect((await call('ListAttachedRolePolicies', { RoleName: 'app' })).AttachedPolicies).toEqual([
    { PolicyName: 'AmazonECSTaskExecutionRolePolicy', PolicyArn },
  ]);
  expect((await call('GetPolicy', { PolicyArn })).Policy.AttachmentCount).toBe(1);
  await call('CreatePolicy', { PolicyName: 'mine', PolicyDocument: policy('s3:*') });
  const names = async (Scope: string) => (await call('ListPolicies', { Scope })).Policies.map((p: any) => p.PolicyName);
  expect(await names('Local')).toEqual(['mine']);
  expect(await names('AWS')).toContain('CloudWatchAgentServerPolicy');
  expect(await names('AWS')).not.toContain('mine');
  await expect(call('DeletePolicy', { PolicyArn })).rejects.toMatchObject({ code: 'AccessDenied' });
});

test('managed policies keep five versions', async () => {
  const { Policy } = await call('CreatePolicy', { PolicyName: 'mine', PolicyDocument: policy('s3:*') });
  const add = () =>
    call('CreatePolicyVersion', { PolicyArn: Policy.Arn, PolicyDocument: policy('s3:Get*'), SetAsDefault: true });
  for (let version = 2; version <= 5; version += 1) await add();
  await expect(add()).rejects.toMatchObject({ code: 'LimitExceeded' });
  await call('DeletePolicyVersion', { PolicyArn: Policy.Arn, VersionId: 'v1' });
  expect((await add()).PolicyVersion).toMatchObject({ VersionId: 'v6', IsDefaultVersion: true });
  await expect(call('DeletePolicyVersion', { PolicyArn: Policy.Arn, VersionId: 'v6' })).rejects.toMatchObject({
    code: 'DeleteConflict',
  });
});

test('lists come in pages', async () => {
  for (const name of ['c', 'a', 'b', 'e', 'd']) await createRole(name);
  const names: string[] = [];
  let Marker: string | undefined;
  do {
    const page = await call('ListRoles', { MaxItems: 2, Marker });
    names.push(...page.Roles.map((role: any) => role.RoleName));
    expect(page.IsTruncated).toBe(page.Marker !== undefined);
    Marker = page.Marker;
  } while (Marker);
  expect(names).toEqual(['a', 'b', 'c', 'd', 'e']);
});

test('task credentials carry the role, survive a restart and follow its policies at once', async () => {
  await createRole('app');
  const credentials = await issue();
  expect(credentials.Expiration).toBe('2026-01-01T01:00:00Z');

  const restarted = createIdentity({ state, clock, logger: silentLogger });
  const key = await restarted.findAccessKey(credentials.AccessKeyId, credentials.Token);
  expect(key).toMatchObject({
    secretAccessKey: credentials.SecretAccessKey,
    expiresAt: new Date('2026-01-01T01:00:00Z'),
    principal: {
      kind: 'assumed-role',
      roleArn: taskRoleArn,
      arn: `arn:aws:sts::${account}:assumed-role/app/0123456789abcdef0123456789abcdef`,
    },
  });

  const ask = () => identity.authorize(key!.principal, 'dynamodb:PutItem', ['arn:aws:dynamodb:r:1:table/t'], {});
  expect(await ask()).toEqual({ allowed: false, explicit: false });
  const PolicyArn = 'arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess';
  await call('AttachRolePolicy', { RoleName: 'app', PolicyArn });
  expect(await ask()).toEqual({ allowed: true });
  await call('DetachRolePolicy', { RoleName: 'app', PolicyArn });
  expect(await ask()).toEqual({ allowed: false, explicit: false });

  await call('AttachRolePolicy', { RoleName: 'app', PolicyArn });
  await call('DetachRolePolicy', { RoleName: 'app', PolicyArn });
  await call('DeleteRole', { RoleName: 'app' });
  await createRole('app');
  await call('AttachRolePolicy', { RoleName: 'app', PolicyArn });
  expect(await ask()).toEqual({ allowed: false, explicit: false });
});

test('a task that is known without a key acts as its role', async () => {
  await createRole('app');
  await call('AttachRolePolicy', { RoleName: 'app', PolicyArn: 'arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess' });
  const principal = (await identity.rolePrincipal(taskRoleArn, 'task-id'))!;
  expect(principal.arn).toBe(`arn:aws:sts::${account}:assumed-role/app/task-id`);
  expect(await identity.authorize(principal, 'dynamodb:PutItem', ['*'], {})).toEqual({ allowed: true });
  expect(await identity.rolePrincipal(`${taskRoleArn}2`, 'task-id')).toBeUndefined();
});

test('a token that was tampered with, or belongs to another key, is no key', async () => {
  await createRole('app');
  const [first, second] = [await issue(), await issue()];
  expect(await identity.findAccessKey(first.AccessKeyId, second.Token)).toBeUndefined();
  const last = first.Token.at(-2) === 'B' ? 'C' : 'B';
  expect(await identity.findAccessKey(first.AccessKeyId, `${first.Token.slice(0, -2)}${last}=`)).toBeUndefined();
  expect(await identity.findAccessKey(first.AccessKeyId, `A${first.Token.slice(1)}`)).toBeUndefined();
  expect(await identity.findAccessKey(first.AccessKeyId, '')).toBeUndefined();
  expect(await identity.findAccessKey(first.AccessKeyId)).toBeUndefined();
});

test('a role that does not trust tasks gives them nothing', async () => {
  await createRole('app', accountTrust);
  await expect(issue()).rejects.toMatchObject({ code: 'AccessDenied' });
  await call('UpdateAssumeRolePolicy', { RoleName: 'app', PolicyDocument: taskTrust });
  expect((await issue()).RoleArn).toBe(taskRoleArn);
});

test('users: keys, groups and policies decide', async () => {
  const { User } = await call('CreateUser', { UserName: 'ann' });
  const { AccessKey } = await call('CreateAccessKey', { UserName: 'ann' });
  const key = (await identity.findAccessKey(AccessKey.AccessKeyId))!;
  expect(key.secretAccessKey).toBe(AccessKey.SecretAccessKey);
  expect(await call('GetCallerIdentity', {}, key.principal)).toEqual({
    UserId: User.UserId,
    Account: account,
    Arn: User.Arn,
  });

  await call('CreateGroup', { GroupName: 'team' });
  await call('PutGroupPolicy', {
    GroupName: 'team',
    PolicyName: 'p',
    PolicyDocument: policy('s3:*', `arn:aws:s3:::\${aws:username}/*`),
  });
  const ask = (resource: string) => identity.authorize(key.principal, 's3:GetObject', [resource], {});
  expect((await ask('arn:aws:s3:::ann/a')).allowed).toBe(false);
  await call('AddUserToGroup', { GroupName: 'team', UserName: 'ann' });
  expect((await ask('arn:aws:s3:::ann/a')).allowed).toBe(true);
  expect((await ask('arn:aws:s3:::bob/a')).allowed).toBe(false);

  await call('UpdateAccessKey', { UserName: 'ann', AccessKeyId: AccessKey.AccessKeyId, Status: 'Inactive' });
  expect(await identity.findAccessKey(AccessKey.AccessKeyId)).toBeUndefined();
  await call('CreateAccessKey', { UserName: 'ann' });
  await expect(call('CreateAccessKey', { UserName: 'ann' })).rejects.toMatchObject({ code: 'LimitExceeded' });
});

test('AssumeRole asks the trust policy; a session policy narrows, a boundary caps', async () => {
  await createRole('admin', accountTrust);
  await call('AttachRolePolicy', { RoleName: 'admin', PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' });
  const RoleArn = `arn:aws:iam::${account}:role/admin`;
  const assume = async (input: object) => {
    const { Credentials } = await call('AssumeRole', { RoleArn, RoleSessionName: 's', ...input });
    return (await identity.findAccessKey(Credentials.AccessKeyId, Credentials.SessionToken))!.principal;
  };
  const may = async (principal: Principal, action: string) =>
    (await identity.authorize(principal, action, ['*'], {})).allowed;

  const plain = await assume({});
  expect(await may(plain, 'ecs:RunTask')).toBe(true);
  const narrow = await assume({ Policy: policy('s3:*') });
  expect([await may(narrow, 's3:GetObject'), await may(narrow, 'ecs:RunTask')]).toEqual([true, false]);
  await call('PutRolePermissionsBoundary', {
    RoleName: 'admin',
    PermissionsBoundary: 'arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess',
  });
  expect([await may(plain, 'dynamodb:PutItem'), await may(plain, 'ecs:RunTask')]).toEqual([true, false]);

  const stranger: Principal = { ...root, account: '111111111111', arn: 'arn:aws:iam::111111111111:root' };
  await expect(call('AssumeRole', { RoleArn, RoleSessionName: 's' }, stranger)).rejects.toMatchObject({
    code: 'AccessDenied',
  });
  await expect(call('AssumeRole', { RoleArn, RoleSessionName: 's', DurationSeconds: 7200 })).rejects.toMatchObject({
    code: 'ValidationError',
  });
});
