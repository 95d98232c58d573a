import type { Shape } from '../model.ts';
import { SerializationError } from '../serialization-error.ts';
import { parseTimestamp } from './timestamp.ts';

/** A value that arrived as text: a form field, a path label, a header. */
export function readScalar(shape: Shape, text: string, path: string): unknown {
  switch (shape.type) {
    case 'integer':
    case 'long':
      return readInteger(text, path);
    case 'float':
    case 'double':
      return readNumber(text, path);
    case 'boolean':
      return readBoolean(text, path);
    case 'timestamp':
      return parseTimestamp(text, path);
    case 'blob':
      return Buffer.from(text, 'base64');
    case 'string':
    case 'character':
      return text;
    default:
      throw new SerializationError(`${path}: expected a ${shape.type}`);
  }
}

function readInteger(text: string, path: string): number {
  const value = Number(text);
  if (!/^[+-]?\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw new SerializationError(`${path}: '${text.slice(0, 64)}' is not an integer`);
  }
  return value;
}

function readNumber(text: string, path: string): number {
  const value = Number(text);
  const special = text === 'NaN' || text === 'Infinity' || text === '-Infinity';
  if (!special && (text.trim() === '' || !Number.isFinite(value))) {
    throw new SerializationError(`${path}: '${text.slice(0, 64)}' is not a number`);
  }
  return value;
}

function readBoolean(text: string, path: string): boolean {
  const lowered = text.toLowerCase();
  if (lowered === 'true') return true;
  if (lowered === 'false') return false;
  throw new SerializationError(`${path}: '${text.slice(0, 64)}' is not a boolean`);
}
