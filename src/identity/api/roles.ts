import { newAlphanumericId } from '../../platform/ids.ts';
import { awsError } from '../../wire/aws/aws-error.ts';
import type { CallContext } from '../../wire/aws/call-context.ts';
import type { Handlers } from '../../wire/aws/service-table.ts';
import type { Role } from '../model.ts';
import { paginate } from '../paginate.ts';
import { assertTrustPolicy } from '../validate-policy.ts';
import {
  assertHolderDeletable,
  found,
  type IamDependencies,
  inPath,
  mergeTags,
  toTags,
  withoutTags,
} from './shared.ts';

type RoleOperations = Pick<
  Handlers<typeof import('@aws-sdk/client-iam')>,
  | 'CreateRole'
  | 'GetRole'
  | 'ListRoles'
  | 'UpdateRole'
  | 'UpdateRoleDescription'
  | 'UpdateAssumeRolePolicy'
  | 'DeleteRole'
  | 'TagRole'
  | 'UntagRole'
  | 'ListRoleTags'
  | 'PutRolePermissionsBoundary'
  | 'DeleteRolePermissionsBoundary'
  | 'CreateServiceLinkedRole'
>;

const trustPolicyBytesMax = 2048;

export function roleOperations({ store, clock }: IamDependencies): RoleOperations {
  const update = async (context: CallContext, name: string, change: (role: Role) => Role) =>
    found(await store.update('iam-role', context.account, name, change), noSuchRole(name));

  const create = async (context: CallContext, role: Omit<Role, 'account' | 'id' | 'arn' | 'createdAt'>) => {
    const created: Role = {
      ...role,
      account: context.account,
      id: `AROA${newAlphanumericId(17)}`,
      arn: `arn:aws:iam::${context.account}:role${role.path}${role.name}`,
      createdAt: clock.now().toISOString(),
    };
    if (!(await store.create('iam-role', context.account, role.name, created))) {
      throw awsError('EntityAlreadyExists', `Role with name ${role.name} already exists.`);
    }
    return created;
  };

  return {
    async CreateRole(input, context) {
      const trustPolicy = input.AssumeRolePolicyDocument!;
      assertTrustPolicy(trustPolicy);
      assertTrustPolicySize(trustPolicy);
      const role = await create(context, {
        name: input.RoleName!,
        path: input.Path ?? '/',
        trustPolicy,
        maxSessionSeconds: input.MaxSessionDuration ?? 3600,
        ...(input.Description !== undefined && { description: input.Description }),
        ...(input.PermissionsBoundary !== undefined && { permissionsBoundaryArn: input.PermissionsBoundary }),
        inlinePolicies: [],
        attachedPolicyArns: [],
        tags: toTags(input.Tags),
      });
      return { Role: describeRole(role) };
    },
    async GetRole({ RoleName }, context) {
      return {
        Role: describeRole(found(await store.get('iam-role', context.account, RoleName!), noSuchRole(RoleName!))),
      };
    },
    async ListRoles(input, context) {
      const roles = (await store.list('iam-role', context.account)).filter(inPath(input.PathPrefix));
      const { items, ...page } = paginate(roles, (role) => role.name, input);
      return {
        ...page,
        // As AWS does, lists leave out tags, boundary and last use.
        Roles: items.map((role) => ({ ...describeRole(role), Tags: undefined, PermissionsBoundary: undefined })),
      };
    },
    async UpdateRole(input, context) {
      await update(context, input.RoleName!, (role) => ({
        ...role,
        ...(input.Description !== undefined && { description: input.Description }),
        ...(input.MaxSessionDuration !== undefined && { maxSessionSeconds: input.MaxSessionDuration }),
      }));
      return {};
    },
    async UpdateRoleDescription(input, context) {
      const role = await update(context, input.RoleName!, (current) => ({
        ...current,
        description: input.Description!,
      }));
      return { Role: describeRole(role) };
    },
    async UpdateAssumeRolePolicy({ RoleName, PolicyDocument }, context) {
      assertTrustPolicy(PolicyDocument!);
      assertTrustPolicySize(PolicyDocument!);
      await update(context, RoleName!, (role) => ({ ...role, trustPolicy: PolicyDocument! }));
      return {};
    },
    async DeleteRole({ RoleName }, context) {
      const role = found(await store.get('iam-role', context.account, RoleName!), noSuchRole(RoleName!));
      assertHolderDeletable(role);
      const profiles = await store.list('iam-instance-profile', context.account);
      if (profiles.some((profile) => profile.roleNames.includes(role.name))) {
        throw awsError('DeleteConflict', 'Cannot delete entity, must remove roles from instance profile first.');
      }
      await store.delete('iam-role', context.account, role.name);
      return {};
    },
    async TagRole({ RoleName, Tags }, context) {
      await update(context, RoleName!, (role) => ({ ...role, tags: mergeTags(role.tags, toTags(Tags)) }));
      return {};
    },
    async UntagRole({ RoleName, TagKeys }, context) {
      await update(context, RoleName!, (role) => ({ ...role, tags: withoutTags(role.tags, TagKeys!) }));
      return {};
    },
    async ListRoleTags(input, context) {
      const role = found(await store.get('iam-role', context.account, input.RoleName!), noSuchRole(input.RoleName!));
      const { items, ...page } = paginate(role.tags, (tag) => tag.Key, input);
      return { Tags: items, ...page };
    },
    async PutRolePermissionsBoundary({ RoleName, PermissionsBoundary }, context) {
      if (!(await store.findPolicy(PermissionsBoundary!))) {
        throw awsError('NoSuchEntity', `Scope ARN: ${PermissionsBoundary} does not exist or is not attachable.`);
      }
      await update(context, RoleName!, (role) => ({ ...role, permissionsBoundaryArn: PermissionsBoundary! }));
      return {};
    },
    async DeleteRolePermissionsBoundary({ RoleName }, context) {
      await update(context, RoleName!, ({ permissionsBoundaryArn: _, ...role }) => role);
      return {};
    },
    async CreateServiceLinkedRole({ AWSServiceName, Description, CustomSuffix }, context) {
      const service = AWSServiceName!;
      const name = `AWSServiceRoleFor${serviceLinkedName(service)}${CustomSuffix ? `_${CustomSuffix}` : ''}`;
      const existing = await store.get('iam-role', context.account, name);
      if (existing) {
        throw awsError(
          'InvalidInput',
          `Service role name ${name} has been taken in this account, please try a different suffix.`,
        );
      }
      const role = await create(context, {
        name,
        path: `/aws-service-role/${service}/`,
        trustPolicy: JSON.stringify({
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
        }),
        maxSessionSeconds: 3600,
        ...(Description !== undefined && { description: Description }),
        inlinePolicies: [],
        attachedPolicyArns:
          service === 'ecs.amazonaws.com'
            ? ['arn:aws:iam::aws:policy/aws-service-role/AmazonECSServiceRolePolicy']
            : [],
        tags: [],
      });
      return { Role: describeRole(role) };
    },
  };
}

