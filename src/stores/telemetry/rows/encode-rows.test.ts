import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { ClickHouseClient } from '@clickhouse/client';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newHexId } from '../../../platform/ids.ts';
import { insertRows } from '../connection.ts';
import { openTestEngine, type TestEngine } from '../embedded/engine.fixture.ts';
import { RowEncoder, RowError } from './encode-rows.ts';
import { readColumns } from './table-columns.ts';

const createSql = `CREATE TABLE wide (
  n UInt64,
  text String CODEC(ZSTD(3)),
  word LowCardinality(String),
  fixed FixedString(8) CODEC(ZSTD(1)),
  flag Bool, u8 UInt8, u16 UInt16, u32 UInt32, i8 Int8, i32 Int32, i64 Int64, f32 Float32, f64 Float64,
  maybe Nullable(String),
  words Array(LowCardinality(String)),
  ids Array(FixedString(4)),
  numbers Array(Float64),
  facts Map(LowCardinality(String), String),
  total SimpleAggregateFunction(sum, UInt64),
  seconds DateTime('UTC'),
  at DateTime64(3, 'UTC') CODEC(Delta(8), ZSTD(1)),
  exact DateTime64(6, 'UTC') DEFAULT 0,
  hash UInt64 MATERIALIZED cityHash64(text),
  INDEX bloom text TYPE bloom_filter(0.01) GRANULARITY 1
) ENGINE = MergeTree ORDER BY n`;

let opened: TestEngine;
let directory: string;
let client: ClickHouseClient;
const encoder = new RowEncoder(readColumns(createSql));

beforeAll(async () => {
  opened = await openTestEngine();
  ({ directory, client } = opened);
  for (const table of ['wide', 'plain'])
    await client.command({
      query: createSql
        .replace('wide', table)
        .replace('ORDER BY n', 'ORDER BY n SETTINGS non_replicated_deduplication_window = 100'),
    });
});

afterAll(() => opened.close());

const text = fc.oneof(
  fc.string({ maxLength: 60 }),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.constantFrom('\n\n', '\n\n; DROP TABLE wide', '\0', 'ü'.repeat(43), 'x'.repeat(6000), '界'.repeat(5500)),
);
const shortText = (bytes: number) => fc.string({ unit: fc.constantFrom('a', '0', '\n'), maxLength: bytes });
const row = fc.record(
  {
    text,
    word: text,
    fixed: shortText(8),
    flag: fc.boolean(),
    u8: fc.nat(255),
    u16: fc.nat(65_535),
    u32: fc.integer({ min: 0, max: 0xffff_ffff }),
    i8: fc.integer({ min: -128, max: 127 }),
    i32: fc.integer(),
    i64: fc.oneof(fc.maxSafeInteger(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String)),
    f32: fc.constantFrom(0, 0.5, -2.25),
    // JSON has no -0.
    f64: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
    maybe: fc.option(text, { nil: null }),
    words: fc.array(text, { maxLength: 3 }),
    ids: fc.array(shortText(4), { maxLength: 3 }),
    numbers: fc.array(fc.constantFrom(0, 1.5, -7), { maxLength: 200 }),
    facts: fc.dictionary(shortText(5), text, { maxKeys: 3 }),
    total: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String),
    seconds: fc.nat(2_000_000_000),
    at: fc.nat(2_000_000_000_000),
  },
  { requiredKeys: [] },
);

const read = async (sql: string) => (await client.query({ query: sql, format: 'JSONEachRow' })).json();

test('rows arrive as JSON would bring them', async () => {
  let n = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 20 }), async (drawn) => {
      const rows = drawn.map((values) => ({ ...values, n: ++n }));
      const encoded = encoder.encode(rows);
      expect(encoded).toMatchObject({ format: 'RowBinary', rows: rows.length });
      await insertRows(client, { table: 'wide', columns: encoder.columns, token: newHexId(), ...encoded });
      await client.insert({ table: 'plain', values: rows, format: 'JSONEachRow' });
      const since = n - rows.length;
      const all = await read(`SELECT *, hash FROM wide WHERE n > ${since} ORDER BY n`);
      expect(all).toHaveLength(rows.length);
      expect(all).toEqual(await read(`SELECT *, hash FROM plain WHERE n > ${since} ORDER BY n`));
    }),
    { numRuns: 40 },
  );
  expect(readdirSync(path.join(directory, 'inserting'))).toEqual([]);
}, 60_000);

test('the same token makes one row, also when the bytes come again later', async () => {
  const send = (id: number, token: string) =>
    insertRows(client, {
      table: 'wide',
      columns: encoder.columns,
      token,
      ...encoder.encode([{ n: id, text: 'once' }]),
    });
  for (const id of [9_000_001, 9_000_002, 9_000_001]) await send(id, `token of ${id}`);
  await send(9_000_001, 'token of 9000001');
  expect(await read("SELECT n FROM wide WHERE text = 'once' ORDER BY n")).toEqual([{ n: '9000001' }, { n: '9000002' }]);
});

test('cut bytes are refused as a whole, and leave nothing behind', async () => {
  const { bytes, ...encoded } = encoder.encode([{ n: 9_100_001 }, { n: 9_100_002, text: 'x'.repeat(300) }]);
  for (const length of [1, 40, bytes.length - 1]) {
    const insert = {
      table: 'wide',
      columns: encoder.columns,
      token: newHexId(),
      ...encoded,
      bytes: bytes.subarray(0, length),
    };
    await expect(insertRows(client, insert)).rejects.toThrow();
  }
  expect(await read('SELECT n FROM wide WHERE n > 9100000')).toEqual([]);
  expect(readdirSync(path.join(directory, 'inserting'))).toEqual([]);
});

test('a value that does not fit its column is refused, a column that does not exist too', () => {
  const bad: object[] = [
    { n: -1 },
    { n: 1.5 },
    { n: '18446744073709551616' },
    { u8: 256 },
    { text: 7 },
    { fixed: 'nine bytes' },
    { words: 'no array' },
    { at: 1.5 },
    { at: 'yesterday' },
    { misspelt: 1 },
    { hash: 1 },
  ];
  for (const wrong of bad) expect(() => encoder.encode([wrong]), JSON.stringify(wrong)).toThrow(RowError);
  expect(encoder.encode([{ n: 1, misspelt: undefined }]).rows).toBe(1);
});

test('text of times is epoch seconds; a row that fills a column with a default goes as JSON', () => {
  const [asText, asNumber] = [{ at: '1700000000.123456' }, { at: 1_700_000_000_123 }].map((one) =>
    encoder.encode([one]),
  );
  expect(asText).toEqual(asNumber);
  const exact = new RowEncoder([{ name: 'at', type: "DateTime64(6, 'UTC')", hasDefault: false }]);
  for (const at of ['1700000000.123456', '2023-11-14 22:13:20.123456', '2023-11-14T22:13:20.123456Z']) {
    expect(exact.encode([{ at }]), at).toEqual(exact.encode([{ at: 1_700_000_000_123_456 }]));
  }
  expect(encoder.encode([{ n: 1, exact: 5 }]).format).toBe('JSONEachRow');
  expect(new RowEncoder([{ name: 'a', type: 'Tuple(UInt8)', hasDefault: false }]).encode([{ a: [1] }]).format).toBe(
    'JSONEachRow',
  );
});
