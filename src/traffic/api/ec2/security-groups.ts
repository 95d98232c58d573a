import type {
  IpPermission,
  SecurityGroupRule as RuleOutput,
  SecurityGroup as SecurityGroupOutput,
} from '@aws-sdk/client-ec2';
import { newHexId } from '../../../platform/ids.ts';
import type { Versioned } from '../../../stores/state/store.ts';
import { awsError } from '../../../wire/aws/aws-error.ts';
import type { AccountRegion } from '../../../wire/aws/call-context.ts';
import type { SecurityGroup, SecurityGroupRule } from '../../model.ts';
import { put, remove, scopeKey, type TrafficStore } from '../../store.ts';
import { paginate } from '../paginate.ts';
import { type Ec2Deps, type Ec2Handlers, passesFilters, selectByIds, tagsOf } from './context.ts';
import { sameRule, toPermissions, toRules } from './ip-permissions.ts';
import { tagChange } from './tags.ts';

interface RuleInput {
  readonly GroupId?: string | undefined;
  readonly GroupName?: string | undefined;
  readonly IpPermissions?: readonly IpPermission[] | undefined;
  readonly IpProtocol?: string | undefined;
  readonly FromPort?: number | undefined;
  readonly ToPort?: number | undefined;
  readonly CidrIp?: string | undefined;
  readonly SecurityGroupRuleIds?: readonly string[] | undefined;
}

/** Security groups. Kept and shown; tasks of one machine are not kept apart by them. */
export function securityGroupHandlers(deps: Ec2Deps): Ec2Handlers {
  const { store, vpc } = deps;
  return {
    CreateSecurityGroup: (input, context) =>
      store.update(() => {
        const vpcs = vpc.vpcs(context);
        const vpcId = input.VpcId ?? vpcs.find((item) => item.isDefault)!.vpcId;
        selectByIds(vpcs, [vpcId], (item) => item.vpcId, 'InvalidVpcID.NotFound', 'vpc ID');
        const groupName = input.GroupName ?? '';
        const taken = vpc
          .securityGroups(context)
          .some((group) => group.vpcId === vpcId && group.groupName === groupName);
        if (taken) {
          throw awsError(
            'InvalidGroup.Duplicate',
            `The security group '${groupName}' already exists for VPC '${vpcId}'`,
          );
        }
        const groupId = `sg-${newHexId(9).slice(0, 17)}`;
        const allOut: SecurityGroupRule = {
          ruleId: newRuleId(),
          isEgress: true,
          ipProtocol: '-1',
          cidrIpv4: '0.0.0.0/0',
        };
        const group = { groupId, groupName, description: input.Description ?? '', vpcId, rules: [allOut] };
        return {
          changes: [
            put('ec2/security-group', scopeKey(context) + groupId, group, 'absent'),
            ...tagChange(store, context, groupId, 'security-group', input.TagSpecifications),
          ],
          result: { GroupId: groupId, SecurityGroupArn: groupArn(context, groupId) },
        };
      }),

    DeleteSecurityGroup: (input, context) =>
      store.update(() => {
        const group = findGroup(deps, context, input);
        if (group.value.groupName === 'default') {
          throw awsError('CannotDelete', 'the specified group: "default" name cannot be deleted by a user');
        }
        const { groupId } = group.value;
        const users = store
          .list('elbv2/load-balancer', scopeKey(context))
          .filter(({ value }) => value.securityGroups.includes(groupId));
        const referred = vpc
          .securityGroups(context)
          .some((other) => other.groupId !== groupId && other.rules.some((rule) => rule.referencedGroupId === groupId));
        if (users.length > 0 || referred) {
          throw awsError('DependencyViolation', `resource ${groupId} has a dependent object`);
        }
        return { changes: [remove('ec2/security-group', group)], result: { Return: true, GroupId: groupId } };
      }),

    DescribeSecurityGroups: (input, context) => {
      const all = vpc.securityGroups(context);
      const byId = selectByIds(
        all,
        input.GroupIds,
        (group) => group.groupId,
        'InvalidGroup.NotFound',
        'security group',
      );
      const chosen = selectByIds(
        byId,
        input.GroupNames,
        (group) => group.groupName,
        'InvalidGroup.NotFound',
        'security group',
      );
      const found = chosen.filter((group) =>
        passesFilters(input.Filters, tagsOf(store, context, group.groupId), groupFields(context, group)),
      );
      const { page, next } = paginate(found, input.NextToken, input.MaxResults ?? 1000, 'InvalidNextToken');
      return { SecurityGroups: page.map((group) => groupOutput(store, context, group)), NextToken: next };
    },

    DescribeSecurityGroupRules: (input, context) => {
      const all = vpc
        .securityGroups(context)
        .flatMap((group) => group.rules.map((rule) => ruleOutput(context, group.groupId, rule)));
      const chosen = selectByIds(
        all,
        input.SecurityGroupRuleIds,
        (rule) => rule.SecurityGroupRuleId ?? '',
        'InvalidSecurityGroupRuleId.NotFound',
        'security group rule ID',
      );
      const found = chosen.filter((rule) =>
        passesFilters(input.Filters, [], {
          'group-id': [rule.GroupId],
          'security-group-rule-id': [rule.SecurityGroupRuleId],
        }),
      );
      const { page, next } = paginate(found, input.NextToken, input.MaxResults ?? 1000, 'InvalidNextToken');
      return { SecurityGroupRules: page, NextToken: next };
    },

    AuthorizeSecurityGroupIngress: (input, context) => authorize(deps, context, input, false),
    AuthorizeSecurityGroupEgress: (input, context) => authorize(deps, context, input, true),
    RevokeSecurityGroupIngress: (input, context) => revoke(deps, context, input, false),
    RevokeSecurityGroupEgress: (input, context) => revoke(deps, context, input, true),
  };
}

