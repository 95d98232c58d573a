import type { LineJoiner, OutputLine } from './line-joiner.ts';
import { continueTrace, startTrace, type TraceState } from './stack-trace-rules.ts';

const linesMax = 500;
const bytesMax = 256 * 1024;
/** Lines that wait to see whether the trace goes on after them. */
const heldMax = 4;

/** Keeps stack traces together without being told how they look; every other line is an event at once. */
export class StackTraceJoiner implements LineJoiner {
  /** Shorter than awslogs' five seconds, so that a live tail stays lively. */
  readonly quietMs = 1_000;
  private state: TraceState | undefined;
  private trace: OutputLine[] = [];
  private held: OutputLine[] = [];
  private bytes = 0;

  get isOpen(): boolean {
    return this.trace.length > 0;
  }

  push(line: OutputLine): OutputLine[][] {
    if (this.state === undefined) return this.begin(line);
    this.bytes += Buffer.byteLength(line.text) + 1;
    const isFull = this.trace.length + this.held.length >= linesMax || this.bytes > bytesMax;
    const next = isFull ? ({ action: 'end' } as const) : continueTrace(this.state, line.text);
    if (next.action === 'append') {
      this.trace.push(...this.held.splice(0), line);
      this.state = next.state;
      return [];
    }
    if (next.action === 'hold' && this.held.length < heldMax) {
      this.held.push(line);
      return [];
    }
    const completed = this.closeTrace();
    const again = [...this.held.splice(0), line];
    return [...completed, ...again.flatMap((each) => this.push(each))];
  }

  flush(): OutputLine[][] {
    const events: OutputLine[][] = [];
    while (this.isOpen) {
      events.push(...this.closeTrace());
      // What was held is not part of it; some of it may begin another one.
      for (const line of this.held.splice(0)) events.push(...this.push(line));
    }
    return events;
  }

  private begin(line: OutputLine): OutputLine[][] {
    this.state = startTrace(line.text);
    if (this.state === undefined) return [[line]];
    this.trace = [line];
    this.bytes = Buffer.byteLength(line.text) + 1;
    return [];
  }

  private closeTrace(): OutputLine[][] {
    const event = this.trace;
    this.trace = [];
    this.state = undefined;
    return event.length > 0 ? [event] : [];
  }
}
