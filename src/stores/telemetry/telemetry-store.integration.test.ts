import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../platform/clock.ts';
import { newHexId } from '../../platform/ids.ts';
import { silentLogger } from '../../platform/logger.ts';
import { ClickHouseStore } from './clickhouse-store.ts';
import { connect } from './connection.ts';
import { type SupervisedEngine, superviseEngine } from './embedded/supervise-engine.ts';
import { EngineReader } from './engine-reader.ts';
import { parseTableDefinition, type TableDefinition } from './load-tables.ts';
import { TelemetryDiskFullError, TelemetryQueueFullError } from './store.ts';
import { writerPolicy } from './table-writer.ts';

const eventsTable = (moreColumns = '') =>
  parseTableDefinition(
    'events.sql',
    `CREATE TABLE IF NOT EXISTS events (id UInt64, text String${moreColumns}, at DateTime64(3, 'UTC'))
     ENGINE = MergeTree PARTITION BY toDate(at) ORDER BY id`,
  );

let directory: string;
const closing: (() => Promise<void>)[] = [];

beforeEach(() => {
  directory = mkdtempSync(path.join(os.tmpdir(), 'hatoba-store-'));
});

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  rmSync(directory, { recursive: true, force: true });
});

interface Opened {
  readonly store: ClickHouseStore;
  readonly engine: SupervisedEngine;
}

async function open(
  tables: readonly TableDefinition[] = [eventsTable()],
  dataDirectory = directory,
  longerDays = async (): Promise<ReadonlyMap<string, number>> => new Map(),
): Promise<Opened> {
  const common = { clock: systemClock, logger: silentLogger };
  const engine = superviseEngine({ dataDirectory, database: 'hatoba', limits: { memoryBytesMax: 1e9 }, ...common });
  const endpoint = { socketPath: engine.socketPath, secret: engine.secret, database: 'hatoba' };
  const store = new ClickHouseStore({
    host: engine,
    client: connect(endpoint),
    reader: new EngineReader(endpoint),
    tables,
    retentionDays: 7,
    longerDays,
    diskBytesMax: 1e10,
    ...common,
  });
  closing.push(() => store.stop());
  await store.start();
  return { store, engine };
}

const at = () => systemClock.now().getTime();
const acknowledged = { acknowledged: true };

test('rows are found once they are acknowledged; many senders share an insert', async () => {
  const { store } = await open();
  await Promise.all(
    Array.from({ length: 50 }, (_, id) =>
      store.insert('events', [{ id, text: `line\n\n${id}'`, at: at() }], acknowledged),
    ),
  );
  const rows = await store.query<{ id: string; text: string }>('SELECT id, text FROM events WHERE id = {id:UInt64}', {
    id: 7,
  });
  expect(rows).toEqual([{ id: '7', text: "line\n\n7'" }]);
  const [statistics] = store.statistics();
  expect(statistics).toMatchObject({ table: 'events', storedRows: 50, queuedRows: 0, refusedRows: 0 });
  const [parts] = await store.query<{ n: string }>("SELECT count() AS n FROM system.parts WHERE table = 'events'");
  expect(Number(parts!.n)).toBeLessThan(10);
});

test('parts that are merged are one file and have no statistics of columns, in tables of older hatobas too', async () => {
  const { store } = await open();
  for (let id = 0; id < 3; id += 1) await store.insert('events', [{ id, text: 'line', at: at() }], acknowledged);
  await store.command('OPTIMIZE TABLE events FINAL');
  const parts = await store.query<{ part_type: string }>(
    "SELECT part_type FROM system.parts WHERE table = 'events' AND active AND level > 0",
  );
  expect(parts).toEqual([{ part_type: 'Compact' }]);
  const settings = await store.query<{ name: string; value: string }>(
    "SELECT name, value FROM system.merge_tree_settings WHERE name IN ('auto_statistics_types', 'min_bytes_for_wide_part') ORDER BY name",
  );
  expect(settings.map(({ value }) => value)).toEqual(['', `${64 * 1024 * 1024}`]);
});

test('bad rows are refused alone', async () => {
  const { store } = await open();
  const results = await Promise.allSettled([
    store.insert('events', [{ id: 1, text: 'good', at: at() }], acknowledged),
    store.insert('events', [{ id: 'not a number', text: 'bad', at: at() }], acknowledged),
    store.insert('events', [{ id: 2, text: 'good', at: at(), unknown: 1 }], acknowledged),
    store.insert('events', [{ id: 3, text: 'good', at: at() }], acknowledged),
  ]);
  expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
  expect(await store.query('SELECT id FROM events ORDER BY id')).toEqual([{ id: '1' }, { id: '3' }]);
  await expect(store.insert('nowhere', [{}], acknowledged)).rejects.toThrow('no telemetry table');
});

