import type { LineJoiner, OutputLine } from './line-joiner.ts';

/** The docker driver's: a longer event is begun anew. */
const eventBytesMax = 262_118;
/** The pattern is the user's own; a line that is all pattern must not hold us up. */
const testedCharactersMax = 16_384;

/** A line that matches starts an event; those that do not match go on with it. */
export class PatternJoiner implements LineJoiner {
  readonly quietMs = 5_000;
  private readonly startPattern: RegExp;
  private open: OutputLine[] = [];
  private openBytes = 0;

  constructor(startPattern: RegExp) {
    this.startPattern = startPattern;
  }

  get isOpen(): boolean {
    return this.open.length > 0;
  }

  push(line: OutputLine): OutputLine[][] {
    const bytes = Buffer.byteLength(line.text) + 1;
    const isStart = this.startPattern.test(line.text.slice(0, testedCharactersMax));
    const completed = isStart || this.openBytes + bytes > eventBytesMax ? this.flush() : [];
    this.open.push(line);
    this.openBytes += bytes;
    return completed;
  }

  flush(): OutputLine[][] {
    const event = this.open;
    this.open = [];
    this.openBytes = 0;
    return event.length > 0 ? [event] : [];
  }
}
