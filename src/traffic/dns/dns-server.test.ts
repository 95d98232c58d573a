import { createSocket, type Socket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { get } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as dnsPacket from 'dns-packet';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openBackend, openRig, type TrafficRig, testScope } from '../traffic-rig.ts';

let rig: TrafficRig;
let socket: Socket;
let resolver: Resolver;
let serviceArn: string;
let namespaceId: string;

async function openUdp(): Promise<Socket> {
  const opened = createSocket('udp4');
  await new Promise<void>((resolve) => opened.bind(0, '127.0.0.1', resolve));
  return opened;
}

/** What comes back for these bytes; undefined when the next, well-formed query is answered first. */
async function askRaw(bytes: Buffer): Promise<dnsPacket.Packet | undefined> {
  const client = await openUdp();
  const port = (socket.address() as AddressInfo).port;
  const probe = dnsPacket.encode({ id: 4242, type: 'query', questions: [{ name: 'shop.local', type: 'SOA' }] });
  const answer = await new Promise<Buffer>((resolve) => {
    client.on('message', resolve);
    client.send(bytes, port, '127.0.0.1', () => client.send(probe, port, '127.0.0.1'));
  });
  client.close();
  const packet = dnsPacket.decode(answer);
  return packet.id === 4242 ? undefined : packet;
}

beforeEach(async () => {
  rig = await openRig({ config: { dnsResolvers: [] } });
  const { Vpcs } = await rig.call('DescribeVpcs');
  const { OperationId } = await rig.call('CreatePrivateDnsNamespace', { Name: 'shop.local', Vpc: Vpcs[0].VpcId });
  const { Operation } = await rig.call('GetOperation', { OperationId });
  namespaceId = Operation.Targets.NAMESPACE;
  const { Service } = await rig.call('CreateService', {
    Name: 'backend1',
    NamespaceId: namespaceId,
    DnsConfig: {
      DnsRecords: [
        { Type: 'A', TTL: 10 },
        { Type: 'SRV', TTL: 10 },
      ],
    },
    HealthCheckCustomConfig: {},
  });
  serviceArn = Service.Arn;
  socket = await openUdp();
  rig.traffic.serveDns(socket, testScope);
  resolver = new Resolver({ timeout: 2000, tries: 1 });
  resolver.setServers([`127.0.0.1:${(socket.address() as AddressInfo).port}`]);
});
afterEach(async () => {
  socket.close();
  await rig.close();
});

const register = (id: string, address: string, port = 80) =>
  rig.traffic.registerInstance(serviceArn, { id, address, port, availabilityZone: 'us-east-1a' });

test('healthy instances are answered, all of them when none is healthy; AAAA is empty, not an error', async () => {
  await register('one', '10.0.0.1', 8081);
  await register('two', '10.0.0.2');
  expect((await resolver.resolve4('backend1.shop.local')).sort()).toEqual(['10.0.0.1', '10.0.0.2']);
  await rig.traffic.setInstanceHealth(serviceArn, 'two', false);
  expect(await resolver.resolve4('BACKEND1.shop.local')).toEqual(['10.0.0.1']);
  expect(await resolver.resolveSrv('backend1.shop.local')).toEqual([
    { name: 'one.backend1.shop.local', port: 8081, priority: 1, weight: 1 },
  ]);
  expect(await resolver.resolve4('one.backend1.shop.local')).toEqual(['10.0.0.1']);
  await rig.traffic.setInstanceHealth(serviceArn, 'one', false);
  expect(await resolver.resolve4('backend1.shop.local')).toHaveLength(2);
  await expect(resolver.resolve6('backend1.shop.local')).rejects.toMatchObject({ code: 'ENODATA' });
});

test('unknown names below our namespaces do not exist; other names fail where there is no resolver', async () => {
  await expect(resolver.resolve4('nobody.shop.local')).rejects.toMatchObject({ code: 'ENOTFOUND' });
  await expect(resolver.resolve4('example.com')).rejects.toMatchObject({ code: 'ESERVFAIL' });
});

test('garbage and answers are ignored, and the next question is answered', async () => {
  const answer = dnsPacket.encode({ id: 7, type: 'response', questions: [{ name: 'shop.local', type: 'A' }] });
  expect(await askRaw(answer)).toBeUndefined();
  const samples = fc.sample(fc.uint8Array({ maxLength: 40 }), 20).filter((bytes) => bytes.length < 12);
  for (const bytes of samples) expect(await askRaw(Buffer.from(bytes))).toBeUndefined();
});

