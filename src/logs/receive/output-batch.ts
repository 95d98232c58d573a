import type { Clock } from '../../platform/clock.ts';
import type { NewLogEvent } from '../append-events.ts';
import type { TaskOutput } from '../index.ts';
import { createLineJoiner, type LineJoiner, type OutputLine } from '../multiline/line-joiner.ts';
import { LineSplitter } from './line-splitter.ts';

const eventsMax = 5_000;
const bytesMax = 4 * 1024 * 1024;

/** Bytes of a file on their way to becoming stored events. */
export class OutputBatch {
  /** Up to here everything is stored. */
  storedEnd: number;
  private readonly output: TaskOutput;
  private readonly generation: number;
  private readonly clock: Clock;
  private readonly splitter: LineSplitter;
  private readonly joiner: LineJoiner;
  private events: NewLogEvent[] = [];
  private bytes = 0;
  /** Where the next event begins: events lie side by side, so that a hole shows what is missing. */
  private eventStart: number;
  private lastTimestampMs = 0;
  private grewAtMs: number;

  constructor(output: TaskOutput, generation: number, start: number, lineBytesMax: number, clock: Clock) {
    this.output = output;
    this.generation = generation;
    this.clock = clock;
    this.splitter = new LineSplitter(start, lineBytesMax);
    this.joiner = createLineJoiner(output.multiline);
    this.eventStart = start;
    this.storedEnd = start;
    this.grewAtMs = clock.monotonicMs();
  }

  get readOffset(): number {
    return this.splitter.readOffset;
  }

  get isFull(): boolean {
    return this.events.length >= eventsMax || this.bytes >= bytesMax;
  }

  /** An event that may still grow. */
  get isOpen(): boolean {
    return this.joiner.isOpen;
  }

  get quietMs(): number {
    return this.joiner.quietMs;
  }

  add(bytes: Buffer, timestampMs: number): void {
    this.grewAtMs = this.clock.monotonicMs();
    // The clock may step back; the order of lines is that of the file.
    this.lastTimestampMs = Math.max(this.lastTimestampMs, timestampMs);
    for (const line of this.splitter.push(bytes)) this.addLine(line);
  }

  /** `quiet`: ends an event that has waited long enough. `all`: nothing follows, so the last line ends here, too. */
  closeEvents(which: 'quiet' | 'all'): void {
    if (which === 'all') for (const line of this.splitter.flush()) this.addLine(line);
    const isQuiet = this.clock.monotonicMs() - this.grewAtMs >= this.joiner.quietMs;
    if (which === 'all' || isQuiet) this.addEvents(this.joiner.flush());
  }

  /** The events that can be stored now. */
  take(): NewLogEvent[] {
    const taken = this.events;
    this.events = [];
    this.bytes = 0;
    return taken;
  }

  private addLine({ text, end }: { text: string; end: number }): void {
    this.addEvents(this.joiner.push({ text, end, timestampMs: this.lastTimestampMs }));
  }

  private addEvents(groups: readonly OutputLine[][]): void {
    for (const lines of groups) {
      const message = lines
        .map(({ text }) => text)
        .join('\n')
        .trimEnd();
      // The bytes of empty lines belong to the event after them.
      if (message === '') continue;
      const end = lines.at(-1)!.end;
      this.events.push({
        timestampMs: lines[0]!.timestampMs,
        message,
        source: { path: this.output.path, generation: this.generation, offset: this.eventStart, end },
      });
      this.eventStart = end;
      this.bytes += message.length;
    }
  }
}
