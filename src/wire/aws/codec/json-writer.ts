import type { Shape, TimestampFormat } from '../model.ts';
import { RawJson } from './raw-json.ts';
import { formatTimestamp } from './timestamp.ts';

type Write = (value: any) => unknown;

/**
 * Turns a handler's output into a value for JSON.stringify: members under their wire names, epoch seconds, base64.
 * Members that are undefined, null or unknown to the model are left out; a structure may be RawJson. `null` in the cache:
 * nothing to change.
 */
export class JsonWriter {
  private readonly built = new Map<Shape, Write | null>();
  private readonly restNames: boolean;

  constructor(restNames: boolean) {
    this.restNames = restNames;
  }

  write(shape: Shape, value: unknown): unknown {
    const write = this.writer(shape);
    return write ? write(value) : value;
  }

  private writer(shape: Shape, format?: TimestampFormat): Write | null {
    if (shape.type === 'timestamp') return timestampWriter(format ?? shape.timestampFormat);
    const existing = this.built.get(shape);
    if (existing !== undefined) return existing;
    // A recursive shape finds this forwarder while it is being built.
    let write: Write | null = null;
    this.built.set(shape, (value) => (write ? write(value) : value));
    write = this.build(shape);
    this.built.set(shape, write);
    return write;
  }

  private build(shape: Shape): Write | null {
    switch (shape.type) {
      case 'structure':
        return shape.document ? null : this.buildStructure(shape);
      case 'list': {
        const write = this.writer(shape.item!.shape, shape.item!.timestampFormat);
        return write && ((value) => [...value].map((item) => write(item)));
      }
      case 'map':
        return this.buildMap(shape);
      case 'blob':
        return (value) => Buffer.from(value).toString('base64');
      case 'float':
      case 'double':
        return (value) => (Number.isFinite(value) ? value : String(value));
      default:
        return null;
    }
  }

  private buildStructure(shape: Shape): Write {
    const byName = new Map<string, { wireName: string; write: Write | null }>();
    for (const member of shape.members) {
      if (member.location) continue;
      const wireName = this.restNames ? (member.locationName ?? member.name) : member.name;
      byName.set(member.name, { wireName, write: this.writer(member.shape, member.timestampFormat) });
    }
    return (value) => {
      if (value instanceof RawJson) return value;
      const result: Record<string, unknown> = {};
      for (const name of Object.keys(value)) {
        const member = byName.get(name);
        const item = value[name];
        if (!member || item === undefined || item === null) continue;
        result[member.wireName] = member.write ? member.write(item) : item;
      }
      return result;
    };
  }

  private buildMap(shape: Shape): Write | null {
    const write = this.writer(shape.value!.shape, shape.value!.timestampFormat);
    return (value) => {
      const entries = Object.entries(value).filter(([, item]) => item !== undefined && item !== null);
      return Object.fromEntries(write ? entries.map(([key, item]) => [key, write(item)]) : entries);
    };
  }
}

function timestampWriter(format: TimestampFormat | undefined): Write {
  if (!format || format === 'unixTimestamp') return (date: Date) => date.getTime() / 1000;
  return (date: Date) => formatTimestamp(date, format);
}
