import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../src/platform/clock.ts';
import { newHexId } from '../src/platform/ids.ts';
import { insertRows } from '../src/stores/telemetry/connection.ts';
import { ensureTables, readTableDefinitions } from '../src/stores/telemetry/load-tables.ts';
import { type EncodedRows, RowEncoder } from '../src/stores/telemetry/rows/encode-rows.ts';
import type { TelemetryStore } from '../src/stores/telemetry/store.ts';
import { Ingest } from '../src/traces/receive/ingest.ts';
import { Ledger } from '../src/traces/receive/ledger.ts';
import type { OtlpResourceSpans } from '../src/wire/otlp.ts';
import { decodeOtlpTraces } from '../src/wire/otlp-protobuf.ts';
import { otlpBatch, spansPerBatch } from './ingest-data.ts';
import { openEngine } from './support/engine.ts';

/** Microseconds of processor time a span, each step alone on the same payloads. */
export interface Steps {
  readonly decode: number;
  readonly normalise: number;
  readonly encode: number;
  /** The bare insert of the encoded rows, 10,000 at a time, through the same facade: engine process alone. */
  readonly engine: number;
}

const batches = 80;
const rowsPerInsert = 10_000;

export async function measureSteps(): Promise<Steps> {
  const nowMs = systemClock.now().getTime();
  const payloads = Array.from({ length: batches }, (_, index) => otlpBatch(index, nowMs));
  const rows: Record<string, object[]> = { segments: [], calls: [] };
  const ingest = new Ingest({
    telemetry: collector(rows),
    clock: systemClock,
    ledger: new Ledger(),
    limits: { documentBytesMax: 1 << 20, pastMs: 30 * 86_400_000, futureMs: 86_400_000 },
    onStored: () => {},
  });
  const normalise = async (resourceSpans: readonly OtlpResourceSpans[]) => {
    await ingest.spans(
      resourceSpans,
      { name: 'otlp-http', account: '000000000000', region: 'us-east-1' },
      { acknowledged: true },
    );
  };
  // Once to warm up the compiler, then for the clock.
  for (const payload of payloads) await normalise(decodeOtlpTraces(payload));
  for (const table of Object.values(rows)) table.length = 0;
  const decoded: OtlpResourceSpans[][] = [];
  const decode = await ownCpu(() => {
    for (const payload of payloads) decoded.push(decodeOtlpTraces(payload));
  });
  const normalised = await ownCpu(async () => {
    for (const resourceSpans of decoded) await normalise(resourceSpans);
  });
  const encoders = new Map(readTableDefinitions().map(({ name, columns }) => [name, new RowEncoder(columns)]));
  const encoded: Insert[] = [];
  const encode = await ownCpu(() => {
    for (const [table, ofTable] of Object.entries(rows)) {
      const encoder = encoders.get(table)!;
      for (let at = 0; at < ofTable.length; at += rowsPerInsert) {
        const part = encoder.encode(ofTable.slice(at, at + rowsPerInsert));
        encoded.push({ table, columns: encoder.columns, ...part });
      }
    }
  });
  const engine = await insertBare(encoded);
  const spans = batches * spansPerBatch;
  const each = (ms: number) => (ms * 1000) / spans;
  return { decode: each(decode), normalise: each(normalised), encode: each(encode), engine: each(engine) };
}

/** A store that keeps the rows it is given. */
function collector(rows: Record<string, object[]>): TelemetryStore {
  const nothing = async () => {};
  return {
    start: nothing,
    stop: nothing,
    ready: Promise.resolve(),
    async insert(table, added) {
      if (!('format' in added)) rows[table]!.push(...added);
    },
    query: async () => [],
    queryBytes: async () => Buffer.alloc(0),
    command: nothing,
    statistics: () => [],
  };
}

async function ownCpu(work: () => void | Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

interface Insert extends EncodedRows {
  readonly table: string;
  readonly columns: readonly string[];
}

async function insertBare(inserts: readonly Insert[]): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'hatoba-bench-'));
  const engine = await openEngine(directory);
  try {
    await ensureTables(readTableDefinitions(), {
      query: (sql) => engine.query(sql),
      command: (sql) => engine.run(sql),
    });
    const before = engine.cpuMs();
    for (const insert of inserts) await insertRows(engine.client, { ...insert, token: newHexId(12) });
    return engine.cpuMs() - before;
  } finally {
    await engine.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}
