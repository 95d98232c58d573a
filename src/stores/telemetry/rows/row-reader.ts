const twoTo32 = 4_294_967_296;

/** Reads values of the engine's RowBinary format, one after the other; the caller knows their types. Throws RangeError at the end. */
export class RowReader {
  private readonly buffer: Buffer;
  private position = 0;

  constructor(buffer: Buffer) {
    this.buffer = buffer;
  }

  get isAtEnd(): boolean {
    return this.position >= this.buffer.length;
  }

  uint8(): number {
    return this.buffer.readUInt8(this.position++);
  }

  /** Exact for safe integers. */
  int64(): number {
    const low = this.buffer.readUInt32LE(this.position);
    const high = this.buffer.readInt32LE(this.position + 4);
    this.position += 8;
    return high * twoTo32 + low;
  }

  biguint64(): bigint {
    this.position += 8;
    return this.buffer.readBigUInt64LE(this.position - 8);
  }

  /** LEB128. */
  length(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.uint8();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  }

  /** A String, as bytes: a view of what is read. */
  bytes(): Buffer {
    const length = this.length();
    const end = this.position + length;
    if (end > this.buffer.length) throw new RangeError('A row of the engine ends in the middle of a text.');
    const bytes = this.buffer.subarray(this.position, end);
    this.position = end;
    return bytes;
  }

  /** A FixedString of ASCII characters. */
  fixedText(length: number): string {
    this.position += length;
    return this.buffer.toString('latin1', this.position - length, this.position);
  }

  text(): string {
    return this.bytes().toString('utf8');
  }

  array<T>(readItem: () => T): T[] {
    const items: T[] = [];
    for (let left = this.length(); left > 0; left -= 1) items.push(readItem());
    return items;
  }
}
