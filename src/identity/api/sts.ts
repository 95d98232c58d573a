import { awsError } from '../../wire/aws/aws-error.ts';
import type { CallContext, Principal } from '../../wire/aws/call-context.ts';
import type { Handlers } from '../../wire/aws/service-table.ts';
import type { Authorizer } from '../authorize.ts';
import type { Role } from '../model.ts';
import type { SessionCredentials, SessionTokens } from '../session-tokens.ts';
import { assertIdentityPolicy } from '../validate-policy.ts';
import { found, type IamDependencies } from './shared.ts';

type StsOperations = Pick<
  Handlers<typeof import('@aws-sdk/client-sts')>,
  'AssumeRole' | 'GetCallerIdentity' | 'GetSessionToken' | 'GetAccessKeyInfo'
>;

export interface StsDependencies extends IamDependencies {
  readonly tokens: SessionTokens;
  readonly authorizer: Authorizer;
}

/** A role assumed by a role's session lives no longer. */
const chainedSessionSecondsMax = 3600;
const sessionTokenSeconds = 43_200;

export function stsOperations({ store, clock, tokens, authorizer }: StsDependencies): StsOperations {
  return {
    async AssumeRole(input, { principal }) {
      const role = await findRoleByArn(store, input.RoleArn!);
      const conditions = {
        ...authorizer.globalContext(principal),
        'sts:RoleSessionName': input.RoleSessionName!,
        ...(input.ExternalId !== undefined && { 'sts:ExternalId': input.ExternalId }),
      };
      // A role that is not there looks like one that must not be assumed, as in AWS.
      if (!role || !authorizer.trusts(role, { aws: callerArns(principal), services: [] }, conditions)) {
        const text = `User: ${principal.arn} is not authorized to perform: sts:AssumeRole on resource: ${input.RoleArn}`;
        throw awsError('AccessDenied', text, 403);
      }
      const seconds = input.DurationSeconds ?? 3600;
      if (seconds > role.maxSessionSeconds) {
        const text = 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.';
        throw awsError('ValidationError', text, 400);
      }
      if (principal.kind === 'assumed-role' && seconds > chainedSessionSecondsMax) {
        const text =
          'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.';
        throw awsError('ValidationError', text, 400);
      }
      const credentials = await tokens.issue({
        account: role.account,
        role: { name: role.name, id: role.id, arn: role.arn },
        session: input.RoleSessionName!,
        policies: await sessionPolicies(input.Policy, input.PolicyArns),
        expiresAtMs: clock.now().getTime() + seconds * 1000,
      });
      const { arn, userId } = assumedRole(role, input.RoleSessionName!);
      return { Credentials: describeCredentials(credentials), AssumedRoleUser: { Arn: arn, AssumedRoleId: userId } };
    },
    async GetCallerIdentity(_, { principal }) {
      return { UserId: principal.userId, Account: principal.account, Arn: principal.arn };
    },
    async GetSessionToken({ DurationSeconds }, { principal }: CallContext) {
      if (principal.kind === 'assumed-role') {
        throw awsError('AccessDenied', 'Cannot call GetSessionToken with session credentials', 403);
      }
      const name = principal.arn.slice(principal.arn.lastIndexOf('/') + 1);
      const credentials = await tokens.issue({
        account: principal.account,
        ...(principal.kind === 'user' && { user: { name, id: principal.userId, arn: principal.arn } }),
        expiresAtMs: clock.now().getTime() + (DurationSeconds ?? sessionTokenSeconds) * 1000,
      });
      return { Credentials: describeCredentials(credentials) };
    },
    async GetAccessKeyInfo({ AccessKeyId }) {
      const key = await store.findAccessKey(AccessKeyId!);
      if (!key) throw awsError('ValidationError', `Access key ${AccessKeyId} not found`, 400);
      return { Account: key.account };
    },
  };

  async function sessionPolicies(
    inline: string | undefined,
    arns: readonly { arn?: string | undefined }[] | undefined,
  ): Promise<string[]> {
    if (inline !== undefined) assertIdentityPolicy(inline);
    const managed = await Promise.all(
      (arns ?? []).map(async ({ arn }) => {
        const policy = found(await store.findPolicy(arn!), `Policy ${arn} was not found.`);
        return policy.versions.find(({ versionId }) => versionId === policy.defaultVersionId)!.document;
      }),
    );
    return [...(inline === undefined ? [] : [inline]), ...managed];
  }
}

export async function findRoleByArn(store: IamDependencies['store'], arn: string): Promise<Role | undefined> {
  const [, account, name] = /^arn:aws:iam::(\d{12}):role\/(?:.*\/)?([^/]+)$/.exec(arn) ?? [];
  const role = account && name ? await store.get('iam-role', account, name) : undefined;
  return role?.arn === arn ? role : undefined;
}

/** ARN and user id of a role's session, as GetCallerIdentity says them. */
export const assumedRole = (role: { name: string; id: string; arn: string }, session: string) => ({
  arn: `arn:aws:sts::${role.arn.split(':')[4]}:assumed-role/${role.name}/${session}`,
  userId: `${role.id}:${session}`,
});

/** Every name by which a trust policy may mean this caller. */
const callerArns = (principal: Principal): string[] => [
  principal.arn,
  `arn:aws:iam::${principal.account}:root`,
  ...(principal.roleArn ? [principal.roleArn] : []),
];

const describeCredentials = (credentials: SessionCredentials) => ({
  AccessKeyId: credentials.accessKeyId,
  SecretAccessKey: credentials.secretAccessKey,
  SessionToken: credentials.sessionToken,
  Expiration: credentials.expiresAt,
});
