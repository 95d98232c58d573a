import type { ClickHouseClient } from '@clickhouse/client';
import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import { classifyFailure, insertRows } from './connection.ts';
import type { EngineRead, EngineReader } from './engine-reader.ts';
import { ensureTables, type TableDefinition } from './load-tables.ts';
import { chooseDaysToDrop, type DayPartition } from './retention.ts';
import { type EncodedRows, RowEncoder } from './rows/encode-rows.ts';
import type { InsertOptions, QueryOptions, QueryParameter, TableWriterStatistics, TelemetryStore } from './store.ts';
import { TableWriter } from './table-writer.ts';

/** Where the engine comes from: our own child, or a cluster that somebody else runs. */
export interface EngineHost {
  start(): Promise<void>;
  stop(): Promise<void>;
  serving(): Promise<void>;
}

export interface ClickHouseStoreOptions {
  readonly host: EngineHost;
  /** Writes and commands. */
  readonly client: ClickHouseClient;
  readonly reader: EngineReader;
  readonly tables: readonly TableDefinition[];
  readonly retentionDays: number;
  readonly longerDays?: () => Promise<ReadonlyMap<string, number>>;
  readonly diskBytesMax: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

const queryTimeoutMs = 10_000;
const sweepIntervalMs = 30_000;
const stopFlushMs = 10_000;

/** The store over ClickHouse's HTTP protocol; the same against the embedded engine and a server. */
export class ClickHouseStore implements TelemetryStore {
  readonly ready: Promise<void>;
  private readonly options: ClickHouseStoreOptions;
  private readonly tables = new Map<string, { readonly writer: TableWriter; readonly encoder: RowEncoder }>();
  private readonly stopping = new AbortController();
  private partsByTable = new Map<string, number>();
  private settleReady: { resolve: () => void; reject: (error: unknown) => void };
  private sweeping: Promise<void> = Promise.resolve();

  constructor(options: ClickHouseStoreOptions) {
    this.options = options;
    let settle = { resolve: () => {}, reject: (_: unknown) => {} };
    this.ready = new Promise((resolve, reject) => {
      settle = { resolve, reject };
    });
    this.ready.catch(() => {});
    this.settleReady = settle;
    for (const { name, columns } of options.tables) {
      const encoder = new RowEncoder(columns);
      this.tables.set(name, { encoder, writer: this.makeWriter(name, encoder.columns) });
    }
  }

  async start(): Promise<void> {
    try {
      await this.options.host.start();
      await ensureTables(this.options.tables, {
        query: (sql, parameters) => this.queryEngine(sql, parameters, {}),
        command: (sql, parameters) => this.commandEngine(sql, parameters),
      });
      this.settleReady.resolve();
    } catch (error) {
      this.settleReady.reject(error);
      throw error;
    }
    this.sweeping = this.sweepLoop();
  }

  async stop(): Promise<void> {
    this.stopping.abort(new Error('the telemetry store has stopped'));
    const writers = [...this.tables.values()].map(({ writer }) => writer);
    const flushed = Promise.all(writers.map((writer) => writer.stop()));
    const timeout = new AbortController();
    await Promise.race([flushed, this.options.clock.sleep(stopFlushMs, timeout.signal).catch(() => {})]);
    timeout.abort();
    for (const writer of writers) writer.abandon(new Error('the telemetry store has stopped'));
    await this.sweeping;
    await this.options.client.close();
    this.options.reader.close();
    await this.options.host.stop();
  }

  async insert(table: string, rows: readonly object[] | EncodedRows, options: InsertOptions): Promise<void> {
    const found = this.tables.get(table);
    if (!found) throw new Error(`There is no telemetry table ${table}.`);
    const encoded = 'format' in rows ? rows : found.encoder.encode(rows);
    if (encoded.rows > 0) await found.writer.add(encoded, options.acknowledged);
  }

  async query<Row>(
    sql: string,
    parameters: Readonly<Record<string, QueryParameter>> = {},
    options: QueryOptions = {},
  ): Promise<Row[]> {
    await this.untilReady(options);
    return this.queryEngine(sql, parameters, options);
  }

  async queryBytes(
    sql: string,
    parameters: Readonly<Record<string, QueryParameter>> = {},
    options: QueryOptions = {},
  ): Promise<Buffer> {
    await this.untilReady(options);
    return this.read('RowBinary', sql, parameters, options);
  }

  private async untilReady(options: QueryOptions): Promise<void> {
    await this.withinTime(this.ready, options.timeoutMs ?? queryTimeoutMs, options.signal);
  }

