import { createHash } from 'node:crypto';
import type { LoadBalancer as LoadBalancerOutput } from '@aws-sdk/client-elastic-load-balancing-v2';
import { newHexId } from '../../../platform/ids.ts';
import { awsError } from '../../../wire/aws/aws-error.ts';
import type { AccountRegion } from '../../../wire/aws/call-context.ts';
import { elbArn } from '../../arn.ts';
import type { LoadBalancer } from '../../model.ts';
import { put, remove, scopeKey } from '../../store.ts';
import { paginate } from '../paginate.ts';
import { type Elbv2Deps, type Elbv2Handlers, findByArn, toTags } from './context.ts';

const loadBalancersMax = 50;

export function loadBalancerHandlers(deps: Elbv2Deps): Elbv2Handlers {
  const { store, clock } = deps;
  return {
    CreateLoadBalancer: (input, context) => {
      const name = checkName(input.Name);
      if ((input.Type ?? 'application') !== 'application') {
        throw awsError('InvalidConfigurationRequest', `Load balancers of type '${input.Type}' are not supported here.`);
      }
      const subnetIds = input.Subnets ?? input.SubnetMappings?.map((mapping) => mapping.SubnetId ?? '') ?? [];
      const subnets = checkSubnets(deps, context, subnetIds);
      const groups = checkSecurityGroups(deps, context, input.SecurityGroups, subnets.vpcId);
      const id = newHexId(8);
      const wanted: LoadBalancer = {
        arn: elbArn(context, `loadbalancer/app/${name}/${id}`),
        name,
        id,
        dnsName: dnsName(context, name, input.Scheme === 'internal'),
        scheme: input.Scheme ?? 'internet-facing',
        vpcId: subnets.vpcId,
        subnets: subnets.zones,
        securityGroups: groups,
        ipAddressType: input.IpAddressType ?? 'ipv4',
        createdTime: clock.now().toISOString(),
        attributes: {},
        tags: toTags(input.Tags),
      };
      return store.update(() => {
        const key = `${scopeKey(context)}${name}`;
        const held = store.get('elbv2/load-balancer', key);
        if (held) return { changes: [], result: { LoadBalancers: [toOutput(sameOrThrow(held.value, wanted))] } };
        if (store.list('elbv2/load-balancer', scopeKey(context)).length >= loadBalancersMax) {
          throw awsError('TooManyLoadBalancers', `The limit of ${loadBalancersMax} load balancers is reached`);
        }
        const created = { ...toOutput(wanted), State: { Code: 'provisioning' as const } };
        return {
          changes: [put('elbv2/load-balancer', key, wanted, 'absent')],
          result: { LoadBalancers: [created] },
        };
      });
    },

    DescribeLoadBalancers: (input, context) => {
      const { LoadBalancerArns: arns, Names: names } = input;
      let found = store.list('elbv2/load-balancer', scopeKey(context)).map((resource) => resource.value);
      if (arns?.length) found = arns.map((arn) => findByArn(store, context, 'loadbalancer', arn).value);
      else if (names?.length) {
        found = names.map((name) => {
          const match = found.find((balancer) => balancer.name === name);
          if (!match) throw awsError('LoadBalancerNotFound', 'One or more load balancers not found');
          return match;
        });
      }
      const { page, next } = paginate(found, input.Marker, input.PageSize ?? 400);
      return { LoadBalancers: page.map(toOutput), NextMarker: next };
    },

    DeleteLoadBalancer: (input, context) =>
      store.update(() => {
        // Deleting what is not there succeeds, as with AWS.
        const balancer = store
          .list('elbv2/load-balancer', scopeKey(context))
          .find(({ value }) => value.arn === input.LoadBalancerArn);
        if (!balancer) return { changes: [], result: {} };
        if (balancer.value.attributes['deletion_protection.enabled'] === 'true') {
          throw awsError(
            'OperationNotPermitted',
            `Load balancer '${balancer.value.arn}' cannot be deleted because deletion protection is enabled`,
          );
        }
        const changes = [
          remove('elbv2/load-balancer', balancer),
          ...store.list('elbv2/listener', `${balancer.key}/`).map((listener) => remove('elbv2/listener', listener)),
          ...store.list('elbv2/rule', `${balancer.key}/`).map((rule) => remove('elbv2/rule', rule)),
        ];
        return { changes, result: {} };
      }),

    SetSecurityGroups: (input, context) =>
      store.update(() => {
        const { key, value, version } = findByArn(store, context, 'loadbalancer', input.LoadBalancerArn);
        const securityGroups = checkSecurityGroups(deps, context, input.SecurityGroups, value.vpcId);
        return {
          changes: [put('elbv2/load-balancer', key, { ...value, securityGroups }, version)],
          result: { SecurityGroupIds: [...securityGroups] },
        };
      }),

    SetSubnets: (input, context) =>
      store.update(() => {
        const { key, value, version } = findByArn(store, context, 'loadbalancer', input.LoadBalancerArn);
        const ids = input.Subnets ?? input.SubnetMappings?.map((mapping) => mapping.SubnetId ?? '') ?? [];
        const { vpcId, zones } = checkSubnets(deps, context, ids);
        if (vpcId !== value.vpcId) throw awsError('InvalidSubnet', 'The subnets are not in the load balancer’s VPC');
        return {
          changes: [put('elbv2/load-balancer', key, { ...value, subnets: zones }, version)],
          result: { AvailabilityZones: toZones(zones), IpAddressType: value.ipAddressType },
        };
      }),

    SetIpAddressType: (input, context) =>
      store.update(() => {
        const { key, value, version } = findByArn(store, context, 'loadbalancer', input.LoadBalancerArn);
        const ipAddressType = input.IpAddressType ?? 'ipv4';
        return {
          changes: [put('elbv2/load-balancer', key, { ...value, ipAddressType }, version)],
          result: { IpAddressType: ipAddressType },
        };
      }),
  };
}

