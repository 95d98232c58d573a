/**
 * What the store costs over the bare engine: CPU time per row of `TelemetryStore.insert` (encoding, queue, HTTP, child)
 * against inserting the same encoded rows through the engine alone, in a process of its own. Wall time is not compared.
 *
 *   node --import tsx bench/telemetry-writer.ts [rows]
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Session } from 'chdb';
import { systemClock } from '../src/platform/clock.ts';
import { newHexId } from '../src/platform/ids.ts';
import { silentLogger } from '../src/platform/logger.ts';
import { ClickHouseStore } from '../src/stores/telemetry/clickhouse-store.ts';
import { connect } from '../src/stores/telemetry/connection.ts';
import { superviseEngine } from '../src/stores/telemetry/embedded/supervise-engine.ts';
import { EngineReader } from '../src/stores/telemetry/engine-reader.ts';
import { readTableDefinitions } from '../src/stores/telemetry/load-tables.ts';

const batchRows = 10_000;
const senderRows = 500;
const ratioMax = 3;
const segments = readTableDefinitions().find((table) => table.name === 'segments')!;

function makeRows(count: number): object[] {
  const startMs = systemClock.now().getTime() - 3_600_000;
  return Array.from({ length: count }, (_, index) => ({
    account: '000000000000',
    region: 'us-east-1',
    trace_id: newHexId(16),
    id: newHexId(8),
    kind: 'segment',
    name: `service-${index % 20}`,
    start: (startMs + index) * 1000,
    end: (startMs + index + 40) * 1000,
    http_method: 'GET',
    http_url: `http://shop.local/api/items/${index}?page=${index % 7}`,
    http_status: 200,
    annotations: [`user=${index % 1000}`, 'tier=gold'],
    document: JSON.stringify({
      name: `service-${index % 20}`,
      aws: { note: newHexId(300) },
      subsegments: [newHexId(200)],
    }),
  }));
}

/** CPU milliseconds of another process so far. */
function cpuOf(processId: number): number {
  const fields = readFileSync(`/proc/${processId}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

const ownCpu = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

async function measureStore(rows: readonly object[], directory: string): Promise<number> {
  const common = { clock: systemClock, logger: silentLogger };
  const engine = superviseEngine({
    dataDirectory: directory,
    database: 'hatoba',
    limits: { memoryBytesMax: 1.5e9 },
    ...common,
  });
  const endpoint = { socketPath: engine.socketPath, secret: engine.secret, database: 'hatoba' };
  const store = new ClickHouseStore({
    host: engine,
    client: connect(endpoint),
    reader: new EngineReader(endpoint),
    tables: [segments],
    retentionDays: 7,
    diskBytesMax: 1e11,
    ...common,
  });
  await store.start();
  await store.insert('segments', rows.slice(0, 1000), { acknowledged: true });
  const before = ownCpu() + cpuOf(engine.processId!);
  const startedMs = systemClock.monotonicMs();
  const pending: Promise<void>[] = [];
  for (let at = 0; at < rows.length; at += senderRows) {
    pending.push(store.insert('segments', rows.slice(at, at + senderRows), { acknowledged: true }));
    // As senders on sockets would: a few at a time.
    if (pending.length >= 40) await pending.shift();
  }
  await Promise.all(pending);
  const wallMs = systemClock.monotonicMs() - startedMs;
  const used = ownCpu() + cpuOf(engine.processId!) - before;
  console.log(`store: ${Math.round(rows.length / (wallMs / 1000))} rows/s of wall time`);
  await store.stop();
  return used;
}

/** Runs in a process of its own, so that the two engines do not share anything. */
async function bareEngine(directory: string, file: string): Promise<void> {
  const session = new Session(directory);
  session.query(segments.createSql);
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  const insert = (batch: string[]) =>
    session.insert({
      table: 'segments',
      values: Buffer.from(`${batch.join('\n')}\n`),
      format: 'JSONEachRow',
      settings: { async_insert: 0 },
    } as never);
  await insert(lines.slice(0, 1000));
  const buffers: string[][] = [];
  for (let at = 0; at < lines.length; at += batchRows) buffers.push(lines.slice(at, at + batchRows));
  const before = ownCpu();
  for (const batch of buffers) await insert(batch);
  console.log(ownCpu() - before);
  session.close();
}

async function main(): Promise<void> {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'hatoba-bench-'));
  try {
    const rows = makeRows(Number(process.argv[2] ?? 100_000));
    const file = path.join(directory, 'rows.ndjson');
    writeFileSync(file, `${rows.map((row) => JSON.stringify(row)).join('\n')}\n`);
    const storeMs = await measureStore(rows, path.join(directory, 'store'));
    const bare = spawnSync(
      process.execPath,
      [...process.execArgv, process.argv[1]!, '--bare', path.join(directory, 'bare'), file],
      {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const bareMs = Number(bare.stdout.trim());
    const perRow = (ms: number) => `${((ms * 1000) / rows.length).toFixed(1)} us of CPU a row`;
    const ratio = storeMs / bareMs;
    console.log(`bare engine: ${perRow(bareMs)}; through the store: ${perRow(storeMs)}`);
    console.log(`ratio ${ratio.toFixed(2)} (bar ${ratioMax}): ${ratio <= ratioMax ? 'held' : 'not held'}`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

if (process.argv[2] === '--bare') await bareEngine(process.argv[3]!, process.argv[4]!);
else await main();
