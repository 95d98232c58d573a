import type { Shape } from '../model.ts';

/** A handler's output as CBOR, by its shape; undefined, null and unknown members are left out. */
export function writeCbor(shape: Shape, value: unknown): Buffer {
  const parts: Buffer[] = [];
  writeValue(shape, value, parts);
  return Buffer.concat(parts);
}

/** A map of plain text, as errors are. */
export function writeCborText(texts: Readonly<Record<string, string>>): Buffer {
  const entries = Object.entries(texts);
  return Buffer.concat([
    head(5, entries.length),
    ...entries.flatMap(([key, text]) => [textString(key), textString(text)]),
  ]);
}

function writeValue(shape: Shape, value: any, parts: Buffer[]): void {
  switch (shape.type) {
    case 'structure':
      writeStructure(shape, value, parts);
      return;
    case 'list':
      parts.push(head(4, value.length));
      for (const item of value) writeValue(shape.item!.shape, item, parts);
      return;
    case 'map': {
      const entries = Object.entries(value).filter(([, item]) => item !== undefined && item !== null);
      parts.push(head(5, entries.length));
      for (const [key, item] of entries) {
        parts.push(textString(key));
        writeValue(shape.value!.shape, item, parts);
      }
      return;
    }
    default:
      parts.push(scalar(shape, value));
  }
}

function writeStructure(shape: Shape, value: any, parts: Buffer[]): void {
  const present = shape.members.filter(({ name }) => value[name] !== undefined && value[name] !== null);
  parts.push(head(5, present.length));
  for (const member of present) {
    parts.push(textString(member.name));
    writeValue(member.shape, value[member.name], parts);
  }
}

function scalar(shape: Shape, value: any): Buffer {
  switch (shape.type) {
    case 'integer':
    case 'long':
      return value < 0 ? head(1, -1 - value) : head(0, value);
    case 'float':
    case 'double':
      return double(value);
    case 'boolean':
      return Buffer.from([value ? 0xf5 : 0xf4]);
    case 'timestamp':
      // Tag 1: seconds since the epoch.
      return Buffer.concat([head(6, 1), double(value.getTime() / 1000)]);
    case 'blob':
      return Buffer.concat([head(2, value.length), Buffer.from(value)]);
    default:
      return textString(String(value));
  }
}

function textString(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  return Buffer.concat([head(3, bytes.length), bytes]);
}

function double(value: number): Buffer {
  const bytes = Buffer.alloc(9);
  bytes[0] = 0xfb;
  bytes.writeDoubleBE(value, 1);
  return bytes;
}

/** Major type and argument in the shortest form. */
function head(major: number, argument: number): Buffer {
  const type = major << 5;
  if (argument < 24) return Buffer.from([type | argument]);
  if (argument < 0x100) return Buffer.from([type | 24, argument]);
  if (argument < 0x10000) return Buffer.from([type | 25, argument >> 8, argument & 255]);
  const bytes = Buffer.alloc(argument <= 0xffffffff ? 5 : 9);
  bytes[0] = type | (bytes.length === 5 ? 26 : 27);
  if (bytes.length === 5) bytes.writeUInt32BE(argument, 1);
  else bytes.writeBigUInt64BE(BigInt(argument), 1);
  return bytes;
}
