import { Agent, request } from 'node:http';
import { type AddressInfo, connect, createServer } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ask, type Backend, forward, openBackend, openRig, type TrafficRig, until } from '../traffic-rig.ts';

let rig: TrafficRig;
let backends: Backend[];
const release: (() => void)[] = [];

/** One balancer over one target; `listener` answers. */
async function serve(listener: Parameters<typeof openBackend>[0], attributes?: Record<string, string>) {
  const backend = await openBackend(listener);
  backends.push(backend);
  const group = await rig.group('web', attributes);
  const balancer = await rig.balancer('shop', [forward(group)]);
  await rig.register(group, backend.port);
  await rig.healthy(group, 1);
  return { group, backend, ...balancer };
}

/** Sends bytes as they are and gives all that comes back until the end. */
function raw(text: string, ...more: string[]): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(rig.traffic.edgePort, '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
      const next = more.shift();
      if (next !== undefined) socket.write(next);
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(answer));
    socket.write(text);
  });
}

beforeEach(async () => {
  rig = await openRig();
  backends = [];
});
afterEach(async () => {
  for (const done of release.splice(0)) done();
  await Promise.all(backends.map((backend) => backend.close()));
  await rig.close();
});

test('10,000 requests over kept-alive connections: all are answered, connections to the target are reused', async () => {
  const { dnsName, backend } = await serve((incoming, outgoing) => outgoing.end(incoming.url));
  let accepted = 0;
  backend.server.on('connection', () => {
    accepted += 1;
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const one = (path: string) =>
    new Promise<string>((resolve, reject) => {
      const options = { host: '127.0.0.1', port: rig.traffic.edgePort, path, agent, headers: { Host: dnsName } };
      request(options, (incoming) => {
        let body = '';
        incoming.on('data', (chunk) => {
          body += chunk;
        });
        incoming.on('end', () => resolve(body));
      })
        .on('error', reject)
        .end();
    });
  const wrong: string[] = [];
  const worker = async (number: number) => {
    for (let count = 0; count < 625; count++) {
      const path = `/${number}/${count}`;
      if ((await one(path)) !== path) wrong.push(path);
    }
  };
  await Promise.all(Array.from({ length: 16 }, (_, number) => worker(number)));
  agent.destroy();
  expect(wrong).toEqual([]);
  expect(accepted).toBeLessThanOrEqual(20);
}, 120_000);

test('bodies of every framing go through whole, both ways', async () => {
  const { dnsName } = await serve((incoming, outgoing) => {
    if (incoming.url === '/length') outgoing.setHeader('Content-Length', 3_000_000);
    incoming.pipe(outgoing);
  });
  const body = 'x'.repeat(3_000_000);
  const length = await ask(rig, dnsName, '/length', { method: 'POST', body });
  expect(length.body === body).toBe(true);
  const chunked = await ask(rig, dnsName, '/', { method: 'POST', body, headers: { 'Transfer-Encoding': 'chunked' } });
  expect(chunked.body === body).toBe(true);
  const old = await raw(`GET /old HTTP/1.0\r\nHost: ${dnsName}\r\n\r\n`);
  expect(old).not.toMatch(/chunked/i);
});

test('pipelined requests are answered in order', async () => {
  const { dnsName } = await serve((incoming, outgoing) => outgoing.end(`answer ${incoming.url}.`));
  const get = (path: string, close = '') => `GET ${path} HTTP/1.1\r\nHost: ${dnsName}\r\n${close}\r\n`;
  const answer = await raw(get('/1') + get('/2') + get('/3', 'Connection: close\r\n'));
  expect(answer.match(/answer \/\d/g)).toEqual(['answer /1', 'answer /2', 'answer /3']);
});

test('a target that closes in the middle of its answer cuts the client; the next request is served', async () => {
  const { dnsName } = await serve((incoming, outgoing) => {
    if (incoming.url !== '/cut') return outgoing.end('fine');
    outgoing.writeHead(200, { 'Content-Length': 100 });
    outgoing.write('only this', () => outgoing.destroy());
  });
  await expect(ask(rig, dnsName, '/cut')).rejects.toThrow();
  expect((await ask(rig, dnsName, '/')).body).toBe('fine');
});

test('a target that closes before it answers, or answers nonsense: 502 with the page of ALB', async () => {
  const { dnsName } = await serve((incoming) => {
    if (incoming.url === '/nonsense') incoming.socket.end('this is not HTTP\r\n\r\n');
    else incoming.socket.destroy();
  });
  const answer = await ask(rig, dnsName, '/');
  expect([answer.status, answer.headers.server, answer.headers['content-type']]).toEqual([
    502,
    'awselb/2.0',
    'text/html',
  ]);
  expect(answer.body).toBe(
    '<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n',
  );
  expect((await ask(rig, dnsName, '/nonsense')).status).toBe(502);
});

test('a client that resets in the middle of its body ends its request at the target, and nothing else', async () => {
  let aborted = false;
  const { dnsName } = await serve((incoming, outgoing) => {
    if (incoming.url !== '/upload') return outgoing.end('fine');
    incoming.on('error', () => {});
    incoming.on('close', () => {
      aborted = !incoming.complete;
    });
    incoming.resume();
  });
  const socket = connect(rig.traffic.edgePort, '127.0.0.1');
  socket.write(`POST /upload HTTP/1.1\r\nHost: ${dnsName}\r\nContent-Length: 1000\r\n\r\nhalf`, () => {
    setImmediate(() => socket.resetAndDestroy());
  });
  await until(() => aborted || socket.destroyed);
  expect((await ask(rig, dnsName, '/')).body).toBe('fine');
});

test('an upgrade becomes a tunnel', async () => {
  const { dnsName, backend } = await serve((_, outgoing) => outgoing.end());
  backend.server.on('upgrade', (incoming, socket) => {
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: ${incoming.headers.upgrade}\r\nConnection: Upgrade\r\n\r\n`,
    );
    socket.on('data', (chunk: Buffer) => (chunk.toString() === 'bye' ? socket.end('bye') : socket.write(chunk)));
    socket.on('error', () => {});
  });
  const head = `GET /ws HTTP/1.1\r\nHost: ${dnsName}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;
  const answer = await raw(head, 'hello', 'bye');
  expect(answer).toMatch(/^HTTP\/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n/);
  expect(answer.endsWith('hellobye')).toBe(true);
});

test('no targets: 503; a foreign Host: 404 with the balancers that there are, escaped; smuggling: 400', async () => {
  const group = await rig.group('empty');
  const { dnsName } = await rig.balancer('shop', [forward(group)]);
  expect((await ask(rig, dnsName, '/')).status).toBe(503);
  const foreign = await ask(rig, '<b>evil</b>', '/');
  expect(foreign.status).toBe(404);
  expect(foreign.body).toContain(`http://${dnsName}:${rig.traffic.edgePort}/`);
  expect(foreign.body).not.toContain('<b>');
  const smuggled = await raw(
    `POST / HTTP/1.1\r\nHost: ${dnsName}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  );
  expect(smuggled).toMatch(/^HTTP\/1.1 400 /);
});

test('a target that refuses the connection: another one is asked; when none is left, 502', async () => {
  const { dnsName, group, backend } = await serve((_, outgoing) => outgoing.end('fine'));
  const second = await openBackend((_, outgoing) => outgoing.end('second'));
  await rig.register(group, second.port);
  await rig.healthy(group, 2);
  await second.close();
  const answers = await Promise.all(Array.from({ length: 8 }, () => ask(rig, dnsName, '/')));
  expect(answers.map((answer) => answer.body)).toEqual(Array(8).fill('fine'));
  await backend.close();
  expect((await ask(rig, dnsName, '/')).status).toBe(502);
});

test('a draining target finishes what it has, gets nothing new, and leaves', async () => {
  let finish = () => {};
  let served = 0;
  const { dnsName, group, backend } = await serve((incoming, outgoing) => {
    served += 1;
    if (incoming.url === '/slow') finish = () => outgoing.end('finished');
    else outgoing.end('quick');
  });
  const slow = ask(rig, dnsName, '/slow');
  await until(() => served === 1);
  await rig.call('DeregisterTargets', { TargetGroupArn: group, Targets: [{ Id: '127.0.0.1', Port: backend.port }] });
  expect((await rig.traffic.targetHealth(group)).map((target) => target.state)).toEqual(['draining']);
  const during = await Promise.all(Array.from({ length: 20 }, () => ask(rig, dnsName, '/')));
  expect(during.every((answer) => answer.status === 503)).toBe(true);
  finish();
  expect((await slow).body).toBe('finished');
  await until(async () => (await rig.traffic.targetHealth(group)).length === 0);
  expect(served).toBe(1);
});

test('redirects lead back to the edge port, fixed responses are given as configured', async () => {
  const { arn, dnsName, listenerArn } = await rig.balancer('shop', [
    {
      Type: 'fixed-response',
      FixedResponseConfig: { StatusCode: '404', ContentType: 'text/plain', MessageBody: 'nothing here' },
    },
  ]);
  await rig.call('CreateListener', {
    LoadBalancerArn: arn,
    Protocol: 'HTTP',
    Port: 8081,
    DefaultActions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '200', MessageBody: 'second' } }],
  });
  await rig.call('CreateRule', {
    ListenerArn: listenerArn,
    Priority: 1,
    Conditions: [{ Field: 'path-pattern', Values: ['/old/*'] }],
    Actions: [{ Type: 'redirect', RedirectConfig: { StatusCode: 'HTTP_301', Port: '8081' } }],
  });
  const moved = await ask(rig, dnsName, '/old/x?y=z');
  const prefixed = `p8081.${dnsName}:${rig.traffic.edgePort}`;
  expect([moved.status, moved.headers.location]).toEqual([301, `http://${prefixed}/old/x?y=z`]);
  expect((await ask(rig, prefixed, '/')).body).toBe('second');
  expect((await ask(rig, `${dnsName}:8081`, '/')).body).toBe('second');
  const fixed = await ask(rig, dnsName, '/');
  expect([fixed.status, fixed.body]).toEqual([404, 'nothing here']);
});

test('requests are counted in AWS/ApplicationELB, a datum for many requests', async () => {
  const { dnsName } = await serve((incoming, outgoing) =>
    outgoing.writeHead(incoming.url === '/bad' ? 500 : 200).end(),
  );
  for (let count = 0; count < 5; count++) await ask(rig, dnsName, count === 0 ? '/bad' : '/');
  await rig.traffic.stop();
  const sum = (name: string) =>
    rig.recorded
      .filter(({ datum }) => datum.name === name && !('TargetGroup' in datum.dimensions))
      .flatMap(({ datum }) => datum.counts ?? [datum.value ?? 0])
      .reduce((total, count) => total + count, 0);
  expect([sum('RequestCount'), sum('HTTPCode_Target_2XX_Count'), sum('HTTPCode_Target_5XX_Count')]).toEqual([5, 4, 1]);
  expect(sum('TargetResponseTime')).toBe(5);
  expect(rig.recorded.some(({ datum }) => datum.name === 'HealthyHostCount' && datum.value === 1)).toBe(true);
  expect(rig.recorded.every(({ namespace }) => namespace === 'AWS/ApplicationELB')).toBe(true);
  rig = await openRig();
});

test('a sticky group keeps a client with its target', async () => {
  const { group, dnsName } = await serve((_, outgoing) => outgoing.end('one'), { 'stickiness.enabled': 'true' });
  const second = await openBackend((_, outgoing) => outgoing.end('two'));
  backends.push(second);
  await rig.register(group, second.port);
  await rig.healthy(group, 2);
  const first = await ask(rig, dnsName, '/');
  const cookie = String(first.headers['set-cookie']?.[0]).split(';')[0]!;
  expect(cookie).toMatch(/^AWSALB=/);
  const answers = await Promise.all(
    Array.from({ length: 6 }, () => ask(rig, dnsName, '/', { headers: { Cookie: cookie } })),
  );
  expect(answers.map((answer) => answer.body)).toEqual(Array(6).fill(first.body));
});

test('a taken edge port is an error that start reports', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  const { port } = taken.address() as AddressInfo;
  await expect(openRig({ config: { edgePort: port } })).rejects.toThrow(/EADDRINUSE/);
  await new Promise((resolve) => taken.close(resolve));
});
