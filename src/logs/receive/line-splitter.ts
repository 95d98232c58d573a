export interface SplitLine {
  readonly text: string;
  /** Offset in the file where the next line begins. */
  readonly end: number;
}

const newline = 0x0a;
const carriageReturn = 0x0d;

/** Cuts bytes into lines, whatever pieces they come in. A line beyond the limit is cut between characters. */
export class LineSplitter {
  private readonly lineBytesMax: number;
  private rest: Buffer = Buffer.alloc(0);
  /** Offset of the first byte of `rest`. */
  private restOffset: number;

  constructor(offset: number, lineBytesMax: number) {
    this.restOffset = offset;
    this.lineBytesMax = lineBytesMax;
  }

  /** Where the next bytes are to be read. */
  get readOffset(): number {
    return this.restOffset + this.rest.length;
  }

  push(bytes: Buffer): SplitLine[] {
    const data = this.rest.length === 0 ? bytes : Buffer.concat([this.rest, bytes]);
    const lines: SplitLine[] = [];
    let start = 0;
    for (;;) {
      const at = data.indexOf(newline, start);
      const lineEnd = at < 0 ? data.length : at;
      if (lineEnd - start > this.lineBytesMax) {
        const cut = characterBoundary(data, start + this.lineBytesMax);
        lines.push(this.toLine(data, start, cut, cut));
        start = cut;
        continue;
      }
      if (at < 0) break;
      const textEnd = at > start && data[at - 1] === carriageReturn ? at - 1 : at;
      lines.push(this.toLine(data, start, textEnd, at + 1));
      start = at + 1;
    }
    this.restOffset += start;
    this.rest = Buffer.from(data.subarray(start));
    return lines;
  }

  /** The last line, when it has no end and will get none. */
  flush(): SplitLine[] {
    if (this.rest.length === 0) return [];
    const line = this.toLine(this.rest, 0, this.rest.length, this.rest.length);
    this.restOffset += this.rest.length;
    this.rest = Buffer.alloc(0);
    return [line];
  }

  private toLine(data: Buffer, start: number, textEnd: number, next: number): SplitLine {
    return { text: data.toString('utf8', start, textEnd), end: this.restOffset + next };
  }
}

/** At most `at`, and not within a UTF-8 character. */
function characterBoundary(data: Buffer, at: number): number {
  for (let back = 0; back < 4; back += 1) {
    if ((data[at - back]! & 0xc0) !== 0x80) return at - back;
  }
  return at;
}