const newRuleId = (): string => `sgr-${newHexId(9).slice(0, 17)}`;
const groupArn = ({ account, region }: AccountRegion, groupId: string): string =>
  `arn:aws:ec2:${region}:${account}:security-group/${groupId}`;

/** By id, or by name in the default VPC. A default group that is not stored yet has version 0. */
function findGroup({ store, vpc }: Ec2Deps, scope: AccountRegion, input: RuleInput): Versioned<SecurityGroup> {
  const { GroupId: groupId, GroupName: groupName } = input;
  if (!groupId && !groupName) {
    throw awsError('MissingParameter', 'The request must contain the parameter groupName or groupId');
  }
  const defaultVpcId = vpc.vpcs(scope).find((item) => item.isDefault)!.vpcId;
  const found = vpc
    .securityGroups(scope)
    .find((group) =>
      groupId ? group.groupId === groupId : group.groupName === groupName && group.vpcId === defaultVpcId,
    );
  if (!found) throw awsError('InvalidGroup.NotFound', `The security group '${groupId ?? groupName}' does not exist`);
  const key = scopeKey(scope) + found.groupId;
  return store.get('ec2/security-group', key) ?? { key, value: found, version: 0 };
}

const writeGroup = ({ key, value, version }: Versioned<SecurityGroup>, rules: readonly SecurityGroupRule[]) =>
  put('ec2/security-group', key, { ...value, rules }, version === 0 ? 'absent' : version);

const asPermissions = (input: RuleInput): readonly IpPermission[] =>
  input.IpPermissions?.length || !input.IpProtocol
    ? (input.IpPermissions ?? [])
    : [
        {
          IpProtocol: input.IpProtocol,
          FromPort: input.FromPort,
          ToPort: input.ToPort,
          IpRanges: [{ CidrIp: input.CidrIp }],
        },
      ];

function authorize(deps: Ec2Deps, scope: AccountRegion, input: RuleInput, isEgress: boolean) {
  return deps.store.update(() => {
    const group = findGroup(deps, scope, input);
    const added = toRules(asPermissions(input), isEgress, newRuleId);
    if (added.length === 0) throw awsError('MissingParameter', 'The request must contain a permission');
    for (const rule of added) {
      if (group.value.rules.some((held) => sameRule(held, rule))) {
        throw awsError('InvalidPermission.Duplicate', 'the specified rule already exists');
      }
    }
    return {
      changes: [writeGroup(group, [...group.value.rules, ...added])],
      result: {
        Return: true,
        SecurityGroupRules: added.map((rule) => ruleOutput(scope, group.value.groupId, rule)),
      },
    };
  });
}

function revoke(deps: Ec2Deps, scope: AccountRegion, input: RuleInput, isEgress: boolean) {
  return deps.store.update(() => {
    const group = findGroup(deps, scope, input);
    const unwanted = toRules(asPermissions(input), isEgress, newRuleId);
    const ids = new Set(input.SecurityGroupRuleIds ?? []);
    const isGone = (rule: SecurityGroupRule): boolean =>
      rule.isEgress === isEgress && (ids.has(rule.ruleId) || unwanted.some((other) => sameRule(rule, other)));
    const gone = group.value.rules.filter(isGone);
    if (gone.length < ids.size + unwanted.length) {
      throw awsError('InvalidPermission.NotFound', 'The specified rule does not exist in this security group.');
    }
    return {
      changes: [
        writeGroup(
          group,
          group.value.rules.filter((rule) => !isGone(rule)),
        ),
      ],
      result: { Return: true },
    };
  });
}

const groupFields = (scope: AccountRegion, group: SecurityGroup) => ({
  'group-id': [group.groupId],
  'group-name': [group.groupName],
  'vpc-id': [group.vpcId],
  description: [group.description],
  'owner-id': [scope.account],
});

const groupOutput = (store: TrafficStore, scope: AccountRegion, group: SecurityGroup): SecurityGroupOutput => ({
  GroupId: group.groupId,
  GroupName: group.groupName,
  Description: group.description,
  VpcId: group.vpcId,
  OwnerId: scope.account,
  SecurityGroupArn: groupArn(scope, group.groupId),
  IpPermissions: toPermissions(
    group.rules.filter((rule) => !rule.isEgress),
    scope.account,
  ),
  IpPermissionsEgress: toPermissions(
    group.rules.filter((rule) => rule.isEgress),
    scope.account,
  ),
  Tags: tagsOf(store, scope, group.groupId),
});

const ruleOutput = (scope: AccountRegion, groupId: string, rule: SecurityGroupRule): RuleOutput => ({
  SecurityGroupRuleId: rule.ruleId,
  GroupId: groupId,
  GroupOwnerId: scope.account,
  IsEgress: rule.isEgress,
  IpProtocol: rule.ipProtocol,
  FromPort: rule.fromPort ?? -1,
  ToPort: rule.toPort ?? -1,
  CidrIpv4: rule.cidrIpv4,
  CidrIpv6: rule.cidrIpv6,
  PrefixListId: rule.prefixListId,
  Description: rule.description,
  ...(rule.referencedGroupId
    ? { ReferencedGroupInfo: { GroupId: rule.referencedGroupId, UserId: scope.account } }
    : {}),
  Tags: [],
});
