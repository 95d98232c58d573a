import { readdirSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { type ClickHouseClient, createClient } from '@clickhouse/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect } from '../connection.ts';
import { openTestEngine, type TestEngine } from './engine.fixture.ts';
import type { SupervisedEngine } from './supervise-engine.ts';

let opened: TestEngine;
let directory: string;
let engine: SupervisedEngine;
let client: ClickHouseClient;

beforeAll(async () => {
  opened = await openTestEngine();
  ({ directory, engine, client } = opened);
  await client.command({ query: 'CREATE TABLE t (id UInt64, s String) ENGINE = MergeTree ORDER BY id' });
});

afterAll(() => opened.close());

const rows = async <Row>(query: string, more: object = {}): Promise<Row[]> =>
  (await (await client.query({ query, format: 'JSONEachRow', ...more })).json()) as Row[];

/** A request below the client: what it would never send. */
function send(sql: string, body: string | Buffer): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const request = http.request(
      {
        socketPath: engine.socketPath,
        method: 'POST',
        path: `/?query=${encodeURIComponent(sql)}`,
        auth: `hatoba:${engine.secret}`,
      },
      async (response) => {
        let text = '';
        for await (const chunk of response) text += chunk;
        resolve({ status: response.statusCode ?? 0, text });
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

test('trap 1: a failed query leaves nothing in later results', async () => {
  const failing = 'SELECT number, throwIf(number = 500000) FROM numbers(1000000)';
  for (let round = 0; round < 8; round += 1) await expect(rows(failing)).rejects.toThrow();
  await expect(
    rows('SELECT sleepEachRow(0.01) FROM numbers(1000) SETTINGS max_execution_time = 0.2, max_block_size = 5'),
  ).rejects.toThrow();
  const after = await Promise.all(Array.from({ length: 12 }, (_, x) => rows(`SELECT ${x} AS x`)));
  expect(after).toEqual(Array.from({ length: 12 }, (_, x) => [{ x }]));
});

test('trap 2: a blank line in an INSERT body runs nothing', async () => {
  await client.command({ query: 'CREATE TABLE victim (a Int8) ENGINE = Memory' });
  for (const body of [
    '{"id":1,"s":"a"}\n\nDROP TABLE victim',
    '\n\nDROP TABLE victim',
    '{"id":1}\n \t\nDROP TABLE victim',
  ]) {
    expect((await send('INSERT INTO t FORMAT JSONEachRow', body)).status).toBe(500);
  }
  expect((await send('INSERT INTO t FORMAT CSV', '1,"a\n\nDROP TABLE victim"')).text).toContain('Code: 73');
  expect((await send('INSERT INTO t FORMAT JSONEachRow {"id":1}\n\nDROP TABLE victim', '')).status).toBe(500);
  await client.insert({ table: 't', values: [{ id: 7, s: "p\n\n'; DROP TABLE victim" }], format: 'JSONEachRow' });
  expect(await rows('SELECT s FROM t WHERE id = 7')).toEqual([{ s: "p\n\n'; DROP TABLE victim" }]);
  expect(await rows('EXISTS TABLE victim')).toEqual([{ result: 1 }]);
});

test('trap 3: binary rows, which the engine would cut at a blank line, go in by a file', async () => {
  await client.command({ query: 'CREATE TABLE bytes (s String) ENGINE = MergeTree ORDER BY s' });
  const hostile = '\n\nDROP TABLE bytes\n\n';
  const body = Buffer.concat([Buffer.from([hostile.length]), Buffer.from(hostile)]);
  expect(await send('INSERT INTO bytes (s) FORMAT RowBinary', body)).toMatchObject({ status: 200 });
  expect(await rows('SELECT s FROM bytes')).toEqual([{ s: hostile }]);
  expect((await send('INSERT INTO bytes (s) FORMAT RowBinary', body.subarray(0, 9))).status).toBe(500);
  expect((await send('INSERT INTO bytes FORMAT RowBinary', body)).text).toContain('Code: 62');
  expect((await send("INSERT INTO bytes (s) FROM INFILE '/etc/passwd' FORMAT LineAsString", '')).status).toBe(500);
  for (const format of ['Native', 'ArrowStream', 'Parquet']) {
    expect((await send(`INSERT INTO bytes (s) FORMAT ${format}`, body)).text).toContain('Code: 73');
  }
  expect(readdirSync(path.join(directory, 'inserting'))).toEqual([]);
});

test('what a killed process left of a binary insert is gone when the engine starts', async () => {
  writeFileSync(path.join(directory, 'inserting', 'left-behind.bin'), 'never acknowledged');
  const before = engine.processId!;
  process.kill(before, 'SIGKILL');
  await expect.poll(() => engine.processId !== undefined && engine.processId !== before).toBe(true);
  await expect.poll(() => rows('SELECT 1 AS x').catch(() => []), { timeout: 10_000 }).toEqual([{ x: 1 }]);
  expect(readdirSync(path.join(directory, 'inserting'))).toEqual([]);
});

test('trap 4: the engine is in a process of its own', () => {
  expect(engine.processId).toBeGreaterThan(0);
  expect(engine.processId).not.toBe(process.pid);
});

test('trap 5: settings hold for one query', async () => {
  const [before] = await rows<{ v: string }>("SELECT getSetting('max_block_size') AS v");
  const changed = { clickhouse_settings: { max_block_size: '777' } };
  expect(await rows("SELECT toUInt32(getSetting('max_block_size')) AS v", changed)).toEqual([{ v: 777 }]);
  await client.command({ query: 'CREATE TABLE IF NOT EXISTS s (a Int8) ENGINE = Memory', ...changed });
  const after = await Promise.all(Array.from({ length: 8 }, () => rows("SELECT getSetting('max_block_size') AS v")));
  expect(after).toEqual(Array.from({ length: 8 }, () => [before]));
});

test('trap 6: queries with parameters run side by side and keep their own values', async () => {
  const query = 'SELECT {i:UInt32} AS i, {text:String} AS text, sleepEachRow(0.02) AS z FROM numbers(2)';
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, i) =>
      rows<{ i: number; text: string }>(query, { query_params: { i, text: `'${i}\n` } }),
    ),
  );
  for (const [i, answer] of answers.entries()) expect(answer[0]).toEqual({ i, text: `'${i}\n`, z: 0 });
});

