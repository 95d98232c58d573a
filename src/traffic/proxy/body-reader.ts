import { type BodyFraming, HttpSyntaxError } from './http1-head.ts';

const chunkLineBytesMax = 4096;
const trailerBytesMax = 16_384;

type ChunkState = 'size' | 'extension' | 'size-lf' | 'data' | 'data-cr' | 'data-lf' | 'trailer' | 'trailer-lf';

const CR = 13;
const LF = 10;
const SEMICOLON = 59;

/**
 * Finds where a body ends, in pieces as they arrive. The bytes are passed on as they are; chunk framing is only checked.
 * With `onData` the payload without framing is handed out too (for clients that cannot read chunks).
 */
export class BodyReader {
  done: boolean;
  private readonly kind: BodyFraming['kind'];
  private remaining = 0;
  private chunkState: ChunkState = 'size';
  private sizeDigits = 0;
  private lineBytes = 0;
  private lineIsEmpty = true;
  private trailerBytes = 0;
  private readonly onData: ((data: Buffer) => void) | undefined;

  constructor(framing: BodyFraming, onData?: (data: Buffer) => void) {
    this.kind = framing.kind;
    this.onData = onData;
    this.done = framing.kind === 'none';
    if (framing.kind === 'length') this.remaining = framing.length;
  }

  /** Index after the last byte of `chunk`, from `start`, that belongs to the body. Throws HttpSyntaxError (400). */
  feed(chunk: Buffer, start: number): number {
    if (this.done) return start;
    if (this.kind === 'until-close') return chunk.length;
    if (this.kind === 'length') {
      const end = Math.min(chunk.length, start + this.remaining);
      this.remaining -= end - start;
      this.done = this.remaining === 0;
      return end;
    }
    return this.feedChunks(chunk, start);
  }

  private feedChunks(chunk: Buffer, start: number): number {
    let position = start;
    while (position < chunk.length && !this.done) {
      if (this.chunkState === 'data') {
        const end = Math.min(chunk.length, position + this.remaining);
        this.onData?.(chunk.subarray(position, end));
        this.remaining -= end - position;
        position = end;
        if (this.remaining === 0) this.chunkState = 'data-cr';
      } else {
        this.feedFraming(chunk[position]!);
        position += 1;
      }
    }
    return position;
  }

  private feedFraming(byte: number): void {
    switch (this.chunkState) {
      case 'size':
        this.feedSize(byte);
        return;
      case 'extension':
        if (byte === CR) this.chunkState = 'size-lf';
        else if (byte === LF || ++this.lineBytes > chunkLineBytesMax) throw badChunk();
        return;
      case 'size-lf':
        if (byte !== LF) throw badChunk();
        this.chunkState = this.remaining === 0 ? 'trailer' : 'data';
        this.sizeDigits = 0;
        this.lineBytes = 0;
        return;
      case 'data-cr':
        if (byte !== CR) throw badChunk();
        this.chunkState = 'data-lf';
        return;
      case 'data-lf':
        if (byte !== LF) throw badChunk();
        this.chunkState = 'size';
        return;
      case 'trailer':
        this.feedTrailer(byte);
        return;
      case 'trailer-lf':
        if (byte !== LF) throw badChunk();
        this.done = this.lineIsEmpty;
        this.lineIsEmpty = true;
        this.chunkState = 'trailer';
        return;
      case 'data':
        return;
    }
  }

  private feedSize(byte: number): void {
    const digit = hexDigit(byte);
    if (digit >= 0) {
      // 8 digits are 4 GB a chunk: more is nobody's honest chunk and would overflow.
      if (++this.sizeDigits > 8) throw badChunk();
      this.remaining = this.remaining * 16 + digit;
    } else if (this.sizeDigits === 0) throw badChunk();
    else if (byte === SEMICOLON) this.chunkState = 'extension';
    else if (byte === CR) this.chunkState = 'size-lf';
    else throw badChunk();
  }

  private feedTrailer(byte: number): void {
    if (++this.trailerBytes > trailerBytesMax || byte === LF) throw badChunk();
    if (byte === CR) this.chunkState = 'trailer-lf';
    else this.lineIsEmpty = false;
  }
}

const badChunk = (): HttpSyntaxError => new HttpSyntaxError(400, 'bad chunk');

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}
