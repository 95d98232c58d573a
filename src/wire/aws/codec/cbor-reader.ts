import { SerializationError } from '../serialization-error.ts';
import { setOwn } from './json-reader.ts';

// RFC 8949. Enough for rpc-v2-cbor: no tags but times and big numbers, which the SDKs send for none of our inputs.
const DEPTH_MAX = 64;
const BREAK = Symbol('break');

/** Reads one CBOR value as JSON.parse would give it; byte strings become Buffers, tags give what they tag. */
export function parseCbor(bytes: Buffer): unknown {
  const reader = new CborReader(bytes);
  const value = reader.read(0);
  if (value === BREAK || reader.position !== bytes.length) throw malformed();
  return value;
}

class CborReader {
  position = 0;
  private readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  read(depth: number): unknown {
    if (depth > DEPTH_MAX) throw new SerializationError('the request nests too deep');
    const head = this.byte();
    const major = head >> 5;
    const minor = head & 31;
    switch (major) {
      case 0:
        return this.argument(minor);
      case 1:
        return -1 - this.argument(minor);
      case 2:
        return minor === 31 ? Buffer.concat(this.chunks(depth) as Buffer[]) : this.take(this.argument(minor));
      case 3:
        return minor === 31 ? this.chunks(depth).join('') : this.take(this.argument(minor)).toString('utf8');
      case 4:
        return this.list(minor, depth);
      case 5:
        return this.map(minor, depth);
      case 6:
        this.argument(minor);
        return this.read(depth + 1);
      default:
        return this.simple(minor);
    }
  }

  private list(minor: number, depth: number): unknown[] {
    const items: unknown[] = [];
    const count = minor === 31 ? Number.POSITIVE_INFINITY : this.argument(minor);
    while (items.length < count) {
      const item = this.read(depth + 1);
      if (item === BREAK) {
        if (minor === 31) break;
        throw malformed();
      }
      items.push(item);
    }
    return items;
  }

  private map(minor: number, depth: number): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    const count = minor === 31 ? Number.POSITIVE_INFINITY : this.argument(minor);
    for (let read = 0; read < count; read++) {
      const key = this.read(depth + 1);
      if (key === BREAK && minor === 31) break;
      if (typeof key !== 'string') throw malformed();
      const value = this.read(depth + 1);
      if (value === BREAK) throw malformed();
      setOwn(result, key, value);
    }
    return result;
  }

  /** Parts of a string of unknown length, up to the break. */
  private chunks(depth: number): unknown[] {
    const parts = this.list(31, depth);
    const allText = parts.every((part) => typeof part === 'string');
    if (!allText && !parts.every((part) => Buffer.isBuffer(part))) throw malformed();
    return parts;
  }

  private simple(minor: number): unknown {
    switch (minor) {
      case 20:
        return false;
      case 21:
        return true;
      case 22:
      case 23:
        return null;
      case 25:
        return halfFloat(this.take(2).readUInt16BE());
      case 26:
        return this.take(4).readFloatBE();
      case 27:
        return this.take(8).readDoubleBE();
      case 31:
        return BREAK;
      default:
        throw malformed();
    }
  }

  private argument(minor: number): number {
    if (minor < 24) return minor;
    switch (minor) {
      case 24:
        return this.byte();
      case 25:
        return this.take(2).readUInt16BE();
      case 26:
        return this.take(4).readUInt32BE();
      case 27:
        return Number(this.take(8).readBigUInt64BE());
      default:
        throw malformed();
    }
  }

  private byte(): number {
    return this.take(1)[0]!;
  }

  private take(count: number): Buffer {
    const end = this.position + count;
    if (end > this.bytes.length) throw malformed();
    const taken = this.bytes.subarray(this.position, end);
    this.position = end;
    return taken;
  }
}

function halfFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 0x3ff;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const malformed = () => new SerializationError('the body is not CBOR');
