import type { Socket as UdpSocket } from 'node:dgram';
import { awsError } from '../wire/aws/aws-error.ts';
import type { AccountRegion } from '../wire/aws/call-context.ts';
import type { ServiceTable } from '../wire/aws/service-table.ts';
import { ec2Table } from './api/ec2/index.ts';
import { elbv2Table } from './api/elbv2/index.ts';
import { servicediscoveryTable } from './api/servicediscovery/index.ts';
import { parseElbArn } from './arn.ts';
import { DiscoveryPorts } from './discovery/discovery-ports.ts';
import {
  dnsName,
  healthyOrAll,
  instanceAddress,
  instancePort,
  instancesOf,
  lookUpName,
} from './discovery/find-service.ts';
import { Instances, parseDiscoveryArn } from './discovery/instances.ts';
import { DnsServer } from './dns/dns-server.ts';
import { HealthChecker } from './health/health-checker.ts';
import type { DiscoveryService, TargetHealth, TargetRegistration, Traffic, TrafficDeps } from './index.ts';
import { AccessMetrics } from './proxy/access-metrics.ts';
import { Edge } from './proxy/edge.ts';
import { LiveTargets } from './proxy/live-targets.ts';
import { TrafficStore } from './store.ts';
import { VpcView } from './vpc/vpc-view.ts';

const stopGraceMs = 3000;
const drainTickMs = 500;

/** Puts the parts together; see the README for how they work on one another. */
export class TrafficPlane implements Traffic {
  readonly services: readonly ServiceTable[];
  private readonly deps: TrafficDeps;
  private readonly store: TrafficStore;
  private readonly targets: LiveTargets;
  private readonly checker: HealthChecker;
  private readonly edge: Edge;
  private readonly dns: DnsServer;
  private readonly ports: DiscoveryPorts;
  private readonly instances: Instances;
  private readonly vpc: VpcView;
  private readonly stopped = new AbortController();
  private draining: Promise<void> | undefined;
  private removing: Promise<void> = Promise.resolve();

  constructor(deps: TrafficDeps) {
    const { state, metrics, clock, logger, config } = deps;
    this.deps = deps;
    this.store = new TrafficStore(state);
    this.targets = new LiveTargets({ store: this.store, clock });
    this.checker = new HealthChecker({ clock, targets: this.targets });
    this.vpc = new VpcView(this.store);
    this.instances = new Instances(this.store);
    this.dns = new DnsServer({
      store: this.store,
      clock,
      ...(config.dnsResolvers ? { resolvers: config.dnsResolvers } : {}),
    });
    this.ports = new DiscoveryPorts({
      store: this.store,
      host: config.host,
      logger,
      resolve: (scope, name) => this.addresses(scope, name) ?? [],
    });
    const onTargetIdle = () => this.removeDrained();
    this.edge = new Edge({ targets: this.targets, access: new AccessMetrics(metrics), clock, logger, onTargetIdle });
    const elbv2 = { store: this.store, targets: this.targets, checker: this.checker, vpc: this.vpc, clock };
    this.services = [
      elbv2Table(elbv2),
      servicediscoveryTable({ store: this.store, instances: this.instances, vpc: this.vpc, clock }),
      ec2Table({ store: this.store, vpc: this.vpc }),
    ];
  }

  get edgePort(): number {
    return this.edge.port || this.deps.config.edgePort;
  }

  async start(): Promise<void> {
    await this.store.start();
    await this.edge.start(this.deps.config.host, this.deps.config.edgePort);
    await this.ports.start();
    this.checker.start();
    this.draining = this.watchDraining();
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    await this.checker.stop();
    await this.edge.stop(stopGraceMs);
    await this.draining;
    await this.removing;
    await this.ports.stop();
    this.dns.stop();
    this.targets.destroy();
    this.store.stop();
  }

  async registerTargets(targetGroupArn: string, targets: readonly TargetRegistration[]): Promise<void> {
    await this.targets.register(this.groupKey(targetGroupArn), targets);
    this.checker.tick();
  }