test('a foreign name of bytes that are no text fails like any other foreign name', async () => {
  const header = Buffer.from([0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  const label = Buffer.concat([Buffer.from([63]), Buffer.alloc(63, 0xff)]);
  const bytes = Buffer.concat([header, label, label, label, Buffer.from([0, 0, 1, 0, 1])]);
  expect(await askRaw(bytes)).toMatchObject({ id: 7, rcode: 'SERVFAIL' });
});

test('a socket that fails twice is closed once, without harm', async () => {
  const failing = await openUdp();
  rig.traffic.serveDns(failing, testScope);
  failing.emit('error', new Error('the task is gone'));
  expect(() => failing.emit('error', new Error('and still is'))).not.toThrow();
});

test('EDNS is answered with EDNS, and more than fits is left out', async () => {
  for (let count = 0; count < 8; count++)
    await register(`instance-with-a-rather-long-name-${count}`.repeat(1), `10.0.1.${count}`);
  const query = (additionals: dnsPacket.Answer[]) =>
    dnsPacket.encode({ id: 9, type: 'query', questions: [{ name: 'backend1.shop.local', type: 'SRV' }], additionals });
  const plain = await askRaw(query([]));
  expect(plain?.flag_tc || plain?.answers?.length === 8).toBeTruthy();
  const edns = await askRaw(query([{ name: '.', type: 'OPT', udpPayloadSize: 4096, flags: 0, options: [] }]));
  expect(edns?.answers).toHaveLength(8);
  expect(edns?.additionals?.some((record) => record.type === 'OPT')).toBe(true);
});

test('a namespace with services and a service with instances cannot be deleted', async () => {
  await register('one', '10.0.0.1');
  const Id = serviceArn.split('/')[1];
  await expect(rig.call('DeleteNamespace', { Id: namespaceId })).rejects.toMatchObject({ code: 'ResourceInUse' });
  await expect(rig.call('DeleteService', { Id })).rejects.toMatchObject({ code: 'ResourceInUse' });
  await rig.call('DeregisterInstance', { ServiceId: Id, InstanceId: 'one' });
  await rig.call('DeleteService', { Id });
  await rig.call('DeleteNamespace', { Id: namespaceId });
  await expect(rig.call('GetNamespace', { Id: namespaceId })).rejects.toMatchObject({ code: 'NamespaceNotFound' });
});

test('DiscoverInstances filters by attributes and health', async () => {
  const ServiceId = serviceArn.split('/')[1];
  const attributes = { AWS_INSTANCE_IPV4: '10.0.0.1', AWS_INSTANCE_PORT: '80' };
  await rig.call('RegisterInstance', { ServiceId, InstanceId: 'a', Attributes: { ...attributes, color: 'blue' } });
  await rig.call('RegisterInstance', { ServiceId, InstanceId: 'b', Attributes: { ...attributes, color: 'red' } });
  await rig.call('UpdateInstanceCustomHealthStatus', { ServiceId, InstanceId: 'b', Status: 'UNHEALTHY' });
  const discover = async (input: object) => {
    const base = { NamespaceName: 'shop.local', ServiceName: 'backend1' };
    const { Instances } = await rig.call('DiscoverInstances', { ...base, ...input });
    return Instances.map((instance: { InstanceId: string }) => instance.InstanceId);
  };
  expect(await discover({})).toEqual(['a']);
  expect(await discover({ HealthStatus: 'ALL' })).toEqual(['a', 'b']);
  expect(await discover({ HealthStatus: 'ALL', QueryParameters: { color: 'red' } })).toEqual(['b']);
});

test('a discovery port pipes to the instances, and is the same after a restart on the same state', async () => {
  const backend = await openBackend((_, outgoing) => outgoing.end('from the backend'));
  await register('gone', '127.0.0.1', 1);
  await register('one', '127.0.0.1', backend.port);
  const port = await rig.traffic.discoveryPort(testScope, 'backend1.shop.local');
  const fetchText = () =>
    new Promise<string>((resolve, reject) => {
      get({ host: '127.0.0.1', port, agent: false }, (incoming) => {
        incoming.on('data', (chunk: Buffer) => resolve(chunk.toString()));
      }).on('error', reject);
    });
  expect([await fetchText(), await fetchText()]).toEqual(['from the backend', 'from the backend']);
  await rig.traffic.stop();
  const again = await openRig({ state: rig.state });
  expect(await again.traffic.discoveryPort(testScope, 'backend1.shop.local')).toBe(port);
  expect(await fetchText()).toBe('from the backend');
  await again.close();
  await backend.close();
  await rig.state.close();
  rig = await openRig();
});