test('a full queue refuses, keeps nothing and counts', async () => {
  const { store } = await open();
  const rows = Array.from({ length: writerPolicy.queueRowsMax }, (_, id) => ({ id }));
  const first = store.insert(
    'events',
    rows.map((row) => ({ ...row, at: at() })),
    { acknowledged: false },
  );
  await expect(store.insert('events', [{ id: 0, at: at() }], acknowledged)).rejects.toBeInstanceOf(
    TelemetryQueueFullError,
  );
  await first;
  expect(store.statistics()[0]).toMatchObject({ storedRows: writerPolicy.queueRowsMax, refusedRows: 1 });
});

test('kill -9 of the engine under inserts loses and doubles nothing that was acknowledged', async () => {
  const { store, engine } = await open();
  const kills = Number(process.env.HATOBA_TELEMETRY_KILLS ?? 4);
  const random = mulberry32(42);
  const stored = new Set<number>();
  let nextId = 0;
  let sending = true;
  const send = async () => {
    while (sending) {
      const rows = Array.from({ length: 1 + Math.floor(random() * 40) }, () => ({
        id: nextId++,
        text: 'x'.repeat(50),
        at: at(),
      }));
      await store.insert('events', rows, acknowledged);
      for (const row of rows) stored.add(row.id);
    }
  };
  const senders = Array.from({ length: 4 }, send);
  for (let kill = 0; kill < kills; kill += 1) {
    await systemClock.sleep(200 + random() * 300);
    const processId = engine.processId!;
    process.kill(processId, 'SIGKILL');
    await expect.poll(() => store.query('SELECT 1 AS x'), { timeout: 10_000 }).toEqual([{ x: 1 }]);
    await expect.poll(() => engine.processId !== undefined && engine.processId !== processId).toBe(true);
  }
  sending = false;
  await Promise.all(senders);
  const [counts] = await store.query<{ n: string; d: string }>('SELECT count() AS n, uniqExact(id) AS d FROM events');
  expect(stored.size).toBe(nextId);
  expect({ rows: Number(counts!.n), distinct: Number(counts!.d) }).toEqual({
    rows: stored.size,
    distinct: stored.size,
  });
}, 300_000);

test('a column that a newer file has is added, old rows take its default', async () => {
  const { store } = await open();
  await store.insert('events', [{ id: 1, at: at() }], acknowledged);
  await store.stop();
  closing.splice(0);
  const newer = eventsTable(", kind LowCardinality(String) DEFAULT 'plain'");
  const { store: again } = await open([newer]);
  await again.insert('events', [{ id: 2, kind: 'new', at: at() }], acknowledged);
  expect(await again.query('SELECT id, kind FROM events ORDER BY id')).toEqual([
    { id: '1', kind: 'plain' },
    { id: '2', kind: 'new' },
  ]);
});

test('days before the retention are dropped, others stay', async () => {
  const { store } = await open();
  const dayMs = 86_400_000;
  const rows = [0, 3, 20].map((days) => ({ id: days, at: at() - days * dayMs }));
  await store.insert('events', rows, acknowledged);
  expect(await store.query('SELECT id FROM events')).toHaveLength(3);
  await store.stop();
  closing.splice(0);
  const { store: again } = await open();
  await expect
    .poll(() => again.query('SELECT id FROM events ORDER BY id'), { timeout: 10_000 })
    .toEqual([{ id: '0' }, { id: '3' }]);
});

test('a table may keep its days for longer; while it is not known for how long, none is dropped', async () => {
  const { store } = await open();
  const dayMs = 86_400_000;
  const rows = [0, 20, 40].map((days) => ({ id: days, at: at() - days * dayMs }));
  await store.insert('events', rows, acknowledged);
  await store.stop();
  closing.splice(0);
  let asked = 0;
  const { store: unsure } = await open(undefined, directory, async () => {
    asked += 1;
    throw new Error('the state store cannot be read');
  });
  await expect.poll(() => asked, { timeout: 10_000 }).toBe(1);
  expect(await unsure.query('SELECT id FROM events')).toHaveLength(3);
  await unsure.stop();
  closing.splice(0);
  const { store: longer } = await open(undefined, directory, async () => new Map([['events', 30]]));
  await expect
    .poll(() => longer.query('SELECT id FROM events ORDER BY id'), { timeout: 10_000 })
    .toEqual([{ id: '0' }, { id: '20' }]);
});

