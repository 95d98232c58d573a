/** The programs that `proxy.ts` starts on cores of their own: `backend`, `hatoba <backend port>`, `pipe <backend port>`. */
import { type AddressInfo, connect, createServer } from 'node:net';
import { systemClock } from '../src/platform/clock.ts';
import { silentLogger } from '../src/platform/logger.ts';
import { openSqliteStateStore } from '../src/stores/state/sqlite.ts';
import { createTraffic } from '../src/traffic/index.ts';
import type { CallContext } from '../src/wire/aws/call-context.ts';

// So that `node --cpu-prof` writes its file.
process.on('SIGTERM', () => process.exit(0));

const [, , role, backendPort] = process.argv;

const listening = (server: import('node:net').Server): void => {
  server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
};

if (role === 'backend') startBackend();
else if (role === 'pipe') startPipe(Number(backendPort));
else await startHatoba(Number(backendPort));

/** Answers every request in a packet with a fixed answer: as little work as Node can do, so that the proxy is measured. */
function startBackend(): void {
  const body = 'hello from the backend\n'.repeat(8);
  const answer = Buffer.from(
    `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  listening(
    createServer({ noDelay: true }, (socket) => {
      socket.on('data', (bytes) => {
        if (bytes.indexOf('\r\n\r\n') >= 0) socket.write(answer);
      });
      socket.on('error', () => socket.destroy());
    }),
  );
}

function startPipe(port: number): void {
  listening(
    createServer({ noDelay: true }, (socket) => {
      const upstream = connect({ host: '127.0.0.1', port, noDelay: true });
      socket.pipe(upstream).pipe(socket);
      for (const side of [socket, upstream]) side.on('error', () => side.destroy());
    }),
  );
}

async function startHatoba(port: number): Promise<void> {
  const scope = { account: '000000000000', region: 'us-east-1' };
  const traffic = createTraffic({
    state: openSqliteStateStore(':memory:', () => systemClock.now()),
    metrics: { record: () => {} },
    clock: systemClock,
    logger: silentLogger,
    config: { host: '127.0.0.1', edgePort: 0, ...scope },
  });
  await traffic.start();
  const context: CallContext = {
    ...scope,
    requestId: 'bench',
    principal: {
      kind: 'root',
      account: scope.account,
      arn: `arn:aws:iam::${scope.account}:root`,
      userId: scope.account,
    },
    signal: new AbortController().signal,
  };
  const call = async (service: string, operation: string, input: object): Promise<any> =>
    traffic.services.find((table) => table.service === service)!.handlers[operation]!(input, context);
  const { Vpcs } = await call('ec2', 'DescribeVpcs', {});
  const { Subnets } = await call('ec2', 'DescribeSubnets', {});
  const { TargetGroups } = await call('elbv2', 'CreateTargetGroup', {
    Name: 'bench',
    Protocol: 'HTTP',
    Port: port,
    TargetType: 'ip',
    VpcId: Vpcs[0].VpcId,
  });
  const TargetGroupArn = TargetGroups[0].TargetGroupArn;
  const { LoadBalancers } = await call('elbv2', 'CreateLoadBalancer', {
    Name: 'bench',
    Subnets: Subnets.map((subnet: { SubnetId: string }) => subnet.SubnetId),
  });
  const { Listeners } = await call('elbv2', 'CreateListener', {
    LoadBalancerArn: LoadBalancers[0].LoadBalancerArn,
    Protocol: 'HTTP',
    Port: 80,
    DefaultActions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '404' } }],
  });
  await call('elbv2', 'CreateRule', {
    ListenerArn: Listeners[0].ListenerArn,
    Priority: 1,
    Conditions: [
      { Field: 'host-header', Values: ['bench.example.com'] },
      { Field: 'path-pattern', Values: ['/*'] },
    ],
    Actions: [{ Type: 'forward', TargetGroupArn }],
  });
  await call('elbv2', 'RegisterTargets', { TargetGroupArn, Targets: [{ Id: '127.0.0.1', Port: port }] });
  while ((await traffic.targetHealth(TargetGroupArn))[0]?.state !== 'healthy') await systemClock.sleep(50);
  console.log(traffic.edgePort);
}
