import type { Action, Certificate, RuleCondition } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { DnsRecord, HealthCheckCustomConfig } from '@aws-sdk/client-servicediscovery';

/** What the state store keeps for this plane. Times are ISO strings; actions and conditions keep AWS's own shapes. */

export interface LoadBalancer {
  readonly arn: string;
  readonly name: string;
  /** 16 hex digits, the tail of the ARN. */
  readonly id: string;
  readonly dnsName: string;
  readonly scheme: 'internet-facing' | 'internal';
  readonly vpcId: string;
  readonly subnets: readonly { readonly subnetId: string; readonly zoneName: string }[];
  readonly securityGroups: readonly string[];
  readonly ipAddressType: 'ipv4' | 'dualstack' | 'dualstack-without-public-ipv4';
  readonly createdTime: string;
  /** Only what differs from the defaults. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
}

export interface Listener {
  readonly arn: string;
  readonly loadBalancerArn: string;
  readonly port: number;
  readonly protocol: 'HTTP' | 'HTTPS';
  readonly defaultRuleArn: string;
  readonly defaultActions: readonly Action[];
  readonly certificates: readonly Certificate[];
  readonly sslPolicy?: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
}

export interface Rule {
  readonly arn: string;
  readonly listenerArn: string;
  readonly priority: number;
  readonly conditions: readonly RuleCondition[];
  readonly actions: readonly Action[];
  readonly tags: Readonly<Record<string, string>>;
}

export interface HealthCheck {
  readonly enabled: boolean;
  readonly protocol: 'HTTP' | 'HTTPS';
  /** `traffic-port` or a number as text. */
  readonly port: string;
  readonly path: string;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
  /** `200`, `200,202`, `200-299`. */
  readonly matcher: string;
}

export interface TargetGroup {
  readonly arn: string;
  readonly name: string;
  readonly id: string;
  readonly targetType: 'ip' | 'instance';
  readonly protocol: 'HTTP' | 'HTTPS';
  readonly port: number;
  readonly vpcId: string;
  readonly ipAddressType: 'ipv4' | 'ipv6';
  readonly healthCheck: HealthCheck;
  readonly attributes: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
}

/** A registered target; its health is in memory only, for it is checked anew after each start. */
export interface Target {
  readonly targetGroupArn: string;
  /** An address, or an instance id for groups of that type. */
  readonly id: string;
  readonly port: number;
  readonly availabilityZone: string;
  /** Empty when a caller of RegisterTargets registered it. */
  readonly taskArn: string;
  /** Set while it drains. */
  readonly drainingSince?: string;
}

export interface Namespace {
  readonly id: string;
  readonly arn: string;
  readonly name: string;
  readonly type: 'HTTP' | 'DNS_PRIVATE';
  readonly description?: string;
  readonly vpcId?: string;
  readonly hostedZoneId?: string;
  readonly soaTtlSeconds: number;
  readonly createdTime: string;
  readonly creatorRequestId?: string;
  readonly tags: Readonly<Record<string, string>>;
}

export interface DiscoveryServiceResource {
  readonly id: string;
  readonly arn: string;
  readonly name: string;
  readonly namespaceId: string;
  readonly description?: string;
  readonly routingPolicy: 'MULTIVALUE' | 'WEIGHTED';
  readonly dnsRecords: readonly DnsRecord[];
  readonly healthCheckCustomConfig?: HealthCheckCustomConfig;
  readonly createdTime: string;
  readonly creatorRequestId?: string;
  readonly tags: Readonly<Record<string, string>>;
}

export interface DiscoveryInstance {
  readonly id: string;
  readonly serviceId: string;
  /** `AWS_INSTANCE_IPV4`, `AWS_INSTANCE_PORT` and the caller's own. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly healthy: boolean;
  readonly creatorRequestId?: string;
}

export interface DiscoveryOperation {
  readonly id: string;
  readonly type: string;
  readonly status: 'SUCCESS' | 'FAIL';
  readonly targets: Readonly<Record<string, string>>;
  readonly createdTime: string;
  readonly errorMessage?: string;
}

/** Loopback mode's port of a discovery name; kept because running tasks have it in their environment. */
export interface DiscoveryPort {
  readonly name: string;
  readonly port: number;
}

export interface Vpc {
  readonly vpcId: string;
  readonly cidrBlock: string;
  readonly isDefault: boolean;
  readonly enableDnsSupport: boolean;
  readonly enableDnsHostnames: boolean;
}

export interface Subnet {
  readonly subnetId: string;
  readonly vpcId: string;
  readonly cidrBlock: string;
  readonly availabilityZone: string;
  readonly isDefault: boolean;
  readonly mapPublicIpOnLaunch: boolean;
}

export interface SecurityGroupRule {
  readonly ruleId: string;
  readonly isEgress: boolean;
  readonly ipProtocol: string;
  readonly fromPort?: number;
  readonly toPort?: number;
  readonly cidrIpv4?: string;
  readonly cidrIpv6?: string;
  readonly referencedGroupId?: string;
  readonly prefixListId?: string;
  readonly description?: string;
}

export interface SecurityGroup {
  readonly groupId: string;
  readonly groupName: string;
  readonly description: string;
  readonly vpcId: string;
  readonly rules: readonly SecurityGroupRule[];
}

/** Tags of an EC2 resource, by its id. */
export type ResourceTags = Readonly<Record<string, string>>;

/** Kinds of the state store and what each holds. Keys start with `<account>/<region>/`. */
export interface Resources {
  /** `.../<name>` */
  'elbv2/load-balancer': LoadBalancer;
  /** `.../<load balancer>/<listener id>` */
  'elbv2/listener': Listener;
  /** `.../<load balancer>/<listener id>/<rule id>` */
  'elbv2/rule': Rule;
  /** `.../<name>` */
  'elbv2/target-group': TargetGroup;
  /** `.../<target group>/<id>:<port>` */
  'elbv2/target': Target;
  /** `.../<id>` */
  'servicediscovery/namespace': Namespace;
  /** `.../<id>` */
  'servicediscovery/service': DiscoveryServiceResource;
  /** `.../<service id>/<instance id>` */
  'servicediscovery/instance': DiscoveryInstance;
  /** `.../<id>` */
  'servicediscovery/operation': DiscoveryOperation;
  /** `.../<name>` */
  'servicediscovery/port': DiscoveryPort;
  'ec2/vpc': Vpc;
  'ec2/subnet': Subnet;
  'ec2/security-group': SecurityGroup;
  'ec2/tags': ResourceTags;
}

export type Kind = keyof Resources;

export const kinds: readonly Kind[] = [
  'elbv2/load-balancer',
  'elbv2/listener',
  'elbv2/rule',
  'elbv2/target-group',
  'elbv2/target',
  'servicediscovery/namespace',
  'servicediscovery/service',
  'servicediscovery/instance',
  'servicediscovery/operation',
  'servicediscovery/port',
  'ec2/vpc',
  'ec2/subnet',
  'ec2/security-group',
  'ec2/tags',
];
