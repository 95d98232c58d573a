import { connect, createServer, type Socket } from 'node:net';
import { EC2 } from '@aws-sdk/client-ec2';
import { ElasticLoadBalancingV2 } from '@aws-sdk/client-elastic-load-balancing-v2';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { send, sendAndReset } from '../../src/gateway/raw-http.fixture.ts';
import { type HatobaProcess, startHatoba } from '../support/hatoba-process.ts';
import { clientSettings, expectUndisturbed } from '../support/undisturbed.ts';
import { until } from '../support/until.ts';

let hatoba: HatobaProcess;

beforeAll(async () => {
  hatoba = await startHatoba({ args: ['--runtime', 'fake'] });
});
afterEach(() => expectUndisturbed(hatoba));
afterAll(async () => {
  await hatoba?.stop();
});

type PortName = keyof HatobaProcess['ports'];
const httpPorts: Record<PortName, string> = {
  gateway: '/TraceSegments',
  xray: '/GetSamplingRules',
  otlpHttp: '/v1/traces',
  otlpGrpc: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  edge: '/',
};
const allPorts = Object.entries(httpPorts) as [PortName, string][];
const head = (path: string, length: number, host = 'localhost') =>
  `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;
const http2Preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0';

describe('a client that resets', () => {
  test.each(allPorts)('in the middle of its head or body on the port %s', async (port, path) => {
    const whole = (port === 'otlpGrpc' ? http2Preface : '') + head(path, 1_000) + '{"a":'.repeat(50);
    const cuts = [1, 20, whole.length - 200, whole.length];
    for (let round = 0; round < 25; round++) {
      await Promise.all(cuts.map((cut) => sendAndReset(hatoba.ports[port], whole.slice(0, cut))));
    }
  });
});

/** Opens connections that stop in the middle, and says how to end them. */
async function stall(port: number, bytes: string, count: number): Promise<() => void> {
  const sockets: Socket[] = [];
  for (let i = 0; i < count; i++) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    await new Promise<void>((resolve) => socket.write(bytes, () => resolve()));
    sockets.push(socket);
  }
  return () => {
    for (const socket of sockets) socket.destroy();
  };
}

test.each(allPorts)('a hundred clients that never finish on the port %s keep nobody waiting', async (port, path) => {
  const endHeads = await stall(hatoba.ports[port], head(path, 5).slice(0, 30), 50);
  const endBodies = await stall(hatoba.ports[port], `${head(path, 50_000_000)}{`, 50);
  await expectUndisturbed(hatoba);
  if (port !== 'otlpGrpc') {
    const answer = await send(hatoba.ports[port], { method: 'POST', path, headers: { host: 'localhost' }, body: '{' });
    expect(answer.status).toBeGreaterThan(0);
  }
  endHeads();
  endBodies();
});

describe('web pages', () => {
  const pages: Record<string, [Record<string, string>, number]> = {
    'a form of another site': [
      {
        origin: 'https://evil.example',
        'sec-fetch-site': 'cross-site',
        'content-type': 'application/x-www-form-urlencoded',
      },
      403,
    ],
    'text/plain by fetch, without leave to read': [
      { origin: 'http://localhost:9', 'sec-fetch-site': 'same-site', 'content-type': 'text/plain' },
      403,
    ],
    'a sandboxed frame': [{ origin: 'null', 'content-type': 'text/plain' }, 403],
    'an old browser that tells the site only': [{ 'sec-fetch-site': 'cross-site' }, 403],
    'a name that was rebound': [{ host: 'evil.example' }, 421],
    'a name that was rebound, with our port': [{ host: 'evil.example:4566', origin: 'http://evil.example:4566' }, 421],
    'a name that looks like our address': [{ host: '127.0.0.1.evil.example' }, 421],
    'an address that is not ours': [{ host: '10.1.2.3' }, 421],
  };
  const ports = allPorts.filter(([port]) => port !== 'edge' && port !== 'otlpGrpc');
  const cases = ports.flatMap(([port, path]) =>
    Object.entries(pages).map(([title, [headers, status]]) => [title, port, path, headers, status] as const),
  );
  test.each(cases)('%s is refused on the port %s', async (_title, port, path, headers, status) => {
    const answer = await send(hatoba.ports[port], {
      method: 'POST',
      path,
      headers: { host: `localhost:${hatoba.ports[port]}`, ...headers },
      body: 'Action=ListUsers&Version=2010-05-08',
    });
    expect(answer.status).toBe(status);
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  });

  test('the gRPC port speaks no HTTP/1, so no page can post to it', async () => {
    const answer = send(hatoba.ports.otlpGrpc, {
      method: 'POST',
      path: httpPorts.otlpGrpc,
      headers: { host: 'localhost', 'content-type': 'text/plain' },
      body: 'x',
    });
    const status = await answer.then(
      (one) => one.status,
      () => 'hung up',
    );
    expect([403, 'hung up']).toContain(status);
  });

  test('the edge answers a name that is no load balancer with 404 and without the name unescaped', async () => {
    const answer = await send(hatoba.ports.edge, { headers: { host: 'evil.example' }, path: '/<script>' });
    expect(answer.status).toBe(404);
    expect(answer.text).not.toContain('<script>');
  });
});

test('a backend that closes in the middle cuts its own request only', async () => {
  const backend = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (bytes) => {
      const path = /^GET (\S+)/.exec(bytes.toString())?.[1];
      if (path === '/none') return socket.destroy();
      if (path === '/reset') {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nfirst', () => socket.resetAndDestroy());
        return;
      }
      if (path === '/half') return socket.end('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nfirst');
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok');
    });
  });
  await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve));
  const host = await makeLoadBalancer((backend.address() as { port: number }).port);
  const get = (path: string) => send(hatoba.ports.edge, { headers: { host }, path });
  await until('a healthy target', async () => (await get('/')).status === 200);
  for (let round = 0; round < 5; round++) {
    await expect(get('/half')).rejects.toThrow();
    await expect(get('/reset')).rejects.toThrow();
    expect((await get('/none')).status).toBe(502);
    expect(await get('/')).toMatchObject({ status: 200, text: 'ok' });
  }
  // Clients that go while the backend would still answer.
  await Promise.all(Array.from({ length: 20 }, () => sendAndReset(hatoba.ports.edge, head('/', 1_000, host))));
  expect((await get('/')).status).toBe(200);
  backend.close();
});

/** A load balancer with one target on a port of this machine; gives its name. */
async function makeLoadBalancer(port: number): Promise<string> {
  const elb = new ElasticLoadBalancingV2(clientSettings(hatoba));
  const ec2 = new EC2(clientSettings(hatoba));
  const { Subnets = [] } = await ec2.describeSubnets({});
  const { TargetGroups } = await elb.createTargetGroup({
    Name: 'bad-backend',
    Protocol: 'HTTP',
    Port: port,
    TargetType: 'ip',
    VpcId: Subnets[0]!.VpcId,
    HealthCheckIntervalSeconds: 5,
    HealthCheckTimeoutSeconds: 2,
    HealthyThresholdCount: 2,
  });
  const { LoadBalancers } = await elb.createLoadBalancer({
    Name: 'bad-clients',
    Subnets: Subnets.map(({ SubnetId }) => SubnetId!),
  });
  const TargetGroupArn = TargetGroups![0]!.TargetGroupArn!;
  await elb.createListener({
    LoadBalancerArn: LoadBalancers![0]!.LoadBalancerArn,
    Protocol: 'HTTP',
    Port: 80,
    DefaultActions: [{ Type: 'forward', TargetGroupArn }],
  });
  await elb.registerTargets({ TargetGroupArn, Targets: [{ Id: '127.0.0.1', Port: port }] });
  elb.destroy();
  ec2.destroy();
  return LoadBalancers![0]!.DNSName!;
}
