import type { Shape } from '../model.ts';
import { jsonKind, SerializationError } from '../serialization-error.ts';
import { dateOfEpoch, parseTimestamp } from './timestamp.ts';

type Read = (value: unknown, path: string) => unknown;

/**
 * Turns parsed JSON (or CBOR) into what handlers take: dates, bytes, members under their model's names. Members that the model
 * does not know, and nulls, are left out. One closure per shape is built once; `restNames` uses `locationName`.
 */
export class JsonReader {
  private readonly built = new Map<Shape, Read>();
  private readonly restNames: boolean;

  constructor(restNames: boolean) {
    this.restNames = restNames;
  }

  read(shape: Shape, value: unknown): any {
    return this.reader(shape)(value, '');
  }

  private reader(shape: Shape): Read {
    if (shape.type === 'timestamp') return readTimestamp;
    const existing = this.built.get(shape);
    if (existing) return existing;
    // A recursive shape finds this forwarder while it is being built.
    let read: Read = () => undefined;
    this.built.set(shape, (value, path) => read(value, path));
    read = this.build(shape);
    this.built.set(shape, read);
    return read;
  }

  private build(shape: Shape): Read {
    switch (shape.type) {
      case 'structure':
        return shape.document ? (value) => value : this.buildStructure(shape);
      case 'list':
        return this.buildList(shape);
      case 'map':
        return this.buildMap(shape);
      case 'integer':
      case 'long':
        return (value, path) => (Number.isSafeInteger(value) ? value : refuse(value, path, 'an Integer'));
      case 'float':
      case 'double':
        return readDouble;
      case 'boolean':
        return (value, path) => (typeof value === 'boolean' ? value : refuse(value, path, 'a Boolean'));
      case 'blob':
        return readBlob;
      default:
        return (value, path) => (typeof value === 'string' ? value : refuse(value, path, 'a String'));
    }
  }

  private buildStructure(shape: Shape): Read {
    const byWireName = new Map<string, { name: string; read: Read }>();
    for (const member of shape.members) {
      if (member.location) continue;
      const wireName = this.restNames ? (member.locationName ?? member.name) : member.name;
      byWireName.set(wireName, { name: member.name, read: this.reader(member.shape) });
    }
    // Shapes have many members and requests few: walk the request.
    return (value, path) => {
      const source = asObject(value, path);
      const result: Record<string, unknown> = {};
      for (const wireName of Object.keys(source)) {
        const member = byWireName.get(wireName);
        const item = source[wireName];
        if (member && item !== null && item !== undefined) result[member.name] = member.read(item, wireName);
      }
      return result;
    };
  }

  private buildList(shape: Shape): Read {
    const read = this.reader(shape.item!.shape);
    return (value, path) => {
      if (!Array.isArray(value)) return refuse(value, path, 'a List');
      return value.map((item) => read(item, path));
    };
  }

  private buildMap(shape: Shape): Read {
    const read = this.reader(shape.value!.shape);
    return (value, path) => {
      const source = asObject(value, path);
      const result: Record<string, unknown> = {};
      for (const key of Object.keys(source)) {
        const item = source[key];
        if (item !== null) setOwn(result, key, read(item, key));
      }
      return result;
    };
  }
}

/** `result['__proto__'] = x` would change the prototype instead of adding a key. */
export function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
  } else target[key] = value;
}

function asObject(value: unknown, path: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || Buffer.isBuffer(value))
    return refuse(value, path, 'a structure');
  return value as Record<string, unknown>;
}

function readTimestamp(value: unknown, path: string): Date {
  if (typeof value === 'number' && Number.isFinite(value)) {
    const date = dateOfEpoch(value);
    return Number.isNaN(date.getTime()) ? refuse(value, path, 'a Timestamp') : date;
  }
  return typeof value === 'string' ? parseTimestamp(value, path) : refuse(value, path, 'a Timestamp');
}

/** Text in JSON, bytes in CBOR. */
function readBlob(value: unknown, path: string): Buffer {
  if (Buffer.isBuffer(value)) return value;
  return typeof value === 'string' ? Buffer.from(value, 'base64') : refuse(value, path, 'a Blob');
}

function readDouble(value: unknown, path: string): number {
  if (typeof value === 'number') return value;
  if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') return Number(value);
  return refuse(value, path, 'a Double');
}

function refuse(value: unknown, path: string, wanted: string): never {
  throw new SerializationError(`${path ? `${path}: ` : ''}${jsonKind(value)} can not be converted to ${wanted}`);
}