  async deregisterTargets(targetGroupArn: string, targets: readonly TargetRegistration[]): Promise<void> {
    await this.targets.deregister(this.groupKey(targetGroupArn), targets);
  }

  async targetHealth(targetGroupArn: string): Promise<TargetHealth[]> {
    return this.targets.health(this.groupKey(targetGroupArn));
  }

  async findTargetGroup(targetGroupArn: string) {
    const route = this.targets.routing().groups.get(targetGroupArn);
    if (!route) return undefined;
    const { arn, name, targetType } = route.resource;
    return { arn, name, targetType, loadBalancerArns: route.balancers.map((balancer) => balancer.resource.arn) };
  }

  async findDiscoveryService(arn: string): Promise<DiscoveryService | undefined> {
    const parsed = parseDiscoveryArn(arn);
    const service = parsed && this.store.get('servicediscovery/service', parsed.key)?.value;
    const namespace =
      service && this.store.get('servicediscovery/namespace', parsed.key.replace(/[^/]+$/, service.namespaceId))?.value;
    if (!namespace) return undefined;
    const types = service.dnsRecords.map((record) => record.Type);
    return {
      arn: service.arn,
      name: dnsName(service, namespace),
      recordTypes: types.filter((type) => type === 'A' || type === 'AAAA' || type === 'SRV'),
    };
  }

  async registerInstance(
    serviceArn: string,
    instance: { id: string; address: string; port: number; availabilityZone: string },
  ): Promise<void> {
    const { id, address, port, availabilityZone } = instance;
    await this.instances.register(serviceArn, id, {
      AWS_INSTANCE_IPV4: address,
      AWS_INSTANCE_PORT: String(port),
      AVAILABILITY_ZONE: availabilityZone,
    });
  }

  async deregisterInstance(serviceArn: string, instanceId: string): Promise<void> {
    await this.instances.deregister(serviceArn, instanceId);
  }

  async setInstanceHealth(serviceArn: string, instanceId: string, healthy: boolean): Promise<void> {
    await this.instances.setHealth(serviceArn, instanceId, healthy);
  }

  async resolve(scope: AccountRegion, name: string): Promise<{ address: string; port: number }[] | undefined> {
    return this.addresses(scope, name);
  }

  serveDns(socket: UdpSocket, scope: AccountRegion): void {
    this.dns.serve(socket, scope);
  }

  discoveryPort(scope: AccountRegion, name: string): Promise<number> {
    return this.ports.portOf(scope, name);
  }

  async subnetZone(scope: AccountRegion, subnetId: string): Promise<string | undefined> {
    return this.vpc.subnet(scope, subnetId)?.availabilityZone;
  }

  private addresses(scope: AccountRegion, name: string): { address: string; port: number }[] | undefined {
    const found = lookUpName(this.store, scope, name);
    if (found.kind === 'foreign') return undefined;
    if (found.kind === 'missing' || found.kind === 'namespace') return [];
    const instances =
      found.kind === 'instance' ? [found.instance] : healthyOrAll(instancesOf(this.store, scope, found.service.id));
    return instances.map((instance) => ({ address: instanceAddress(instance), port: instancePort(instance) }));
  }

  private groupKey(targetGroupArn: string): string {
    const key = parseElbArn(targetGroupArn)?.key;
    if (key !== undefined && this.store.get('elbv2/target-group', key)?.value.arn === targetGroupArn) return key;
    throw awsError('TargetGroupNotFound', 'One or more target groups not found');
  }

  private async watchDraining(): Promise<void> {
    while (!this.stopped.signal.aborted) {
      await this.deps.clock.sleep(drainTickMs, this.stopped.signal).catch(() => {});
      if (!this.stopped.signal.aborted) this.removeDrained();
    }
  }

  /** One after the other: two at once would only find each other's work done. */
  private removeDrained(): void {
    this.removing = this.removing
      .then(() => this.targets.removeDrained())
      .catch((error: unknown) => this.deps.logger.error({ error }, 'removing drained targets failed'));
  }
}
