import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { send } from './raw-http.fixture.ts';
import { startTestGateway, type TestGateway } from './test-gateway.fixture.ts';

let running: TestGateway;
let root: string;
beforeAll(async () => {
  root = mkdtempSync(path.join(tmpdir(), 'hatoba-console-'));
  const directory = path.join(root, 'dist');
  mkdirSync(path.join(directory, 'assets'), { recursive: true });
  writeFileSync(path.join(directory, 'index.html'), '<!doctype html>index');
  writeFileSync(path.join(directory, 'assets', 'main-1a2b.js'), 'plain()');
  writeFileSync(path.join(directory, 'assets', 'main-1a2b.js.br'), brotliCompressSync('compressed()'));
  writeFileSync(path.join(root, 'secret.txt'), 'secret');
  writeFileSync(path.join(directory, '.env'), 'secret');
  running = await startTestGateway({ consoleDirectory: directory });
});
afterAll(async () => {
  await running.stop();
  rmSync(root, { recursive: true });
});

const get = (url: string, headers: Record<string, string> = {}, method = 'GET') =>
  send(running.gateway.port, { method, path: url, headers: { host: 'localhost', ...headers } });

test('a browser at / and at /console is sent to /console/', async () => {
  expect(await get('/', { accept: 'text/html,*/*' })).toMatchObject({
    status: 302,
    headers: { location: '/console/' },
  });
  expect(await get('/console')).toMatchObject({ status: 301, headers: { location: '/console/' } });
  expect((await get('/', { accept: '*/*' })).status).toBe(404);
});

test('the page comes with a policy that lets only our own scripts run and nobody frame it', async () => {
  const answer = await get('/console/');
  expect(answer).toMatchObject({ status: 200, text: '<!doctype html>index' });
  expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
  expect(answer.headers['content-security-policy']).toContain("script-src 'self';");
  expect(answer.headers['content-security-policy']).toContain("frame-ancestors 'none'");
  expect(answer.headers['cache-control']).toBe('no-cache');
});

test('paths of the application get the page, missing files 404', async () => {
  expect(await get('/console/clusters/shop/services?x=1')).toMatchObject({ text: '<!doctype html>index' });
  expect((await get('/console/assets/none.js')).status).toBe(404);
});

test('files come compressed when the browser takes it, and are kept for ever', async () => {
  const plain = await get('/console/assets/main-1a2b.js');
  expect(plain).toMatchObject({ status: 200, text: 'plain()' });
  expect(plain.headers['cache-control']).toContain('immutable');
  const packed = await fetch(`${running.endpoint}/console/assets/main-1a2b.js`, {
    headers: { 'accept-encoding': 'br' },
  });
  expect(packed.headers.get('content-encoding')).toBe('br');
  expect(await packed.text()).toBe('compressed()');
});

test.each([
  '/console/../secret.txt',
  '/console/..%2fsecret.txt',
  '/console/%2e%2e/secret.txt',
  '/console/assets/..%5c..%5csecret.txt',
  '/console/.env',
  '/console/%00.js',
  '/console/%zz.js',
  '/console//etc/passwd.txt',
])('%s does not leave the directory', async (url) => {
  const answer = await get(url);
  expect(answer.text).not.toContain('secret');
  expect(answer.status).toBe(404);
});

test('only GET and HEAD', async () => {
  expect((await get('/console/', {}, 'POST')).status).toBe(405);
  expect(await get('/console/', {}, 'HEAD')).toMatchObject({ status: 200, text: '' });
});
