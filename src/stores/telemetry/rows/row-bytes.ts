const initialBytes = 64 * 1024;
/** Scratch space beyond this is given back after use. */
const keptBytes = 4 * 1024 * 1024;
/** Text up to here is at most 127 bytes in UTF-8, whose length is one byte. */
const shortTextMax = 42;
const twoByteTextMax = Math.floor(0x3fff / 3);
const twoTo32 = 4_294_967_296;

/** Values in the engine's RowBinary format, written into one buffer that grows and is used again. */
export class RowBytes {
  private buffer = Buffer.allocUnsafeSlow(initialBytes);
  private view = new DataView(this.buffer.buffer);
  private position = 0;

  /** A copy of what was written since the last call; the buffer starts anew. */
  take(): Buffer {
    const bytes = Buffer.allocUnsafeSlow(this.position);
    this.buffer.copy(bytes, 0, 0, this.position);
    this.clear();
    return bytes;
  }

  clear(): void {
    this.position = 0;
    if (this.buffer.length > keptBytes) this.use(Buffer.allocUnsafeSlow(initialBytes));
  }

  byte(value: number): void {
    this.reserve(1);
    this.buffer[this.position++] = value;
  }

  uint16(value: number): void {
    this.reserve(2);
    this.position = this.buffer.writeUInt16LE(value, this.position);
  }

  uint32(value: number): void {
    this.reserve(4);
    const { buffer, position } = this;
    buffer[position] = value;
    buffer[position + 1] = value >>> 8;
    buffer[position + 2] = value >>> 16;
    buffer[position + 3] = value >>> 24;
    this.position = position + 4;
  }

  /** Two's complement; exact for safe integers. */
  int64(value: number): void {
    this.uint32(value % twoTo32);
    this.uint32(Math.floor(value / twoTo32));
  }

  bigint64(value: bigint): void {
    this.reserve(8);
    this.view.setBigInt64(this.position, value, true);
    this.position += 8;
  }

  float32(value: number): void {
    this.reserve(4);
    this.position = this.buffer.writeFloatLE(value, this.position);
  }

  float64(value: number): void {
    this.reserve(8);
    this.position = this.buffer.writeDoubleLE(value, this.position);
  }

  /** LEB128. */
  length(value: number): void {
    let rest = value;
    while (rest >= 128) {
      this.byte((rest % 128) | 0x80);
      rest = Math.floor(rest / 128);
    }
    this.byte(rest);
  }

  text(value: string): void {
    const characters = value.length;
    if (characters > shortTextMax) {
      this.longText(value);
      return;
    }
    this.reserve(1 + characters * 3);
    const { buffer, position } = this;
    for (let index = 0; index < characters; index += 1) {
      const code = value.charCodeAt(index);
      if (code > 127) {
        const written = buffer.write(value, position + 1, 'utf8');
        buffer[position] = written;
        this.position = position + 1 + written;
        return;
      }
      buffer[position + 1 + index] = code;
    }
    buffer[position] = characters;
    this.position = position + 1 + characters;
  }

  /** Text of exactly `length` bytes: filled up with zeros; false, with nothing written, when it is longer. */
  fixedText(value: string, length: number): boolean {
    this.reserve(length + value.length * 3);
    const written = this.buffer.write(value, this.position, 'utf8');
    if (written > length) return false;
    this.buffer.fill(0, this.position + written, this.position + length);
    this.position += length;
    return true;
  }

  /** The length goes before the text but is known after it: room for it is left, and filled with leading zeros. */
  private longText(value: string): void {
    const header = value.length <= twoByteTextMax ? 2 : 5;
    this.reserve(header + value.length * 3);
    const { buffer, position } = this;
    const written = buffer.write(value, position + header, 'utf8');
    let rest = written;
    for (let index = 0; index < header - 1; index += 1) {
      buffer[position + index] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    buffer[position + header - 1] = rest;
    this.position = position + header + written;
  }

  private reserve(bytes: number): void {
    const needed = this.position + bytes;
    if (needed <= this.buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.buffer.length * 2));
    this.buffer.copy(grown, 0, 0, this.position);
    this.use(grown);
  }

  private use(buffer: Buffer<ArrayBuffer>): void {
    this.buffer = buffer;
    this.view = new DataView(buffer.buffer);
  }
}
