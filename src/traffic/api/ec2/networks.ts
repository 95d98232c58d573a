import type { Subnet as SubnetOutput, Vpc as VpcOutput } from '@aws-sdk/client-ec2';
import { newHexId } from '../../../platform/ids.ts';
import { awsError } from '../../../wire/aws/aws-error.ts';
import type { AccountRegion } from '../../../wire/aws/call-context.ts';
import type { Subnet, Vpc } from '../../model.ts';
import { put, scopeKey, type TrafficStore } from '../../store.ts';
import { addressCount, cidrContains, cidrsOverlap, isCidrBlock } from '../../vpc/cidr.ts';
import { defaultSecurityGroup, zoneNames } from '../../vpc/default-vpc.ts';
import { paginate } from '../paginate.ts';
import { type Ec2Deps, type Ec2Handlers, passesFilters, selectByIds, tagsOf } from './context.ts';
import { tagChange } from './tags.ts';

/** VPCs and subnets. They are names and ranges for clients to reason with: no packet is routed by them. */
export function networkHandlers({ store, vpc }: Ec2Deps): Ec2Handlers {
  return {
    DescribeVpcs: (input, context) => {
      const vpcs = selectByIds(
        vpc.vpcs(context),
        input.VpcIds,
        (item) => item.vpcId,
        'InvalidVpcID.NotFound',
        'vpc ID',
      );
      const found = vpcs.filter((item) =>
        passesFilters(input.Filters, tagsOf(store, context, item.vpcId), {
          'vpc-id': [item.vpcId],
          cidr: [item.cidrBlock],
          'cidr-block-association.cidr-block': [item.cidrBlock],
          'is-default': [String(item.isDefault)],
          isDefault: [String(item.isDefault)],
          'owner-id': [context.account],
          state: ['available'],
        }),
      );
      const { page, next } = paginate(found, input.NextToken, input.MaxResults ?? 1000, 'InvalidNextToken');
      return { Vpcs: page.map((item) => vpcOutput(store, context, item)), NextToken: next };
    },

    DescribeVpcAttribute: (input, context) => {
      const [found] = selectByIds(
        vpc.vpcs(context),
        [input.VpcId ?? ''],
        (item) => item.vpcId,
        'InvalidVpcID.NotFound',
        'vpc ID',
      );
      return input.Attribute === 'enableDnsSupport'
        ? { VpcId: found!.vpcId, EnableDnsSupport: { Value: found!.enableDnsSupport } }
        : { VpcId: found!.vpcId, EnableDnsHostnames: { Value: found!.enableDnsHostnames } };
    },

    CreateVpc: (input, context) => {
      const cidrBlock = input.CidrBlock ?? '';
      if (!isCidrBlock(cidrBlock, 16, 28)) {
        throw awsError('InvalidVpc.Range', `The CIDR '${cidrBlock}' is invalid.`);
      }
      const vpcId = `vpc-${newHexId(9).slice(0, 17)}`;
      const groupId = `sg-${newHexId(9).slice(0, 17)}`;
      const created: Vpc = {
        vpcId,
        cidrBlock,
        isDefault: false,
        enableDnsSupport: true,
        enableDnsHostnames: false,
      };
      return store.update(() => ({
        changes: [
          put('ec2/vpc', scopeKey(context) + vpcId, created, 'absent'),
          put('ec2/security-group', scopeKey(context) + groupId, defaultSecurityGroup(groupId, vpcId), 'absent'),
          ...tagChange(store, context, vpcId, 'vpc', input.TagSpecifications),
        ],
        result: { Vpc: { ...vpcOutput(store, context, created), State: 'pending' as const } },
      }));
    },

    DescribeSubnets: (input, context) => {
      const subnets = selectByIds(
        vpc.subnets(context),
        input.SubnetIds,
        (item) => item.subnetId,
        'InvalidSubnetID.NotFound',
        'subnet ID',
      );
      const found = subnets.filter((item) =>
        passesFilters(input.Filters, tagsOf(store, context, item.subnetId), {
          'subnet-id': [item.subnetId],
          'vpc-id': [item.vpcId],
          'availability-zone': [item.availabilityZone],
          availabilityZone: [item.availabilityZone],
          'cidr-block': [item.cidrBlock],
          cidr: [item.cidrBlock],
          'default-for-az': [String(item.isDefault)],
          defaultForAz: [String(item.isDefault)],
          'map-public-ip-on-launch': [String(item.mapPublicIpOnLaunch)],
          'owner-id': [context.account],
          state: ['available'],
        }),
      );
      const { page, next } = paginate(found, input.NextToken, input.MaxResults ?? 1000, 'InvalidNextToken');
      return { Subnets: page.map((item) => subnetOutput(store, context, item)), NextToken: next };
    },

    CreateSubnet: (input, context) => {
      const vpcs = vpc.vpcs(context);
      const [parent] = selectByIds(vpcs, [input.VpcId ?? ''], (item) => item.vpcId, 'InvalidVpcID.NotFound', 'vpc ID');
      const cidrBlock = input.CidrBlock ?? '';
      if (!isCidrBlock(cidrBlock, 16, 28) || !cidrContains(parent!.cidrBlock, cidrBlock)) {
        throw awsError('InvalidSubnet.Range', `The CIDR '${cidrBlock}' is invalid.`);
      }
      const zones = zoneNames(context.region);
      const availabilityZone = input.AvailabilityZone ?? zones[0]!;
      if (!zones.includes(availabilityZone)) {
        throw awsError(
          'InvalidParameterValue',
          `Value (${availabilityZone}) for parameter availabilityZone is invalid.`,
        );
      }
      const subnetId = `subnet-${newHexId(9).slice(0, 17)}`;
      const created: Subnet = {
        subnetId,
        vpcId: parent!.vpcId,
        cidrBlock,
        availabilityZone,
        isDefault: false,
        mapPublicIpOnLaunch: false,
      };
      return store.update(() => {
        const siblings = vpc.subnets(context).filter((item) => item.vpcId === parent!.vpcId);
        if (siblings.some((item) => cidrsOverlap(item.cidrBlock, cidrBlock))) {
          throw awsError('InvalidSubnet.Conflict', `The CIDR '${cidrBlock}' conflicts with another subnet`);
        }
        return {
          changes: [
            put('ec2/subnet', scopeKey(context) + subnetId, created, 'absent'),
            ...tagChange(store, context, subnetId, 'subnet', input.TagSpecifications),
          ],
          result: { Subnet: subnetOutput(store, context, created) },
        };
      });
    },

    DescribeAvailabilityZones: (input, context) => {
      const zones = zoneNames(context.region).map((ZoneName, index) => ({
        ZoneName,
        ZoneId: `${shortRegion(context.region)}-az${index + 1}`,
        State: 'available' as const,
        RegionName: context.region,
        ZoneType: 'availability-zone',
        OptInStatus: 'opt-in-not-required' as const,
        GroupName: context.region,
        NetworkBorderGroup: context.region,
        Messages: [],
      }));
      const chosen = selectByIds(zones, input.ZoneNames, (zone) => zone.ZoneName, 'InvalidParameterValue', 'zone');
      return {
        AvailabilityZones: chosen.filter((zone) =>
          passesFilters(input.Filters, [], {
            'zone-name': [zone.ZoneName],
            'zone-id': [zone.ZoneId],
            state: [zone.State],
            'region-name': [zone.RegionName],
            'zone-type': [zone.ZoneType],
            'opt-in-status': [zone.OptInStatus],
            'group-name': [zone.GroupName],
          }),
        ),
      };
    },
  };
}