test('trap 7: with every session busy, the child still answers', async () => {
  const busy = Promise.all(Array.from({ length: 4 }, () => rows('SELECT sleep(1)')));
  await client.insert({ table: 't', values: [{ id: 100, s: '' }], format: 'JSONEachRow' });
  let ended = false;
  busy.then(() => {
    ended = true;
  });
  expect((await client.ping()).success).toBe(true);
  expect(ended).toBe(false);
  await busy;
});

test('trap 8: a query that its client gives up ends in the engine too', async () => {
  const abort = new AbortController();
  const query = 'SELECT count() FROM numbers(1000000000000) WHERE cityHash64(number) % 7 = 1';
  const running = rows(query, { abort_signal: abort.signal });
  const count = async () =>
    (
      await rows<{ n: string }>(
        "SELECT count() AS n FROM system.processes WHERE query LIKE '%cityHash64%' AND query NOT LIKE '%processes%'",
      )
    )[0]!.n;
  await expect.poll(count).toBe('1');
  abort.abort();
  await expect(running).rejects.toThrow();
  await expect.poll(count, { timeout: 5000 }).toBe('0');
});

test('trap 9: database, single statements, 64-bit integers, real row counts', async () => {
  const other = createClient({
    url: 'http://localhost',
    username: 'hatoba',
    password: engine.secret,
    database: 'system',
    http_agent: new http.Agent({ socketPath: engine.socketPath } as http.AgentOptions),
  });
  expect(await (await other.query({ query: 'SELECT currentDatabase() AS d', format: 'JSONEachRow' })).json()).toEqual([
    { d: 'system' },
  ]);
  await other.close();
  expect(await rows('SELECT currentDatabase() AS d')).toEqual([{ d: 'hatoba' }]);
  await expect(rows('SELECT 1; DROP TABLE t')).rejects.toThrow();
  expect((await send('SELECT 1; DROP TABLE t', '')).text).toContain('Multi-statements');
  expect(await rows('SELECT toUInt64(18446744073709551615) AS n')).toEqual([{ n: '18446744073709551615' }]);
  const inserted = await client.insert({ table: 't', values: [{ id: 200 }, { id: 201 }], format: 'JSONEachRow' });
  expect(inserted.summary?.written_rows).toBe('2');
});

test('without the secret nothing is served', async () => {
  const stranger = connect({ socketPath: engine.socketPath, secret: 'wrong', database: 'hatoba' });
  await expect(stranger.query({ query: 'SELECT 1' })).rejects.toThrow();
  await stranger.close();
});

test('gzip both ways', async () => {
  const zipped = createClient({
    url: 'http://localhost',
    username: 'hatoba',
    password: engine.secret,
    database: 'hatoba',
    compression: { request: true, response: true },
    http_agent: new http.Agent({ socketPath: engine.socketPath } as http.AgentOptions),
  });
  await zipped.insert({ table: 't', values: [{ id: 300, s: 'zipped' }], format: 'JSONEachRow' });
  const answer = await (await zipped.query({ query: 'SELECT s FROM t WHERE id = 300', format: 'JSONEachRow' })).json();
  expect(answer).toEqual([{ s: 'zipped' }]);
  await zipped.close();
});
