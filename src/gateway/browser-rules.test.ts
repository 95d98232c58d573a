import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { refuseRequest } from '../wire/browser-rules.ts';
import { send } from './raw-http.fixture.ts';
import { startTestGateway, type TestGateway } from './test-gateway.fixture.ts';

const allowed = { host: '127.0.0.1', allowedHosts: ['hatoba.test'], corsOrigins: ['https://grafana.test'] };
const refused = (headers: Record<string, string>, request: { method?: string; url?: string } = {}) =>
  refuseRequest({ method: 'POST', url: '/', ...request, headers, socket: { localAddress: '::ffff:10.0.0.5' } }, allowed)
    ?.status;

describe('hosts', () => {
  test.each([
    'localhost',
    'localhost:4566',
    'LOCALHOST:4566',
    '127.0.0.1:4566',
    '127.8.9.1',
    '[::1]:4566',
    '10.0.0.5:4566',
    'hatoba.test',
    'Hatoba.Test:80',
  ])('%s is ours', (host) => {
    expect(refused({ host })).toBeUndefined();
  });

  test.each([
    '',
    'evil.example',
    'evil.example:4566',
    'localhost.evil.example',
    'evil.localhost',
    '127.0.0.1.evil.example',
    '10.0.0.6',
    '192.168.1.1:4566',
    'localhost@evil.example',
    'localhost:4566:1',
    'localhost, evil.example',
    '[::2]',
    '2130706433',
    'localhost.',
  ])('%s is refused with 421', (host) => {
    expect(refused({ host })).toBe(421);
  });
});

describe('origins', () => {
  const host = 'localhost:4566';
  test.each(['http://localhost:4566', 'https://grafana.test'])('%s may call', (origin) => {
    expect(refused({ host, origin, 'sec-fetch-site': 'cross-site' })).toBeUndefined();
  });

  test.each([
    'null',
    '',
    'http://evil.example',
    'http://localhost:3000',
    'http://localhost',
    'http://127.0.0.1:4566',
    'https://grafana.test.evil.example',
    'http://grafana.test',
    'http://localhost:4566.evil.example',
  ])('%s is refused with 403', (origin) => {
    expect(refused({ host, origin })).toBe(403);
  });

  test('without Origin the fetch metadata decide', () => {
    expect(refused({ host, 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(refused({ host, 'sec-fetch-site': 'same-site' })).toBe(403);
    expect(refused({ host, 'sec-fetch-site': 'same-origin' })).toBeUndefined();
    expect(refused({ host, 'sec-fetch-site': 'none' })).toBeUndefined();
  });

  test('a link from elsewhere opens the console, and nothing else', () => {
    const headers = {
      host,
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
    };
    expect(refused(headers, { method: 'GET', url: '/console/traces?x=1' })).toBeUndefined();
    expect(refused(headers, { method: 'GET', url: '/' })).toBeUndefined();
    expect(refused(headers, { method: 'POST', url: '/console/' })).toBe(403);
    expect(refused(headers, { method: 'GET', url: '/?Action=DescribeVpcs&Version=2016-11-15' })).toBe(403);
    expect(refused(headers, { method: 'GET', url: '/console-x' })).toBe(403);
    expect(refused({ ...headers, 'sec-fetch-dest': 'iframe' }, { method: 'GET', url: '/console/' })).toBe(403);
  });
});

describe('over the wire', () => {
  let running: TestGateway;
  const host = () => `127.0.0.1:${running.gateway.port}`;
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const body = 'Action=DescribeVpcs&Version=2016-11-15';
  beforeAll(async () => {
    running = await startTestGateway({ corsOrigins: ['https://grafana.test'] });
  });
  afterAll(() => running.stop());

  test('a form that a foreign page posts, a rebound name and a text/plain post never reach a handler', async () => {
    const before = running.records.length;
    const port = running.gateway.port;
    const foreign = { ...form, host: host(), origin: 'http://evil.example' };
    expect((await send(port, { method: 'POST', headers: foreign, body })).status).toBe(403);
    expect((await send(port, { method: 'POST', headers: { ...form, host: 'evil.example' }, body })).status).toBe(421);
    const plain = { 'content-type': 'text/plain', host: host(), origin: 'null' };
    const segments = JSON.stringify({ TraceSegmentDocuments: ['{}'] });
    expect((await send(port, { method: 'POST', path: '/TraceSegments', headers: plain, body: segments })).status).toBe(
      403,
    );
    expect(running.records).toHaveLength(before);
    expect((await send(port, { method: 'POST', headers: { ...form, host: host() }, body })).status).toBe(200);
  });

  test('an image cannot change anything: by GET only operations that read are called', async () => {
    const path = '/?Action=CreateVpc&Version=2016-11-15&CidrBlock=10.0.0.0/16';
    const answer = await send(running.gateway.port, { path, headers: { host: host() } });
    expect(answer.status).toBe(405);
    expect(answer.text).toContain('must be sent by POST');
  });

  test('a listed origin gets a preflight and readable answers, others get neither', async () => {
    const preflight = {
      host: host(),
      origin: 'https://grafana.test',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'x-amz-target',
    };
    const answer = await send(running.gateway.port, { method: 'OPTIONS', headers: preflight });
    expect(answer.status).toBe(204);
    expect(answer.headers['access-control-allow-origin']).toBe('https://grafana.test');
    expect(answer.headers['access-control-allow-headers']).toBe('x-amz-target');
    const call = await send(running.gateway.port, {
      method: 'POST',
      headers: { ...form, host: host(), origin: 'https://grafana.test' },
      body,
    });
    expect(call.headers['access-control-allow-origin']).toBe('https://grafana.test');
    const other = await send(running.gateway.port, {
      method: 'OPTIONS',
      headers: { ...preflight, origin: 'http://evil.example' },
    });
    expect(other.status).toBe(403);
    expect(other.headers['access-control-allow-origin']).toBeUndefined();
  });
});
