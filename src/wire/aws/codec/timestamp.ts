import type { TimestampFormat } from '../model.ts';
import { SerializationError } from '../serialization-error.ts';

/** Epoch seconds, ISO 8601 or RFC 822: all clients' spellings are accepted wherever a timestamp stands. */
export function parseTimestamp(text: string, path: string): Date {
  const epochSeconds = /^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text) ? Number(text) : undefined;
  const date = epochSeconds === undefined ? new Date(text) : dateOfEpoch(epochSeconds);
  if (Number.isNaN(date.getTime())) throw new SerializationError(`${path}: '${text.slice(0, 64)}' is not a timestamp`);
  return date;
}

/** Rounded, because 1700000000.123 * 1000 is not a whole number of milliseconds. */
export const dateOfEpoch = (epochSeconds: number): Date => new Date(Math.round(epochSeconds * 1000));

export function formatTimestamp(date: Date, format: TimestampFormat): string {
  if (format === 'rfc822') return date.toUTCString();
  if (format === 'unixTimestamp') return String(date.getTime() / 1000);
  const text = date.toISOString();
  return text.endsWith('.000Z') ? `${text.slice(0, 19)}Z` : text;
}
