import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';
import type { TargetDescription, TargetHealthDescription } from '@aws-sdk/client-elastic-load-balancing-v2';
import { awsError } from '../../../wire/aws/aws-error.ts';
import type { AccountRegion } from '../../../wire/aws/call-context.ts';
import type { TargetHealth, TargetRegistration } from '../../index.ts';
import type { TargetGroup } from '../../model.ts';
import { zoneNames } from '../../vpc/default-vpc.ts';
import { type Elbv2Deps, type Elbv2Handlers, findByArn } from './context.ts';

const targetsMax = 1000;

/** As with AWS no public addresses; loopback and the task network besides, and never the metadata service of a cloud. */
const reachable = new BlockList();
for (const [address, bits] of [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.172.0', 22],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const) {
  reachable.addSubnet(address, bits, 'ipv4');
}
reachable.addSubnet('fc00::', 7, 'ipv6');
reachable.addAddress('::1', 'ipv6');

export function targetHandlers({ store, targets, checker }: Elbv2Deps): Elbv2Handlers {
  return {
    RegisterTargets: async (input, context) => {
      const group = findByArn(store, context, 'targetgroup', input.TargetGroupArn);
      const registrations = (input.Targets ?? []).map((target) => toRegistration(group.value, target, context));
      if (targets.health(group.key).length + registrations.length > targetsMax) {
        throw awsError('TooManyTargets', `A target group has at most ${targetsMax} targets`);
      }
      await targets.register(group.key, registrations);
      checker.tick();
      return {};
    },

    DeregisterTargets: async (input, context) => {
      const group = findByArn(store, context, 'targetgroup', input.TargetGroupArn);
      const registered = targets.health(group.key);
      const leaving = (input.Targets ?? []).flatMap(({ Id, Port }) =>
        // Without a port: wherever this target is registered.
        registered.filter((target) => target.id === Id && (Port === undefined || target.port === Port)),
      );
      await targets.deregister(group.key, leaving);
      return {};
    },

    DescribeTargetHealth: (input, context) => {
      const group = findByArn(store, context, 'targetgroup', input.TargetGroupArn);
      const registered = targets.health(group.key);
      const wanted = input.Targets?.length
        ? input.Targets.map((target) => {
            const port = target.Port ?? group.value.port;
            return (
              registered.find((other) => other.id === target.Id && other.port === port) ?? notRegistered(target, port)
            );
          })
        : registered;
      return { TargetHealthDescriptions: wanted.map((target) => toOutput(group.value, target)) };
    },
  };
}

function toRegistration(group: TargetGroup, target: TargetDescription, scope: AccountRegion): TargetRegistration {
  const id = target.Id ?? '';
  const port = target.Port ?? group.port;
  const zones = zoneNames(scope.region);
  if (group.targetType === 'ip') {
    const fits = group.ipAddressType === 'ipv6' ? isIPv6(id) : isIPv4(id);
    if (!fits) {
      const why = isIP(id) === 0 ? 'is not a valid IP address' : `is not of the group's address type`;
      throw awsError('ValidationError', `The IP address '${id}' ${why}`);
    }
    if (!reachable.check(id, isIPv6(id) ? 'ipv6' : 'ipv4')) {
      throw awsError('ValidationError', `The IP address '${id}' is not within a private range`);
    }
  } else if (!/^i-[0-9a-f]+$/.test(id)) {
    throw awsError('InvalidTarget', `The following targets are not valid instances: '${id}'`);
  }
  const zone = target.AvailabilityZone === 'all' ? undefined : target.AvailabilityZone;
  return { id, port, availabilityZone: zone ?? zones[0]!, taskArn: '' };
}

const notRegistered = (target: TargetDescription, port: number): TargetHealth => ({
  id: target.Id ?? '',
  port,
  availabilityZone: '',
  taskArn: '',
  state: 'unused',
  reason: 'Target.NotRegistered',
  description: 'Target is not registered to the target group',
});

function toOutput(group: TargetGroup, target: TargetHealth): TargetHealthDescription {
  const { port: checkPort } = group.healthCheck;
  return {
    Target: {
      Id: target.id,
      Port: target.port,
      ...(target.availabilityZone ? { AvailabilityZone: target.availabilityZone } : {}),
    },
    HealthCheckPort: checkPort === 'traffic-port' ? String(target.port) : checkPort,
    TargetHealth: {
      State: target.state,
      ...(target.reason ? { Reason: target.reason as 'Target.Timeout', Description: target.description } : {}),
    },
  };
}