function checkName(name: string | undefined): string {
  if (!name || !/^[A-Za-z0-9-]{1,32}$/.test(name)) {
    throw awsError('ValidationError', `The load balancer name '${name}' must be 1-32 letters, digits or hyphens`);
  }
  if (name.startsWith('-') || name.endsWith('-') || name.startsWith('internal-')) {
    throw awsError(
      'ValidationError',
      `The load balancer name '${name}' cannot begin or end with a hyphen or begin with 'internal-'`,
    );
  }
  return name;
}

/** The same address each time a balancer of this name is made, so that a bookmark survives. */
function dnsName({ account, region }: AccountRegion, name: string, internal: boolean): string {
  const hash = createHash('sha256').update(`${account}/${region}/${name}`).digest();
  const digits = String(hash.readUInt32BE(0)).padStart(10, '0');
  return `${internal ? 'internal-' : ''}${name}-${digits}.${region}.elb.localhost`;
}

function checkSubnets({ vpc }: Elbv2Deps, scope: AccountRegion, subnetIds: readonly string[]) {
  const subnets = subnetIds.map((subnetId) => {
    const subnet = vpc.subnet(scope, subnetId);
    if (!subnet) throw awsError('SubnetNotFound', `The subnet ID '${subnetId}' does not exist`);
    return subnet;
  });
  const zones = new Set(subnets.map((subnet) => subnet.availabilityZone));
  if (zones.size < 2) {
    throw awsError('ValidationError', 'At least two subnets in two different Availability Zones must be specified');
  }
  if (zones.size < subnets.length) {
    throw awsError(
      'InvalidConfigurationRequest',
      'A load balancer cannot be attached to multiple subnets in the same Availability Zone',
    );
  }
  const vpcId = subnets[0]!.vpcId;
  if (subnets.some((subnet) => subnet.vpcId !== vpcId)) {
    throw awsError('InvalidConfigurationRequest', 'All subnets must be in the same VPC');
  }
  return { vpcId, zones: subnets.map(({ subnetId, availabilityZone }) => ({ subnetId, zoneName: availabilityZone })) };
}

function checkSecurityGroups(
  { vpc }: Elbv2Deps,
  scope: AccountRegion,
  groupIds: readonly string[] | undefined,
  vpcId: string,
): string[] {
  const groups = vpc.securityGroups(scope).filter((group) => group.vpcId === vpcId);
  if (!groupIds?.length) return groups.filter((group) => group.groupName === 'default').map((group) => group.groupId);
  for (const groupId of groupIds) {
    if (!groups.some((group) => group.groupId === groupId)) {
      throw awsError('InvalidSecurityGroup', `One or more security groups are invalid: ${groupId}`);
    }
  }
  return [...groupIds];
}

function sameOrThrow(held: LoadBalancer, wanted: LoadBalancer): LoadBalancer {
  const settings = ({ scheme, subnets, securityGroups, ipAddressType }: LoadBalancer) =>
    JSON.stringify([
      scheme,
      subnets.map((subnet) => subnet.subnetId).sort(),
      [...securityGroups].sort(),
      ipAddressType,
    ]);
  if (settings(held) === settings(wanted)) return held;
  throw awsError(
    'DuplicateLoadBalancerName',
    `A load balancer with the same name '${wanted.name}' exists, but with different settings`,
  );
}

const toZones = (subnets: LoadBalancer['subnets']) =>
  subnets.map(({ subnetId, zoneName }) => ({ SubnetId: subnetId, ZoneName: zoneName, LoadBalancerAddresses: [] }));

function toOutput(balancer: LoadBalancer): LoadBalancerOutput {
  return {
    LoadBalancerArn: balancer.arn,
    DNSName: balancer.dnsName,
    CanonicalHostedZoneId: 'Z35SXDOTRQ7X7K',
    CreatedTime: new Date(balancer.createdTime),
    LoadBalancerName: balancer.name,
    Scheme: balancer.scheme,
    VpcId: balancer.vpcId,
    State: { Code: 'active' },
    Type: 'application',
    AvailabilityZones: toZones(balancer.subnets),
    SecurityGroups: [...balancer.securityGroups],
    IpAddressType: balancer.ipAddressType,
  };
}
