import http from 'node:http';
import type { AddressInfo } from 'node:net';
import zlib from 'node:zlib';
import { ClickHouseError } from '@clickhouse/client';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { classifyFailure } from './connection.ts';
import { EngineReader, parameterText } from './engine-reader.ts';

/** A server of ClickHouse's interface that compresses, fails and leaves as its statements say. */
let server: http.Server;
let reader: EngineReader;
const seen: { url: URL; authorization: string | undefined }[] = [];

beforeEach(async () => {
  seen.length = 0;
  server = http.createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const sql = Buffer.concat(chunks).toString();
    seen.push({ url: new URL(request.url!, 'http://engine'), authorization: request.headers.authorization });
    if (sql === 'FAIL') {
      response.writeHead(500, { 'x-clickhouse-exception-code': '241' });
      response.end('Code: 241. DB::Exception: Memory limit exceeded. (MEMORY_LIMIT_EXCEEDED)');
    } else if (sql === 'LEAVE') {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half');
      setImmediate(() => response.destroy());
    } else if (sql !== 'WAIT') {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(zlib.gzipSync(sql));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  reader = new EngineReader({ url: `http://127.0.0.1:${port}`, username: 'u', password: 'p', database: 'hatoba' });
});

afterEach(async () => {
  reader.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const read = (sql: string, more: object = {}) =>
  reader.read({ sql, format: 'RowBinary', parameters: { name: "it's\n", ids: ['a', 1] }, settings: {}, ...more });

test('answers of a server are unpacked; parameters, format and user go along', async () => {
  expect((await read('SELECT 1', { settings: { max_threads: 1 } })).toString()).toBe('SELECT 1');
  const { url, authorization } = seen[0]!;
  expect(Object.fromEntries(url.searchParams)).toMatchObject({
    database: 'hatoba',
    default_format: 'RowBinary',
    max_threads: '1',
    param_name: "it\\'s\\n",
    param_ids: "['a',1]",
  });
  expect(authorization).toBe(`Basic ${Buffer.from('u:p').toString('base64')}`);
});

test('errors are those of the library; a connection that breaks off can be tried again', async () => {
  const failure = await read('FAIL').catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ClickHouseError);
  expect(failure).toMatchObject({ code: '241', type: 'MEMORY_LIMIT_EXCEEDED' });
  expect(classifyFailure(await read('LEAVE').catch((error: unknown) => error))).toBe('unreachable');
  expect((await read('SELECT 2')).toString()).toBe('SELECT 2');
});

test('a reader that is called off stops waiting', async () => {
  const given = new AbortController();
  const waiting = read('WAIT', { signal: given.signal });
  setImmediate(() => given.abort());
  await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
});

test('values are written as the interface takes them', () => {
  expect(parameterText(true)).toBe('1');
  expect(parameterText(new Date(1_700_000_000_000))).toBe('1700000000');
  expect(parameterText(new Date(1_700_000_000_123))).toBe('1700000000.123');
  expect(parameterText({ key: "v'" })).toBe("{'key':'v\\''}");
  expect(parameterText('a\\b\t')).toBe('a\\\\b\\t');
});
