/** Bytes that are not a protobuf message: cut short, a wrong length, an unknown wire type. */
export class ProtobufError extends Error {}

const nestingMax = 64;
/** Messages inside one another or side by side: an empty one takes two bytes to send and a hundred to keep. */
const messagesMax = 2_000_000;
/** Text up to here is looked up among what was read before: keys and most values repeat from message to message. */
const knownTextMax = 32;
const knownTextSlots = 4096;
const knownTexts: (string | undefined)[] = new Array(knownTextSlots).fill(undefined);

/**
 * Reads one protobuf message in place, without a schema: `nextField` moves on, then exactly one of the read methods or
 * `skip` takes the value. Every method throws ProtobufError instead of reading past the end.
 */
export class ProtobufReader {
  private readonly bytes: Buffer;
  private position = 0;
  private end: number;
  private depth = 0;
  /** Messages found so far. */
  private messages = 0;
  /** Number of the field that `nextField` has found. */
  field = 0;
  private wireType = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.end = bytes.length;
  }

  nextField(): boolean {
    if (this.position >= this.end) return false;
    const byte = this.bytes[this.position]!;
    if (byte < 0x80) {
      this.position += 1;
      this.field = byte >>> 3;
      this.wireType = byte & 7;
    } else {
      const tag = this.readVarint();
      this.field = Math.floor(tag / 8);
      this.wireType = tag % 8;
    }
    if (this.field === 0) throw new ProtobufError('field number 0');
    return true;
  }

  /** Unsigned; exact up to 2^53. */
  varint(): number {
    this.expect(0);
    return this.readVarint();
  }

  private readVarint(): number {
    let value = 0;
    let factor = 1;
    for (let length = 0; length < 10; length += 1) {
      if (this.position >= this.end) throw new ProtobufError('cut varint');
      const byte = this.bytes[this.position++]!;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 128;
    }
    throw new ProtobufError('varint is too long');
  }

  /** Two's complement 64-bit integer; a number while it is exact, else its decimal text. */
  int64(): number | string {
    this.expect(0);
    // Seven bytes are 49 bits: exact, and never negative.
    let small = 0;
    let factor = 1;
    for (let at = this.position; at < this.end && at < this.position + 7; at += 1) {
      const byte = this.bytes[at]!;
      small += (byte & 0x7f) * factor;
      if (byte < 0x80) {
        this.position = at + 1;
        return small;
      }
      factor *= 128;
    }
    return this.largeInt64();
  }

  private largeInt64(): number | string {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (this.position >= this.end) throw new ProtobufError('cut varint');
      const byte = this.bytes[this.position++]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte >= 0x80) continue;
      const signed = BigInt.asIntN(64, value);
      const exact = signed >= BigInt(Number.MIN_SAFE_INTEGER) && signed <= BigInt(Number.MAX_SAFE_INTEGER);
      return exact ? Number(signed) : signed.toString();
    }
    throw new ProtobufError('varint is too long');
  }

  bool(): boolean {
    return this.varint() !== 0;
  }

  /** As a double: exact to 256 units at today's nanoseconds. */
  fixed64(): number {
    this.expect(1);
    const at = this.take(8);
    return this.bytes.readUInt32LE(at) + this.bytes.readUInt32LE(at + 4) * 4_294_967_296;
  }

  double(): number {
    this.expect(1);
    return this.bytes.readDoubleLE(this.take(8));
  }

  string(): string {
    const length = this.length();
    const start = this.take(length);
    if (length <= knownTextMax) return knownText(this.bytes, start, length);
    return this.bytes.toString('utf8', start, start + length);
  }

  hex(): string {
    const length = this.length();
    const start = this.take(length);
    return this.bytes.toString('hex', start, start + length);
  }

  base64(): string {
    const length = this.length();
    const start = this.take(length);
    return this.bytes.toString('base64', start, start + length);
  }

  /** Goes into a message: its fields are next, until `leave` is called with what this returns. */
  enter(): number {
    const length = this.length();
    const outerEnd = this.end;
    this.end = this.position + length;
    this.depth += 1;
    if (this.depth > nestingMax) throw new ProtobufError('message is nested too deeply');
    this.messages += 1;
    if (this.messages > messagesMax) throw new ProtobufError(`more than ${messagesMax} messages in one`);
    return outerEnd;
  }

  /** Goes on behind the message that `enter` went into. */
  leave(outerEnd: number): void {
    this.position = this.end;
    this.end = outerEnd;
    this.depth -= 1;
  }

  skip(): void {
    switch (this.wireType) {
      case 0:
        this.readVarint();
        return;
      case 1:
        this.take(8);
        return;
      case 2:
        this.take(this.length());
        return;
      case 5:
        this.take(4);
        return;
      default:
        throw new ProtobufError(`wire type ${this.wireType}`);
    }
  }

  private expect(wireType: number): void {
    if (this.wireType !== wireType) throw new ProtobufError(`wire type ${this.wireType} instead of ${wireType}`);
  }

  private length(): number {
    this.expect(2);
    const length = this.readVarint();
    if (length > this.end - this.position) throw new ProtobufError('length runs past the end');
    return length;
  }

  private take(length: number): number {
    const at = this.position;
    if (length > this.end - at) throw new ProtobufError('cut field');
    this.position = at + length;
    return at;
  }
}

/** Short ASCII text as one string for all its occurrences. */
function knownText(bytes: Buffer, start: number, length: number): string {
  let hash = length;
  for (let at = start; at < start + length; at += 1) {
    const byte = bytes[at]!;
    if (byte > 0x7f) return bytes.toString('utf8', start, start + length);
    hash = (Math.imul(hash, 31) + byte) | 0;
  }
  const slot = hash & (knownTextSlots - 1);
  const known = knownTexts[slot];
  if (known !== undefined && known.length === length && isText(known, bytes, start)) return known;
  const text = bytes.toString('latin1', start, start + length);
  knownTexts[slot] = text;
  return text;
}

function isText(text: string, bytes: Buffer, start: number): boolean {
  for (let index = 0; index < text.length; index += 1) {
    if (text.charCodeAt(index) !== bytes[start + index]) return false;
  }
  return true;
}

/** Encodes a field of wire type 0. */
export function varintField(field: number, value: number): Buffer {
  return Buffer.concat([varintBytes(field * 8), varintBytes(value)]);
}

/** Encodes a field of wire type 2. */
export function bytesField(field: number, value: string | Buffer): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return Buffer.concat([varintBytes(field * 8 + 2), varintBytes(bytes.length), bytes]);
}

function varintBytes(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) | 0x80);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}
