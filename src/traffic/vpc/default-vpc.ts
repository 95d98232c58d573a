import { createHash } from 'node:crypto';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import type { SecurityGroup, Subnet, Vpc } from '../model.ts';

/** What every account has in every region without asking. Nothing is stored: ids follow from account and region. */
export interface DefaultVpc {
  readonly vpc: Vpc;
  readonly subnets: readonly Subnet[];
  readonly securityGroup: SecurityGroup;
  readonly internetGatewayId: string;
  readonly routeTableId: string;
  readonly networkAclId: string;
}

export const zoneNames = (region: string): string[] => ['a', 'b', 'c'].map((letter) => `${region}${letter}`);

/** 17 hex digits, as EC2's ids have them, that are the same each time for the same names. */
const stableId = (prefix: string, ...names: string[]): string =>
  `${prefix}-${createHash('sha256').update(names.join('/')).digest('hex').slice(0, 17)}`;

export function defaultVpc({ account, region }: AccountRegion): DefaultVpc {
  const id = (prefix: string, ...names: string[]) => stableId(prefix, account, region, 'default', prefix, ...names);
  const vpcId = id('vpc');
  return {
    vpc: { vpcId, cidrBlock: '172.31.0.0/16', isDefault: true, enableDnsSupport: true, enableDnsHostnames: true },
    subnets: zoneNames(region).map((availabilityZone, index) => ({
      subnetId: id('subnet', availabilityZone),
      vpcId,
      cidrBlock: `172.31.${index * 16}.0/20`,
      availabilityZone,
      isDefault: true,
      mapPublicIpOnLaunch: true,
    })),
    securityGroup: defaultSecurityGroup(id('sg'), vpcId),
    internetGatewayId: id('igw'),
    routeTableId: id('rtb'),
    networkAclId: id('acl'),
  };
}

/** Members reach each other, and everyone outside. */
export function defaultSecurityGroup(groupId: string, vpcId: string): SecurityGroup {
  return {
    groupId,
    groupName: 'default',
    description: 'default VPC security group',
    vpcId,
    rules: [
      { ruleId: stableId('sgr', groupId, 'in'), isEgress: false, ipProtocol: '-1', referencedGroupId: groupId },
      { ruleId: stableId('sgr', groupId, 'out'), isEgress: true, ipProtocol: '-1', cidrIpv4: '0.0.0.0/0' },
    ],
  };
}
