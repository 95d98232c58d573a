import type { Socket as UdpSocket } from 'node:dgram';
import type { Metrics } from '../metrics/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { StateStore } from '../stores/state/store.ts';
import type { AccountRegion } from '../wire/aws/call-context.ts';
import type { Plane } from '../wire/aws/service-table.ts';
import { TrafficPlane } from './traffic-plane.ts';

export interface TargetRegistration {
  /** The id that DescribeTargetHealth shows: the task's address. */
  readonly id: string;
  readonly port: number;
  readonly availabilityZone: string;
  readonly taskArn: string;
}

export type TargetState = 'initial' | 'healthy' | 'unhealthy' | 'unused' | 'draining' | 'unavailable';

export interface TargetHealth extends TargetRegistration {
  readonly state: TargetState;
  readonly reason: string;
  readonly description: string;
}

/** A discovery service (Cloud Map) as compute sees it. */
export interface DiscoveryService {
  readonly arn: string;
  /** `backend1.shop.local`. */
  readonly name: string;
  readonly recordTypes: readonly ('A' | 'AAAA' | 'SRV')[];
}

/** The door of the traffic plane (ELBv2, Cloud Map, VPC). */
export interface Traffic extends Plane {
  /** Throws TargetGroupNotFound. */
  registerTargets(targetGroupArn: string, targets: readonly TargetRegistration[]): Promise<void>;
  /** Draining ends when nothing is in flight, at latest after the group's deregistration delay. */
  deregisterTargets(targetGroupArn: string, targets: readonly TargetRegistration[]): Promise<void>;
  targetHealth(targetGroupArn: string): Promise<TargetHealth[]>;
  findTargetGroup(
    targetGroupArn: string,
  ): Promise<{ arn: string; name: string; targetType: string; loadBalancerArns: string[] } | undefined>;
  findDiscoveryService(arn: string): Promise<DiscoveryService | undefined>;
  registerInstance(
    serviceArn: string,
    instance: { id: string; address: string; port: number; availabilityZone: string },
  ): Promise<void>;
  deregisterInstance(serviceArn: string, instanceId: string): Promise<void>;
  setInstanceHealth(serviceArn: string, instanceId: string, healthy: boolean): Promise<void>;
  /** Healthy instances behind a private name, or all of them when none is; undefined for a name that is not ours. */
  resolve(scope: AccountRegion, name: string): Promise<{ address: string; port: number }[] | undefined>;
  /** Answers DNS queries on a socket that is already bound (a task's own 169.254.170.253:53). */
  serveDns(socket: UdpSocket, scope: AccountRegion): void;
  /** Loopback mode: one port per discovery name, a pipe over its healthy instances. Made on first use. */
  discoveryPort(scope: AccountRegion, name: string): Promise<number>;
  subnetZone(scope: AccountRegion, subnetId: string): Promise<string | undefined>;
  /** The port in use, once started. */
  readonly edgePort: number;
}

export interface TrafficConfig extends AccountRegion {
  /** Where the edge port and the discovery ports listen: a loopback address, unless the machine's owner says otherwise. */
  readonly host: string;
  /** One port for all load balancers; 0 picks a free one. */
  readonly edgePort: number;
  /** Where DNS questions for other names go (`10.0.0.2`, `127.0.0.1:5353`); the host's resolvers by default. */
  readonly dnsResolvers?: readonly string[];
}

export interface TrafficDeps {
  readonly state: StateStore;
  readonly metrics: Pick<Metrics, 'record'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly config: TrafficConfig;
}

export const createTraffic = (deps: TrafficDeps): Traffic => new TrafficPlane(deps);
