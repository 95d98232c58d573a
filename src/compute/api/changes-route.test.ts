import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type ComputeFixture, eventually, startComputeFixture } from '../compute.fixture.ts';

let fixture: ComputeFixture;
let server: Server;

beforeEach(async () => {
  fixture = await startComputeFixture();
  const route = fixture.compute.routes!.find((one) => one.path === '/_hatoba/compute/events')!;
  server = createServer((request, response) => void route.handle(request, response, new URL('http://test')));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await fixture.stop();
});

const view = () =>
  new Promise<IncomingMessage>((resolve, reject) => {
    get({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, agent: false }, resolve).on('error', reject);
  });

it('a viewer hears which things have changed', async () => {
  const viewer = await view();
  let heard = '';
  viewer.on('data', (chunk: Buffer) => {
    heard += chunk;
  });
  await fixture.call('CreateCluster', { clusterName: 'shop' });
  await eventually('the cluster is named', () => heard.includes('"clusters":["000000000000/us-east-1/shop"]'));
});

it('the place of a viewer that has gone is free again; one viewer too many is sent away', async () => {
  const viewers = await Promise.all(Array.from({ length: 100 }, view));
  expect((await view()).statusCode).toBe(503);
  viewers[0]!.destroy();
  await eventually('a place is free', async () => (await view()).statusCode === 200);
});
