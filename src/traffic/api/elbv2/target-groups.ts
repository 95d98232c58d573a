import type {
  CreateTargetGroupCommandInput,
  ModifyTargetGroupCommandInput,
  TargetGroup as TargetGroupOutput,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { newHexId } from '../../../platform/ids.ts';
import { awsError } from '../../../wire/aws/aws-error.ts';
import { elbArn } from '../../arn.ts';
import type { HealthCheck, TargetGroup } from '../../model.ts';
import { put, remove, scopeKey } from '../../store.ts';
import { paginate } from '../paginate.ts';
import { type Elbv2Deps, type Elbv2Handlers, findByArn, toTags } from './context.ts';
import { listenersUsing } from './usage.ts';

const targetGroupsMax = 3000;

export function targetGroupHandlers({ store, targets, vpc }: Elbv2Deps): Elbv2Handlers {
  const balancersOf = (arn: string): string[] =>
    (targets.routing().groups.get(arn)?.balancers ?? []).map((balancer) => balancer.resource.arn);
  const describe = (group: TargetGroup): TargetGroupOutput => toOutput(group, balancersOf(group.arn));
  return {
    CreateTargetGroup: (input, context) => {
      const name = checkName(input.Name);
      checkSupported(input);
      const vpcIds = vpc.vpcs(context).map(({ vpcId }) => vpcId);
      if (!input.VpcId) throw awsError('ValidationError', 'A VPC ID must be specified');
      if (!vpcIds.includes(input.VpcId)) {
        throw awsError('ValidationError', `The VPC ID '${input.VpcId}' is not found`);
      }
      const id = newHexId(8);
      const wanted: TargetGroup = {
        arn: elbArn(context, `targetgroup/${name}/${id}`),
        name,
        id,
        targetType: input.TargetType === 'ip' ? 'ip' : 'instance',
        protocol: input.Protocol as 'HTTP' | 'HTTPS',
        port: input.Port!,
        vpcId: input.VpcId,
        ipAddressType: input.IpAddressType ?? 'ipv4',
        healthCheck: checkHealthCheck(input, defaultHealthCheck(input.Protocol as 'HTTP' | 'HTTPS')),
        attributes: {},
        tags: toTags(input.Tags),
      };
      return store.update(() => {
        const key = `${scopeKey(context)}${name}`;
        const held = store.get('elbv2/target-group', key);
        if (held) return { changes: [], result: { TargetGroups: [describe(sameOrThrow(held.value, wanted))] } };
        if (store.list('elbv2/target-group', scopeKey(context)).length >= targetGroupsMax) {
          throw awsError('TooManyTargetGroups', `The limit of ${targetGroupsMax} target groups is reached`);
        }
        return {
          changes: [put('elbv2/target-group', key, wanted, 'absent')],
          result: { TargetGroups: [describe(wanted)] },
        };
      });
    },

    DescribeTargetGroups: (input, context) => {
      let found = store.list('elbv2/target-group', scopeKey(context)).map((resource) => resource.value);
      if (input.TargetGroupArns?.length) {
        found = input.TargetGroupArns.map((arn) => findByArn(store, context, 'targetgroup', arn).value);
      } else if (input.Names?.length) {
        found = input.Names.map((name) => {
          const match = found.find((group) => group.name === name);
          if (!match) throw awsError('TargetGroupNotFound', 'One or more target groups not found');
          return match;
        });
      } else if (input.LoadBalancerArn) {
        findByArn(store, context, 'loadbalancer', input.LoadBalancerArn);
        found = found.filter((group) => balancersOf(group.arn).includes(input.LoadBalancerArn!));
      }
      const { page, next } = paginate(found, input.Marker, input.PageSize ?? 400);
      return { TargetGroups: page.map(describe), NextMarker: next };
    },

    ModifyTargetGroup: (input, context) =>
      store.update(() => {
        const { key, value, version } = findByArn(store, context, 'targetgroup', input.TargetGroupArn);
        const group = { ...value, healthCheck: checkHealthCheck(input, value.healthCheck) };
        return {
          changes: [put('elbv2/target-group', key, group, version)],
          result: { TargetGroups: [describe(group)] },
        };
      }),

    DeleteTargetGroup: (input, context) =>
      store.update(() => {
        const group = store
          .list('elbv2/target-group', scopeKey(context))
          .find(({ value }) => value.arn === input.TargetGroupArn);
        if (!group) return { changes: [], result: {} };
        if (listenersUsing(store, group.value.arn).length > 0) {
          throw awsError(
            'ResourceInUse',
            `Target group '${group.value.arn}' is currently in use by a listener or a rule`,
          );
        }
        const members = store.list('elbv2/target', `${group.key}/`).map((target) => remove('elbv2/target', target));
        return { changes: [remove('elbv2/target-group', group), ...members], result: {} };
      }),
  };
}

function checkName(name: string | undefined): string {
  if (name && /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?$/.test(name)) return name;
  throw awsError(
    'ValidationError',
    `Target group name '${name}' must be 1-32 letters, digits or hyphens and cannot begin or end with a hyphen`,
  );
}

function checkSupported(input: CreateTargetGroupCommandInput): void {
  const type = input.TargetType ?? 'instance';
  if (type !== 'ip' && type !== 'instance') {
    throw awsError('InvalidConfigurationRequest', `Target groups of type '${type}' are not supported here.`);
  }
  if (!input.Protocol) throw awsError('ValidationError', 'A protocol must be specified');
  if (input.Protocol !== 'HTTP' && input.Protocol !== 'HTTPS') {
    throw awsError('InvalidConfigurationRequest', `Target group protocol '${input.Protocol}' is not supported here.`);
  }
  if (input.ProtocolVersion && input.ProtocolVersion !== 'HTTP1') {
    throw awsError('InvalidConfigurationRequest', `Protocol version '${input.ProtocolVersion}' is not supported here.`);
  }
  if (!input.Port) throw awsError('ValidationError', 'A port must be specified');
}

const defaultHealthCheck = (protocol: 'HTTP' | 'HTTPS'): HealthCheck => ({
  enabled: true,
  protocol,
  port: 'traffic-port',
  path: '/',
  intervalSeconds: 30,
  timeoutSeconds: 5,
  healthyThreshold: 5,
  unhealthyThreshold: 2,
  matcher: '200',
});

function checkHealthCheck(
  input: CreateTargetGroupCommandInput | ModifyTargetGroupCommandInput,
  base: HealthCheck,
): HealthCheck {
  const { HealthCheckProtocol: protocol = base.protocol } = input;
  if (protocol !== 'HTTP' && protocol !== 'HTTPS') {
    throw awsError('InvalidConfigurationRequest', `Health check protocol '${protocol}' is not supported here.`);
  }
  const check: HealthCheck = {
    enabled: input.HealthCheckEnabled ?? base.enabled,
    protocol,
    port: input.HealthCheckPort ?? base.port,
    path: input.HealthCheckPath ?? base.path,
    intervalSeconds: input.HealthCheckIntervalSeconds ?? base.intervalSeconds,
    timeoutSeconds: input.HealthCheckTimeoutSeconds ?? base.timeoutSeconds,
    healthyThreshold: input.HealthyThresholdCount ?? base.healthyThreshold,
    unhealthyThreshold: input.UnhealthyThresholdCount ?? base.unhealthyThreshold,
    matcher: input.Matcher?.HttpCode ?? base.matcher,
  };
  if (check.port !== 'traffic-port' && !(Number(check.port) >= 1 && Number(check.port) <= 65_535)) {
    throw awsError('ValidationError', `Health check port '${check.port}' must be 'traffic-port' or 1-65535`);
  }
  if (!/^\/[\x21-\x7e]*$/.test(check.path)) {
    throw awsError('ValidationError', `Health check path '${check.path}' must begin with a '/' character`);
  }
  if (check.timeoutSeconds >= check.intervalSeconds) {
    throw awsError('ValidationError', 'Health check timeout must be smaller than the interval');
  }
  checkMatcher(check.matcher);
  return check;
}

function checkMatcher(matcher: string): void {
  const valid = matcher.split(',').every((part) => {
    const range = /^(\d{3})(?:-(\d{3}))?$/.exec(part);
    return range && Number(range[1]) >= 200 && Number(range[2] ?? range[1]) <= 499;
  });
  if (!valid) throw awsError('ValidationError', `Health check matcher HTTP code '${matcher}' must be within 200-499`);
}

function sameOrThrow(held: TargetGroup, wanted: TargetGroup): TargetGroup {
  const settings = ({ targetType, protocol, port, vpcId, ipAddressType, healthCheck }: TargetGroup) =>
    JSON.stringify([targetType, protocol, port, vpcId, ipAddressType, healthCheck]);
  if (settings(held) === settings(wanted)) return held;
  throw awsError(
    'DuplicateTargetGroupName',
    `A target group with the same name '${wanted.name}' exists, but with different settings`,
  );
}

function toOutput(group: TargetGroup, balancerArns: string[]): TargetGroupOutput {
  const check = group.healthCheck;
  return {
    TargetGroupArn: group.arn,
    TargetGroupName: group.name,
    Protocol: group.protocol,
    Port: group.port,
    VpcId: group.vpcId,
    HealthCheckProtocol: check.protocol,
    HealthCheckPort: check.port,
    HealthCheckEnabled: check.enabled,
    HealthCheckIntervalSeconds: check.intervalSeconds,
    HealthCheckTimeoutSeconds: check.timeoutSeconds,
    HealthyThresholdCount: check.healthyThreshold,
    UnhealthyThresholdCount: check.unhealthyThreshold,
    HealthCheckPath: check.path,
    Matcher: { HttpCode: check.matcher },
    LoadBalancerArns: balancerArns,
    TargetType: group.targetType,
    ProtocolVersion: 'HTTP1',
    IpAddressType: group.ipAddressType,
  };
}
