import type { EncodedRows } from './rows/encode-rows.ts';

/** A value that may be bound to `{name:Type}` in a query; never spliced into SQL text. */
export type QueryParameter = string | number | boolean | Date | readonly (string | number)[] | Record<string, string>;

export interface InsertOptions {
  /**
   * True: somebody waits for the acknowledgement, so it is not kept waiting for company.
   * False: flushed within 1 s; the promise still settles when the rows are stored.
   */
  readonly acknowledged: boolean;
}

export interface QueryOptions {
  /** The engine gives up after this time; default 10,000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly settings?: Readonly<Record<string, string | number>>;
}

export interface TableWriterStatistics {
  readonly table: string;
  readonly queuedRows: number;
  readonly storedRows: number;
  readonly refusedRows: number;
  readonly lastFlushMs: number;
  readonly activeParts: number;
}

/**
 * Rows in columns: segments, calls, log events, metric data. One implementation speaks ClickHouse's HTTP protocol, to
 * our own child process or to a cluster. `insert` resolves when the rows are durable: after that they are found by a
 * query within 2 s, exactly once, whatever is killed. It rejects with TelemetryQueueFullError, keeping nothing, when the
 * bounded queue is full, and with the engine's error when the rows themselves are bad.
 */
export interface TelemetryStore {
  start(): Promise<void>;
  /** Flushes what waits, then stops the engine. */
  stop(): Promise<void>;
  readonly ready: Promise<void>;
  /**
   * Column names are those of `tables/<table>.sql`; a column left out takes its default. DateTime64 values are given as
   * epoch seconds in text, or as a whole number of the column's own units. Rows may come encoded by a `RowEncoder`.
   */
  insert(table: string, rows: readonly object[] | EncodedRows, options: InsertOptions): Promise<void>;
  /** Rows of a SELECT as JSON objects; 64-bit integers arrive as strings. `{name:Type}` placeholders take `parameters`. */
  query<Row>(
    sql: string,
    parameters?: Readonly<Record<string, QueryParameter>>,
    options?: QueryOptions,
  ): Promise<Row[]>;
  /** The same in the engine's binary form, for a `RowReader`: long texts in it are not unpacked. */
  queryBytes(
    sql: string,
    parameters?: Readonly<Record<string, QueryParameter>>,
    options?: QueryOptions,
  ): Promise<Buffer>;
  /** DDL and lightweight deletes. */
  command(sql: string, parameters?: Readonly<Record<string, QueryParameter>>): Promise<void>;
  statistics(): readonly TableWriterStatistics[];
}

/** The writer's bounded queue is full: tell the sender to come again after `retryAfterMs`. */
export class TelemetryQueueFullError extends Error {
  readonly table: string;
  readonly retryAfterMs: number;

  constructor(table: string, retryAfterMs: number) {
    super(`The queue of table ${table} is full; send again in ${retryAfterMs} ms.`);
    this.table = table;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The disk is full (or its limit is reached): rows are refused, queries go on. */
export class TelemetryDiskFullError extends Error {
  readonly table: string;

  constructor(table: string, cause: unknown) {
    super(`The telemetry store cannot keep rows of table ${table}: no space left on its disk.`, { cause });
    this.table = table;
  }
}

/** The engine could not be started: a directory in use, unreadable or damaged. */
export class TelemetryEngineStartError extends Error {
  readonly reason: 'in-use' | 'unusable';

  constructor(reason: 'in-use' | 'unusable', message: string) {
    super(message);
    this.reason = reason;
  }
}
