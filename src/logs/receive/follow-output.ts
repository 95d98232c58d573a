import { type FileHandle, open, stat } from 'node:fs/promises';
import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import type { TelemetryStore } from '../../stores/telemetry/store.ts';
import type { EventAppender } from '../append-events.ts';
import type { TaskOutput } from '../index.ts';
import { batchBytesMax, eventOverheadBytes } from '../partition-batch.ts';
import type { LogsStore } from '../store.ts';
import { OutputBatch } from './output-batch.ts';
import { findResumePoint, type MissingPiece } from './resume-point.ts';
import { ChangeWaiter } from './wait-for-change.ts';
import { type TimedBytes, WriteTimes } from './write-times.ts';

export interface FollowerDependencies {
  readonly store: LogsStore;
  readonly telemetry: TelemetryStore;
  readonly appender: EventAppender;
  readonly clock: Clock;
  readonly logger: Logger;
}

const readBytes = 256 * 1024;
const pollMs = 500;
const retryMs = 1_000;
/** How exactly lines keep their times that are written while others are stored. */
const noteMs = 5;
/** A file without end keeps its place even when retention takes the events that mark it. */
const checkpointMs = 6 * 3_600_000;
const lineBytesMax = batchBytesMax - eventOverheadBytes;

/**
 * Follows one file: reads a bounded piece, makes events of it, stores them, and only then reads on. Nothing is remembered
 * but what is stored: each event says which bytes it is, so after a crash reading begins where stored events end.
 */
export class OutputFollower {
  /** Settles when everything is stored after `finish`, or reading has stopped. */
  readonly ended: Promise<void>;
  private readonly output: TaskOutput;
  private readonly dependencies: FollowerDependencies;
  private readonly waiter: ChangeWaiter;
  private phase: 'following' | 'finishing' | 'stopped' = 'following';
  private file: FileHandle | undefined;
  private inode = 0;
  private generation = 0;
  private savedAtMs: number;
  private readonly times = new WriteTimes();
  private isStoring = false;
  private isNoting = false;

  constructor(output: TaskOutput, dependencies: FollowerDependencies) {
    this.output = output;
    this.dependencies = dependencies;
    this.waiter = new ChangeWaiter(dependencies.clock);
    this.savedAtMs = dependencies.clock.monotonicMs();
    this.ended = this.run().catch((error) => {
      if (this.phase !== 'stopped') dependencies.logger.error({ error, path: output.path }, 'following output failed');
    });
  }

  /** The file gets no more bytes: reads what is left. */
  finish(): Promise<void> {
    if (this.phase === 'following') this.phase = 'finishing';
    this.waiter.wake();
    return this.ended;
  }

  /** Stops where it is; whoever follows the file next goes on from there. */
  stop(): Promise<void> {
    this.phase = 'stopped';
    this.waiter.wake();
    return this.ended;
  }

  private async run(): Promise<void> {
    try {
      const resume = await this.retry(() => findResumePoint(this.output, this.dependencies));
      if (!resume) return;
      this.generation = resume.generation;
      if (!(await this.openFile())) return;
      for (const piece of resume.pieces) await this.readPiece(piece);
      if (this.phase === 'finishing') await this.dependencies.store.deleteSourceFloor(this.output.path);
    } finally {
      this.waiter.close();
      await this.file?.close();
    }
  }

  /** Reads one piece to its end; the last piece has none, and starts anew with each generation of the file. */
  private async readPiece({ start, end }: MissingPiece): Promise<void> {
    let batch = this.newBatch(start);
    while (this.phase !== 'stopped') {
      const wanted = Math.min(readBytes, end - batch.readOffset);
      const chunk = wanted > 0 ? await this.read(batch.readOffset, wanted) : undefined;
      if (chunk) {
        for (const { bytes, timestampMs } of chunk) batch.add(bytes, timestampMs);
        if (batch.isFull) await this.store(batch, true);
        continue;
      }
      const replaced = end === Infinity && (await this.isReplaced(batch.readOffset));
      const isEnd = end !== Infinity || replaced || this.phase === 'finishing';
      batch.closeEvents(isEnd ? 'all' : 'quiet');
      await this.store(batch, this.phase !== 'following');
      await this.saveFloor(batch.storedEnd);
      if (replaced) {
        this.generation += 1;
        if (!(await this.openFile())) return;
        batch = this.newBatch(0);
      } else if (isEnd) {
        if (end !== Infinity || batch.readOffset >= (await this.sizeOfFile())) return;
      } else {
        await this.waiter.wait(batch.isOpen ? Math.min(pollMs, batch.quietMs) : pollMs);
      }
    }
  }

