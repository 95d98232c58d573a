import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { StateStore } from '../stores/state/store.ts';
import { awsError } from '../wire/aws/aws-error.ts';
import type { Principal } from '../wire/aws/call-context.ts';
import type { OperationHandler } from '../wire/aws/service-table.ts';
import { groupOperations } from './api/groups.ts';
import { holderPolicyOperations } from './api/holder-policies.ts';
import { instanceProfileOperations } from './api/instance-profiles.ts';
import { policyOperations } from './api/policies.ts';
import { roleOperations } from './api/roles.ts';
import { assumedRole, findRoleByArn, stsOperations } from './api/sts.ts';
import { userOperations } from './api/users.ts';
import { Authorizer } from './authorize.ts';
import type { AccessKey, Identity } from './index.ts';
import { iamResources, stsResources } from './resources.ts';
import { type SessionClaims, SessionTokens } from './session-tokens.ts';
import { IamStore } from './store.ts';

const taskCredentialsMs = 3_600_000;

export interface IdentityDependencies {
  readonly state: StateStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A key of the account itself: with it the first users and roles are made. */
  readonly rootKey?: { readonly account: string; readonly accessKeyId: string; readonly secretAccessKey: string };
}

export function createIdentity({ state, clock, logger, rootKey }: IdentityDependencies): Identity {
  const store = new IamStore(state);
  const tokens = new SessionTokens(state);
  const authorizer = new Authorizer(store, clock, logger);
  const dependencies = { store, clock, tokens, authorizer };

  return {
    services: [
      {
        service: 'iam',
        handlers: {
          ...roleOperations(dependencies),
          ...policyOperations(dependencies),
          ...userOperations(dependencies),
          ...groupOperations(dependencies),
          ...instanceProfileOperations(dependencies),
          ...holderPolicyOperations('Role', dependencies),
          ...holderPolicyOperations('User', dependencies),
          ...holderPolicyOperations('Group', dependencies),
        } as Record<string, OperationHandler>,
        resources: iamResources,
      },
      {
        service: 'sts',
        handlers: stsOperations(dependencies) as Record<string, OperationHandler>,
        resources: stsResources,
      },
    ],
    async start() {},
    async stop() {},

    async findAccessKey(accessKeyId, sessionToken) {
      if (sessionToken !== undefined) return findTemporaryKey(accessKeyId, sessionToken);
      if (rootKey?.accessKeyId === accessKeyId) {
        const { account, secretAccessKey } = rootKey;
        const arn = `arn:aws:iam::${account}:root`;
        return {
          accessKeyId,
          secretAccessKey,
          principal: { kind: 'root', account, arn, userId: account, accessKeyId },
        };
      }
      const key = await store.findAccessKey(accessKeyId);
      if (key?.status !== 'Active') return undefined;
      const user = await store.get('iam-user', key.account, key.userName);
      if (!user) return undefined;
      const principal: Principal = {
        kind: 'user',
        account: key.account,
        arn: user.arn,
        userId: user.id,
        accessKeyId,
      };
      return { accessKeyId, secretAccessKey: key.secretAccessKey, principal };
    },

    authorize: (principal, action, resources, conditionContext) =>
      authorizer.authorize(principal, action, resources, conditionContext),

    async issueTaskCredentials(scope, roleArn, taskArn) {
      const role = await findRoleByArn(store, roleArn);
      const roleName = roleArn.slice(roleArn.lastIndexOf('/') + 1);
      if (!role) throw awsError('NoSuchEntity', `The role with name ${roleName} cannot be found.`);
      const caller = { aws: [], services: ['ecs-tasks.amazonaws.com'] };
      const conditions = {
        'aws:SourceAccount': scope.account,
        'aws:SourceArn': `arn:aws:ecs:${scope.region}:${scope.account}:*`,
      };
      if (!authorizer.trusts(role, caller, conditions)) {
        const text = `ECS was unable to assume the role '${roleArn}' that was provided for this task. Please verify that the role being passed has the proper trust relationship and permissions and that your IAM user has permissions to pass this role.`;
        throw awsError('AccessDenied', text, 403);
      }
      const credentials = await tokens.issue({
        account: role.account,
        role: { name: role.name, id: role.id, arn: role.arn },
        session: taskArn.slice(taskArn.lastIndexOf('/') + 1),
        expiresAtMs: clock.now().getTime() + taskCredentialsMs,
      });
      return {
        AccessKeyId: credentials.accessKeyId,
        SecretAccessKey: credentials.secretAccessKey,
        Token: credentials.sessionToken,
        Expiration: credentials.expiresAt.toISOString().replace(/\.\d+Z$/, 'Z'),
        RoleArn: role.arn,
      };
    },

    async rolePrincipal(roleArn, sessionName) {
      const role = await findRoleByArn(store, roleArn);
      return (
        role && { kind: 'assumed-role', account: role.account, ...assumedRole(role, sessionName), roleArn: role.arn }
      );
    },

    async roleExists(roleArn) {
      return (await findRoleByArn(store, roleArn)) !== undefined;
    },
  };

  async function findTemporaryKey(accessKeyId: string, sessionToken: string): Promise<AccessKey | undefined> {
    const session = await tokens.read(accessKeyId, sessionToken);
    if (!session) return undefined;
    return {
      accessKeyId,
      secretAccessKey: session.secretAccessKey,
      sessionToken,
      expiresAt: new Date(session.claims.expiresAtMs),
      principal: principalOf(session.claims),
    };
  }
}

function principalOf(claims: SessionClaims): Principal {
  const { account, key: accessKeyId, role, user } = claims;
  if (role) {
    return {
      kind: 'assumed-role',
      account,
      ...assumedRole(role, claims.session ?? ''),
      accessKeyId,
      roleArn: role.arn,
      ...(claims.policies?.length && { sessionPolicies: claims.policies }),
    };
  }
  if (user) return { kind: 'user', account, arn: user.arn, userId: user.id, accessKeyId };
  return { kind: 'root', account, arn: `arn:aws:iam::${account}:root`, userId: account, accessKeyId };
}