  private async queryEngine<Row>(
    sql: string,
    parameters: Readonly<Record<string, QueryParameter>> = {},
    options: QueryOptions,
  ): Promise<Row[]> {
    const lines = (await this.read('JSONEachRow', sql, parameters, options)).toString('utf8').trimEnd();
    return lines === '' ? [] : (JSON.parse(`[${lines.replaceAll('\n', ',')}]`) as Row[]);
  }

  /** Reads again when the engine died under a query; its successor serves within seconds. */
  private async read(
    format: EngineRead['format'],
    sql: string,
    parameters: EngineRead['parameters'],
    { timeoutMs = queryTimeoutMs, signal, settings }: QueryOptions,
  ): Promise<Buffer> {
    const { host, clock, reader } = this.options;
    const request = {
      format,
      sql,
      parameters,
      signal,
      settings: { ...settings, max_execution_time: timeoutMs / 1000 },
    };
    const deadlineMs = clock.monotonicMs() + timeoutMs;
    for (;;) {
      await this.withinTime(host.serving(), deadlineMs - clock.monotonicMs(), signal);
      try {
        return await reader.read(request);
      } catch (error) {
        const canRetry = classifyFailure(error) === 'unreachable' && !signal?.aborted && !this.stopping.signal.aborted;
        if (!canRetry || clock.monotonicMs() > deadlineMs) throw error;
        await clock.sleep(50, signal);
      }
    }
  }

  async command(sql: string, parameters: Readonly<Record<string, QueryParameter>> = {}): Promise<void> {
    await this.ready;
    await this.commandEngine(sql, parameters);
  }

  private async commandEngine(sql: string, parameters: Readonly<Record<string, QueryParameter>> = {}): Promise<void> {
    await this.options.host.serving();
    await this.options.client.command({ query: sql, query_params: { ...parameters } });
  }

  statistics(): readonly TableWriterStatistics[] {
    return [...this.tables.values()].map(({ writer }) => writer.statistics());
  }

  private makeWriter(table: string, columns: readonly string[]): TableWriter {
    const { host, client, clock } = this.options;
    return new TableWriter({
      table,
      clock,
      // Before the tables exist there is nothing to write to.
      serving: () => this.ready.then(() => host.serving()),
      classify: classifyFailure,
      activeParts: () => this.partsByTable.get(table) ?? 0,
      send: ({ token, format, bytes }) => insertRows(client, { table, columns, format, bytes, token }),
    });
  }

  /** Waits for the engine, but no longer than the caller would wait for its answer. */
  private async withinTime(event: Promise<void>, timeoutMs: number, signal: AbortSignal | undefined): Promise<void> {
    const given = new AbortController();
    const signals = signal ? [given.signal, signal] : [given.signal];
    const timeout = this.options.clock.sleep(Math.max(timeoutMs, 0), AbortSignal.any(signals)).then(
      () => Promise.reject(new Error(`The telemetry engine did not serve within ${timeoutMs} ms.`)),
      () => signal?.throwIfAborted(),
    );
    await Promise.race([event, timeout]).finally(() => given.abort());
  }

  private async sweepLoop(): Promise<void> {
    const { clock, logger } = this.options;
    while (!this.stopping.signal.aborted) {
      try {
        await this.sweep();
      } catch (error) {
        if (!this.stopping.signal.aborted) logger.warn({ error: String(error) }, 'telemetry retention');
      }
      await clock.sleep(sweepIntervalMs, this.stopping.signal).catch(() => {});
    }
  }

  /** Drops the days that time or size no longer allow, and counts active parts for the writers. */
  private async sweep(): Promise<void> {
    const { clock, logger, retentionDays, diskBytesMax } = this.options;
    const rows = await this.query<{ table: string; day: string; bytes: string; parts: string }>(
      `SELECT table, partition AS day, sum(bytes_on_disk) AS bytes, count() AS parts FROM system.parts
       WHERE active AND database = currentDatabase() GROUP BY table, partition`,
    );
    const own = rows.filter((row) => this.tables.has(row.table));
    const partitions: DayPartition[] = own.map((row) => ({
      ...row,
      bytes: Number(row.bytes),
      parts: Number(row.parts),
    }));
    this.partsByTable = new Map();
    for (const { table, parts } of partitions) {
      this.partsByTable.set(table, Math.max(this.partsByTable.get(table) ?? 0, parts));
    }
    const longerDays = (await this.options.longerDays?.()) ?? new Map<string, number>();
    const limits = { retentionDays, bytesMax: diskBytesMax, longerDays };
    for (const drop of chooseDaysToDrop(partitions, limits, clock.now())) {
      logger.info({ table: drop.table, day: drop.day, bytes: drop.bytes }, 'telemetry day dropped');
      await this.command(`ALTER TABLE {table:Identifier} DROP PARTITION {day:String}`, {
        table: drop.table,
        day: drop.day,
      });
    }
  }
}
