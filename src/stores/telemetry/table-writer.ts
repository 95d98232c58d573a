import type { Clock } from '../../platform/clock.ts';
import { newHexId } from '../../platform/ids.ts';
import type { FailureKind } from './connection.ts';
import type { EncodedRows } from './rows/encode-rows.ts';
import { type TableWriterStatistics, TelemetryDiskFullError, TelemetryQueueFullError } from './store.ts';

/** Rows that go in one insert. */
export interface Batch extends EncodedRows {
  readonly token: string;
}

export interface TableWriterOptions {
  readonly table: string;
  readonly clock: Clock;
  /** Sends one batch; the same token and bytes again when it is tried again. */
  send(batch: Batch): Promise<void>;
  classify(error: unknown): FailureKind;
  /** Resolves when the engine serves. */
  serving(): Promise<void>;
  /** More than 300 active parts make flushes rarer. */
  activeParts(): number;
}

/**
 * Group commit: see `docs/decisions/0006-group-commit.md`. An insert costs the engine about 15 ms of processor time
 * whatever is in it, so a table gets no more than 25 a second.
 */
export const writerPolicy = {
  batchRowsMax: 20_000,
  batchBytesMax: 16 * 1024 * 1024,
  flushRows: 5_000,
  /** Senders of the same moment go together. */
  acknowledgedWaitMs: 2,
  unacknowledgedWaitMs: 1_000,
  /** From one insert's start to the next one's. */
  insertIntervalMs: 40,
  /** After an insert, for whom it acknowledged to come back: of the time it took, and at most. */
  returnShare: 1 / 3,
  returnWaitMsMax: 50,
  queueRowsMax: 200_000,
  queueBytesMax: 64 * 1024 * 1024,
  activePartsCalm: 300,
  retryDelayMsMax: 2_000,
} as const;

interface Waiting {
  readonly encoded: EncodedRows;
  readonly dueMs: number;
  resolve(): void;
  reject(error: unknown): void;
}

/** The only writer of one table: one insert at a time, everything that waits goes into the next. */
export class TableWriter {
  private readonly options: TableWriterOptions;
  private waiting: Waiting[] = [];
  private waitingRows = 0;
  private waitingBytes = 0;
  private earliestDueMs = Number.POSITIVE_INFINITY;
  private storedRows = 0;
  private refusedRows = 0;
  private lastFlushMs = 0;
  private startedMs = Number.NEGATIVE_INFINITY;
  private endedMs = Number.NEGATIVE_INFINITY;
  /** Senders of the last insert that have not come back since. */
  private awaited = 0;
  private stopped = false;
  private loop: Promise<void> | undefined;
  private sleep: { readonly untilMs: number; readonly end: AbortController } | undefined;

  constructor(options: TableWriterOptions) {
    this.options = options;
  }

  /** Resolves when the rows are stored. */
  add(encoded: EncodedRows, acknowledged: boolean): Promise<void> {
    const { clock, table } = this.options;
    if (this.stopped) return Promise.reject(new Error('the telemetry store has stopped'));
    const { rows } = encoded;
    const bytes = encoded.bytes.length;
    const isFull =
      this.waitingRows + rows > writerPolicy.queueRowsMax || this.waitingBytes + bytes > writerPolicy.queueBytesMax;
    if (isFull) {
      this.refusedRows += rows;
      return Promise.reject(new TelemetryQueueFullError(table, 1000));
    }
    const waitMs = acknowledged ? writerPolicy.acknowledgedWaitMs : writerPolicy.unacknowledgedWaitMs * this.slowdown();
    return new Promise((resolve, reject) => {
      const dueMs = clock.monotonicMs() + waitMs;
      this.waiting.push({ encoded, dueMs, resolve, reject });
      this.earliestDueMs = Math.min(this.earliestDueMs, dueMs);
      this.waitingRows += rows;
      this.waitingBytes += bytes;
      if (this.awaited > 0) this.awaited -= 1;
      if (!this.loop) this.loop = this.run();
      else if (this.sleep && this.flushAtMs() < this.sleep.untilMs) this.sleep.end.abort();
    });
  }

  statistics(): TableWriterStatistics {
    return {
      table: this.options.table,
      queuedRows: this.waitingRows,
      storedRows: this.storedRows,
      refusedRows: this.refusedRows,
      lastFlushMs: this.lastFlushMs,
      activeParts: this.options.activeParts(),
    };
  }