  private newBatch(start: number): OutputBatch {
    return new OutputBatch(this.output, this.generation, start, lineBytesMax, this.dependencies.clock);
  }

  private async read(offset: number, length: number): Promise<TimedBytes[] | undefined> {
    const buffer = Buffer.allocUnsafe(length);
    const { bytesRead } = await this.file!.read(buffer, 0, length, offset);
    if (bytesRead === 0) return undefined;
    // Lines that waited while nobody read are as old as the file's last change.
    const { timestampMs } = await this.lastChange(this.file!);
    return this.times.cut(offset, buffer.subarray(0, bytesRead), timestampMs);
  }

  /** A program may set the time of its own output: what it says of the future is not believed. */
  private async lastChange(file: FileHandle): Promise<{ size: number; timestampMs: number }> {
    const { size, mtimeMs } = await file.stat();
    return { size, timestampMs: Math.floor(Math.min(mtimeMs, this.dependencies.clock.now().getTime())) };
  }

  /** Called at every change of the file; many in a row are one look. */
  private noteChange(): void {
    const { file } = this;
    if (!this.isStoring || this.isNoting || !file) return;
    this.isNoting = true;
    const note = async () => {
      await this.dependencies.clock.sleep(noteMs);
      const { size, timestampMs } = await this.lastChange(file);
      if (file === this.file) this.times.note(size, timestampMs);
    };
    // A file that was closed meanwhile has nothing more to note.
    note()
      .catch(() => {})
      .finally(() => {
        this.isNoting = false;
      });
  }

  /** Truncated (copy-truncate) or another file under the name (rename): what is under the name is read from its start. */
  private async isReplaced(readOffset: number): Promise<boolean> {
    if ((await this.sizeOfFile()) < readOffset) return true;
    const named = await stat(this.output.path).catch(() => undefined);
    return named !== undefined && named.ino !== this.inode;
  }

  private async sizeOfFile(): Promise<number> {
    return (await this.file!.stat()).size;
  }

  private async openFile(): Promise<boolean> {
    await this.file?.close();
    this.file = undefined;
    while (this.phase !== 'stopped') {
      this.file = await open(this.output.path, 'r').catch(() => undefined);
      if (this.file) {
        this.inode = (await this.file.stat()).ino;
        this.times.clear();
        this.waiter.watch(this.output.path, () => this.noteChange());
        return true;
      }
      if (this.phase === 'finishing') return false;
      await this.waiter.wait(pollMs);
    }
    return false;
  }

  private async store(batch: OutputBatch, acknowledged: boolean): Promise<void> {
    const { appender, store } = this.dependencies;
    const { logGroupName, logStreamName, workload } = this.output;
    for (let events = batch.take(); events.length > 0; events = batch.take()) {
      this.isStoring = true;
      const stored = await this.retry(async () => {
        // A group that was deleted while its task runs comes back with the next line.
        await store.ensureStream(workload, logGroupName, logStreamName, this.dependencies.clock.now().getTime());
        await appender.append(workload, logGroupName, logStreamName, events, { acknowledged, workload });
        return true;
      });
      this.isStoring = false;
      if (!stored) return;
      batch.storedEnd = events.at(-1)!.source!.end;
    }
  }

  private async saveFloor(end: number): Promise<void> {
    const nowMs = this.dependencies.clock.monotonicMs();
    if (nowMs - this.savedAtMs < checkpointMs) return;
    this.savedAtMs = nowMs;
    await this.dependencies.store.putSourceFloor(this.output.path, { generation: this.generation, end });
  }

  /** Until it works or reading is stopped: a full queue, a full disk or an engine that restarts all pass. */
  private async retry<Value>(action: () => Promise<Value>): Promise<Value | undefined> {
    for (let attempt = 1; this.phase !== 'stopped'; attempt += 1) {
      try {
        return await action();
      } catch (error) {
        const { logger, clock } = this.dependencies;
        if (attempt === 1) logger.warn({ error: String(error), path: this.output.path }, 'output: trying again');
        await clock.sleep(retryMs);
      }
    }
    return undefined;
  }
}