test('a directory in use is said so', async () => {
  await open();
  const engine = superviseEngine({
    dataDirectory: directory,
    database: 'hatoba',
    limits: { memoryBytesMax: 1e9 },
    clock: systemClock,
    logger: silentLogger,
    lockWaitMs: 300,
  });
  await expect(engine.start()).rejects.toThrow(/in use/);
});

test('an engine process that cannot be made is an error, not a wait', async () => {
  const node = process.execPath;
  process.execPath = path.join(directory, 'no-such-node');
  const options = { dataDirectory: directory, database: 'hatoba', limits: { memoryBytesMax: 1e9 } };
  try {
    const engine = superviseEngine({ ...options, clock: systemClock, logger: silentLogger });
    await expect(engine.start()).rejects.toMatchObject({ reason: 'unusable', message: /cannot be started: .*ENOENT/ });
    await engine.stop();
  } finally {
    process.execPath = node;
  }
});

test('a data directory with a very long name works', async () => {
  const deep = path.join(directory, 'd'.repeat(100), 'e'.repeat(60));
  mkdirSync(deep, { recursive: true });
  const { store, engine } = await open([eventsTable()], deep);
  expect(Buffer.byteLength(engine.socketPath)).toBeLessThanOrEqual(107);
  expect(await store.query('SELECT 1 AS x')).toEqual([{ x: 1 }]);
});

test('the engine ends when its parent is killed, and a successor opens the directory', async () => {
  const script = `
    import { systemClock } from '${fileURLToPath(new URL('../../platform/clock.ts', import.meta.url))}';
    import { silentLogger } from '${fileURLToPath(new URL('../../platform/logger.ts', import.meta.url))}';
    import { superviseEngine } from '${fileURLToPath(new URL('./embedded/supervise-engine.ts', import.meta.url))}';
    const engine = superviseEngine({ dataDirectory: '${directory}', database: 'hatoba', limits: { memoryBytesMax: 1e9 }, clock: systemClock, logger: silentLogger });
    await engine.start();
    console.log(engine.processId);
  `;
  const parent = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const engineProcessId = await new Promise<number>((resolve) =>
    parent.stdout.once('data', (text) => resolve(Number(text))),
  );
  parent.kill('SIGKILL');
  const { store } = await open();
  expect(await store.query('SELECT 1 AS x')).toEqual([{ x: 1 }]);
  // Nobody may have collected it yet: a zombie has ended too.
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', `${engineProcessId}`], { encoding: 'utf8' });
  expect(stdout.trim()).toMatch(/^(Z.*)?$/);
});

const isRoot = process.getuid?.() === 0 && process.platform === 'linux';

test.skipIf(!isRoot)(
  'a full disk (needs root, to mount a small one) refuses rows, answers queries, and recovers',
  async () => {
    const disk = path.join(directory, 'disk');
    mkdirSync(disk);
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=90m', 'tmpfs', disk]);
    closing.push(async () => void spawnSync('umount', ['-l', disk]));
    const { store } = await open([eventsTable()], disk);
    const fill = async () => {
      for (let id = 0; id < 100; id += 1) {
        const rows = Array.from({ length: 500 }, () => ({ id, text: newHexId(600), at: at() }));
        await store.insert('events', rows, acknowledged);
      }
    };
    await expect(fill()).rejects.toBeInstanceOf(TelemetryDiskFullError);
    const [day] = await store.query<{ name: string }>(
      "SELECT partition AS name FROM system.parts WHERE active AND table = 'events'",
    );
    await store.command('ALTER TABLE events DROP PARTITION {day:String}', { day: day!.name });
    const insertAgain = () =>
      store.insert('events', [{ id: 1, at: at() }], acknowledged).then(
        () => 'stored',
        () => 'refused',
      );
    await expect.poll(insertAgain, { timeout: 10_000, interval: 300 }).toBe('stored');
  },
);

test('a statement may have thousands of parameters in a list', async () => {
  const { store } = await open([eventsTable()]);
  const ids = Array.from({ length: 5000 }, (_, index) => index.toString(16).padStart(32, '0'));
  const [row] = await store.query<{ count: string }>('SELECT length({ids:Array(String)}) AS count', { ids });
  expect(Number(row!.count)).toBe(5000);
});

function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
