import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ask, type Backend, forward, openBackend, openRig, type TrafficRig } from './traffic-rig.ts';

describe('a load balancer in front of two targets', () => {
  let rig: TrafficRig;
  let backends: Backend[];

  beforeEach(async () => {
    rig = await openRig();
    backends = await Promise.all(
      ['one', 'two'].map((name) =>
        openBackend((incoming, outgoing) =>
          outgoing.end(JSON.stringify({ name, url: incoming.url, headers: incoming.headers })),
        ),
      ),
    );
  });
  afterEach(async () => {
    await rig.close();
    await Promise.all(backends.map((backend) => backend.close()));
  });

  test('healthy targets take turns, a path rule sends elsewhere, headers are as ALB sets them', async () => {
    const web = await rig.group('web');
    const api = await rig.group('api');
    const { dnsName, listenerArn } = await rig.balancer('shop', [forward(web)]);
    await rig.call('CreateRule', {
      ListenerArn: listenerArn,
      Priority: 10,
      Conditions: [{ Field: 'path-pattern', Values: ['/api/*'] }],
      Actions: [forward(api)],
    });
    await rig.register(web, backends[0]!.port, backends[1]!.port);
    await rig.register(api, backends[1]!.port);
    await rig.healthy(web, 2);
    await rig.healthy(api, 1);

    const names = [];
    for (let count = 0; count < 4; count++) names.push(JSON.parse((await ask(rig, dnsName, '/')).body).name);
    expect(names.filter((name) => name === 'one')).toHaveLength(2);
    const answer = JSON.parse((await ask(rig, `${dnsName}:${rig.traffic.edgePort}`, '/api/x?y=1')).body);
    expect(answer).toMatchObject({
      name: 'two',
      url: '/api/x?y=1',
      headers: { host: dnsName, 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'http', 'x-forwarded-port': '80' },
    });
    expect(answer.headers['x-amzn-trace-id']).toMatch(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/);
  });
});
