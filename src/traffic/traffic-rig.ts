import { createServer, type IncomingMessage, type RequestListener, request } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import type { MetricDatum } from '../metrics/index.ts';
import { systemClock } from '../platform/clock.ts';
import { silentLogger } from '../platform/logger.ts';
import { openSqliteStateStore } from '../stores/state/sqlite.ts';
import type { StateStore } from '../stores/state/store.ts';
import type { CallContext } from '../wire/aws/call-context.ts';
import { createTraffic, type Traffic, type TrafficConfig } from './index.ts';

/** For this plane's tests: a whole plane on a store in memory, real sockets, and the operations as a client calls them. */
export interface TrafficRig {
  readonly traffic: Traffic;
  readonly state: StateStore;
  readonly recorded: { namespace: string; datum: MetricDatum }[];
  call(operation: string, input?: object): Promise<any>;
  /** A target group of quick health checks. */
  group(name: string, attributes?: Record<string, string>): Promise<string>;
  balancer(name: string, defaultActions: object[]): Promise<{ arn: string; listenerArn: string; dnsName: string }>;
  register(groupArn: string, ...ports: number[]): Promise<void>;
  healthy(groupArn: string, count: number): Promise<void>;
  close(): Promise<void>;
}

export const testScope = { account: '000000000000', region: 'us-east-1' };

const context: CallContext = {
  ...testScope,
  requestId: 'test',
  principal: { kind: 'root', account: '000000000000', arn: 'arn:aws:iam::000000000000:root', userId: '000000000000' },
  signal: new AbortController().signal,
};

export async function openRig(
  options: { state?: StateStore; config?: Partial<TrafficConfig> } = {},
): Promise<TrafficRig> {
  const state = options.state ?? openSqliteStateStore(':memory:', () => systemClock.now());
  const recorded: TrafficRig['recorded'] = [];
  const traffic = createTraffic({
    state,
    metrics: {
      record: (_scope, namespace, data) => {
        for (const datum of data) recorded.push({ namespace, datum });
      },
    },
    clock: systemClock,
    logger: silentLogger,
    config: { host: '127.0.0.1', edgePort: 0, ...testScope, ...options.config },
  });
  await traffic.start();
  const call: TrafficRig['call'] = async (operation, input = {}) => {
    const table = traffic.services.find((service) => service.handlers[operation]);
    if (!table) throw new Error(`no operation ${operation}`);
    return table.handlers[operation]!(input, context);
  };
  return {
    traffic,
    state,
    recorded,
    call,
    group: (name, attributes) => makeGroup(call, name, attributes),
    balancer: (name, defaultActions) => makeBalancer(call, name, defaultActions),
    register: async (groupArn, ...ports) => {
      await call('RegisterTargets', {
        TargetGroupArn: groupArn,
        Targets: ports.map((Port) => ({ Id: '127.0.0.1', Port })),
      });
    },
    healthy: (groupArn, count) =>
      until(async () => {
        const health = await traffic.targetHealth(groupArn);
        return health.filter((target) => target.state === 'healthy').length === count;
      }),
    close: async () => {
      await traffic.stop();
      if (!options.state) await state.close();
    },
  };
}

async function makeGroup(call: TrafficRig['call'], name: string, attributes: Record<string, string> = {}) {
  const { Vpcs } = await call('DescribeVpcs');
  const { TargetGroups } = await call('CreateTargetGroup', {
    Name: name,
    Protocol: 'HTTP',
    Port: 80,
    TargetType: 'ip',
    VpcId: Vpcs[0].VpcId,
    HealthCheckPath: '/health',
    HealthCheckIntervalSeconds: 5,
    HealthCheckTimeoutSeconds: 2,
    HealthyThresholdCount: 2,
  });
  const arn: string = TargetGroups[0].TargetGroupArn;
  await call('ModifyTargetGroupAttributes', {
    TargetGroupArn: arn,
    Attributes: Object.entries(attributes).map(([Key, Value]) => ({ Key, Value })),
  });
  return arn;
}

async function makeBalancer(call: TrafficRig['call'], name: string, defaultActions: object[]) {
  const { Subnets } = await call('DescribeSubnets');
  const { LoadBalancers } = await call('CreateLoadBalancer', {
    Name: name,
    Subnets: Subnets.map((subnet: { SubnetId: string }) => subnet.SubnetId),
  });
  const arn: string = LoadBalancers[0].LoadBalancerArn;
  const { Listeners } = await call('CreateListener', {
    LoadBalancerArn: arn,
    Protocol: 'HTTP',
    Port: 80,
    DefaultActions: defaultActions,
  });
  return { arn, listenerArn: Listeners[0].ListenerArn as string, dnsName: LoadBalancers[0].DNSName as string };
}

export const forward = (groupArn: string) => ({ Type: 'forward', TargetGroupArn: groupArn });

export interface Backend {
  readonly port: number;
  readonly server: Server;
  close(): Promise<void>;
}

/** A target that answers /health and leaves the rest to `listener`. */
export async function openBackend(listener: RequestListener): Promise<Backend> {
  const server = createServer((incoming, outgoing) => {
    if (incoming.url === '/health') outgoing.end('ok');
    else listener(incoming, outgoing);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    server,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** One request to the edge port, for the balancer that `host` names. Rejects when the answer is cut. */
export function ask(
  rig: TrafficRig,
  host: string,
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host: '127.0.0.1',
        port: rig.traffic.edgePort,
        path,
        agent: false,
        method: options.method ?? 'GET',
        headers: { Host: host, ...options.headers },
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () =>
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            body: Buffer.concat(chunks).toString(),
          }),
        );
      },
    );
    outgoing.on('error', reject);
    outgoing.end(options.body);
  });
}

/** Waits for a condition, never for a time. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await systemClock.sleep(20);
}