export const noSuchRole = (name: string) => `The role with name ${name} cannot be found.`;

export function describeRole(role: Role) {
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.id,
    Arn: role.arn,
    CreateDate: new Date(role.createdAt),
    // IAM's wire: policy documents travel percent-encoded (RFC 3986).
    AssumeRolePolicyDocument: encodeURIComponent(role.trustPolicy),
    Description: role.description,
    MaxSessionDuration: role.maxSessionSeconds,
    PermissionsBoundary: role.permissionsBoundaryArn
      ? {
          PermissionsBoundaryType: 'PermissionsBoundaryPolicy' as const,
          PermissionsBoundaryArn: role.permissionsBoundaryArn,
        }
      : undefined,
    Tags: role.tags.length > 0 ? [...role.tags] : undefined,
    RoleLastUsed: {},
  };
}

function assertTrustPolicySize(document: string): void {
  if (document.replace(/\s/g, '').length > trustPolicyBytesMax) {
    throw awsError('LimitExceeded', `Cannot exceed quota for ACLSizePerRole: ${trustPolicyBytesMax}`);
  }
}

const serviceLinkedNames: Record<string, string> = {
  'ecs.amazonaws.com': 'ECS',
  'elasticloadbalancing.amazonaws.com': 'ElasticLoadBalancing',
  'autoscaling.amazonaws.com': 'AutoScaling',
  'ecs.application-autoscaling.amazonaws.com': 'ApplicationAutoScaling_ECSService',
};

function serviceLinkedName(service: string): string {
  if (Object.hasOwn(serviceLinkedNames, service)) return serviceLinkedNames[service]!;
  const label = service.split('.')[0]!;
  return label.charAt(0).toUpperCase() + label.slice(1);
}