const shortRegion = (region: string): string => {
  const [area = '', direction = '', number = ''] = region.split('-');
  return `${area}${direction.replace(/^(.).*?(east|west)?$/, (_, first: string, second?: string) => first + (second?.[0] ?? ''))}${number}`;
};

const vpcOutput = (store: TrafficStore, scope: AccountRegion, vpc: Vpc): VpcOutput => ({
  VpcId: vpc.vpcId,
  CidrBlock: vpc.cidrBlock,
  DhcpOptionsId: 'default',
  State: 'available',
  InstanceTenancy: 'default',
  IsDefault: vpc.isDefault,
  OwnerId: scope.account,
  CidrBlockAssociationSet: [{ CidrBlock: vpc.cidrBlock, CidrBlockState: { State: 'associated' } }],
  Tags: tagsOf(store, scope, vpc.vpcId),
});

const subnetOutput = (store: TrafficStore, scope: AccountRegion, subnet: Subnet): SubnetOutput => ({
  SubnetId: subnet.subnetId,
  SubnetArn: `arn:aws:ec2:${scope.region}:${scope.account}:subnet/${subnet.subnetId}`,
  VpcId: subnet.vpcId,
  CidrBlock: subnet.cidrBlock,
  AvailabilityZone: subnet.availabilityZone,
  AvailableIpAddressCount: addressCount(subnet.cidrBlock) - 5,
  DefaultForAz: subnet.isDefault,
  MapPublicIpOnLaunch: subnet.mapPublicIpOnLaunch,
  AssignIpv6AddressOnCreation: false,
  Ipv6CidrBlockAssociationSet: [],
  OwnerId: scope.account,
  State: 'available',
  Tags: tagsOf(store, scope, subnet.subnetId),
});