  /** Flushes what waits and takes nothing more. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.sleep?.end.abort();
    await this.loop;
  }

  /** Gives up on what still waits: the engine is gone for good. */
  abandon(error: Error): void {
    this.stopped = true;
    for (const item of this.waiting.splice(0)) item.reject(error);
    this.waitingRows = 0;
    this.waitingBytes = 0;
  }

  private slowdown(): number {
    return Math.min(Math.max(this.options.activeParts() / writerPolicy.activePartsCalm, 1), 10);
  }

  private async run(): Promise<void> {
    const { clock } = this.options;
    while (this.waiting.length > 0) {
      await this.waitUntilDue();
      const group = this.takeGroup();
      if (group.length === 0) break;
      this.startedMs = clock.monotonicMs();
      await this.store(group, newHexId(12));
      this.endedMs = clock.monotonicMs();
      this.lastFlushMs = this.endedMs - this.startedMs;
      this.awaited = group.length;
    }
    this.loop = undefined;
  }

  private async waitUntilDue(): Promise<void> {
    const { clock } = this.options;
    while (this.waiting.length > 0) {
      const untilMs = this.flushAtMs();
      const remainingMs = untilMs - clock.monotonicMs();
      if (remainingMs <= 0) return;
      const end = new AbortController();
      this.sleep = { untilMs, end };
      await clock.sleep(remainingMs, end.signal).catch(() => {});
      this.sleep = undefined;
    }
  }

  /** When what waits is to be sent, as things stand. */
  private flushAtMs(): number {
    if (this.stopped || this.waitingRows >= writerPolicy.flushRows) return Number.NEGATIVE_INFINITY;
    const { insertIntervalMs, returnShare, returnWaitMsMax } = writerPolicy;
    const spacedMs = this.startedMs + insertIntervalMs * this.slowdown();
    const returnMs = this.awaited > 0 ? Math.min(this.lastFlushMs * returnShare, returnWaitMsMax) : 0;
    return Math.max(this.earliestDueMs, spacedMs, this.endedMs + returnMs);
  }

  private takeGroup(): Waiting[] {
    let rows = 0;
    let bytes = 0;
    let count = 0;
    const format = this.waiting[0]?.encoded.format;
    for (const { encoded } of this.waiting) {
      const full =
        rows + encoded.rows > writerPolicy.batchRowsMax || bytes + encoded.bytes.length > writerPolicy.batchBytesMax;
      if (count > 0 && (full || encoded.format !== format)) break;
      rows += encoded.rows;
      bytes += encoded.bytes.length;
      count += 1;
    }
    this.waitingRows -= rows;
    this.waitingBytes -= bytes;
    const group = this.waiting.splice(0, count);
    this.earliestDueMs = this.waiting.reduce((least, { dueMs }) => Math.min(least, dueMs), Number.POSITIVE_INFINITY);
    return group;
  }

  /** Stores one group under one token; rows that the engine refuses are found by storing each sender's rows alone. */
  private async store(group: readonly Waiting[], token: string): Promise<void> {
    const rows = group.reduce((sum, { encoded }) => sum + encoded.rows, 0);
    const bytes =
      group.length === 1 ? group[0]!.encoded.bytes : Buffer.concat(group.map(({ encoded }) => encoded.bytes));
    try {
      await this.sendUntilDecided({ token, format: group[0]!.encoded.format, bytes, rows });
      this.storedRows += rows;
      for (const item of group) item.resolve();
    } catch (error) {
      if (group.length > 1 && this.options.classify(error) === 'refused') {
        for (const [index, item] of group.entries()) await this.store([item], `${token}-${index}`);
        return;
      }
      this.refusedRows += rows;
      const isFull = this.options.classify(error) === 'disk-full';
      for (const item of group) item.reject(isFull ? new TelemetryDiskFullError(this.options.table, error) : error);
    }
  }

  /** Tries until the engine has said yes or no: what it did with a batch before it died is settled by the token. */
  private async sendUntilDecided(batch: Batch): Promise<void> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        await this.options.serving();
        return await this.options.send(batch);
      } catch (error) {
        const kind = this.options.classify(error);
        if (kind === 'refused' || kind === 'disk-full') throw error;
        if (this.stopped && attempt >= 3) throw error;
        await this.options.clock.sleep(Math.min(50 * 2 ** attempt, writerPolicy.retryDelayMsMax));
      }
    }
  }
}
