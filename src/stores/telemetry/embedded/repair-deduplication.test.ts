import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { ClickHouseClient } from '@clickhouse/client';
import { expect, test } from 'vitest';
import { insertRows } from '../connection.ts';
import { openTestEngine } from './engine.fixture.ts';
import { findPhantoms } from './repair-deduplication.ts';

test('records of parts that are there, or merged into others, stay', () => {
  const records = ['1\t20261122_1_1_0\ta', '1\t20261122_2_2_0\tb', '1\t20261122_5_5_0\tc', '2\t20261122_9_9_0\td', ''];
  expect(findPhantoms(records, ['20261122_1_3_1', 'detached', '20261121_5_5_0'])).toEqual(['1\t20261122_5_5_0\tc']);
});

test('a batch whose part was never moved into place is stored when it is sent again', async () => {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'hatoba-dedup-'));
  const run = async (work: (client: ClickHouseClient) => Promise<void>) => {
    const { client, close } = await openTestEngine(directory);
    await work(client);
    await close();
  };
  const send = (client: ClickHouseClient, token: string) =>
    insertRows(client, {
      table: 't',
      columns: [],
      bytes: Buffer.from(`{"id":"${token}"}\n`),
      token,
      format: 'JSONEachRow',
    });
  const idsOf = async (client: ClickHouseClient) =>
    (
      await (
        await client.query({ query: 'SELECT id FROM t ORDER BY id', format: 'JSONEachRow' })
      ).json<{ id: string }>()
    ).map((row) => row.id);
  try {
    await run(async (client) => {
      await client.command({
        query:
          'CREATE TABLE t (id String) ENGINE = MergeTree ORDER BY id SETTINGS non_replicated_deduplication_window = 100',
      });
      for (const token of ['a', 'b', 'b']) await send(client, token);
      expect(await idsOf(client)).toEqual(['a', 'b']);
    });
    // What a kill between the two steps leaves: the log knows the batch, its part is not there.
    const parts = readdirSync(directory, { recursive: true, encoding: 'utf8' });
    rmSync(path.join(directory, parts.find((name) => name.endsWith('/all_2_2_0'))!), { recursive: true });
    await run(async (client) => {
      expect(await idsOf(client)).toEqual(['a']);
      for (const token of ['a', 'b', 'b']) await send(client, token);
      expect(await idsOf(client)).toEqual(['a', 'b']);
    });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
