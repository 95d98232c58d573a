/** The bytes are not what the model says; becomes SerializationException or MalformedInput, status 400. */
export class SerializationError extends Error {}

/** What AWS calls a JSON value in its messages: `STRING_VALUE can not be converted to an Integer`. */
export function jsonKind(value: unknown): string {
  if (value === null) return 'NULL_VALUE';
  if (Array.isArray(value)) return 'START_ARRAY';
  if (typeof value === 'object') return 'START_OBJECT';
  if (typeof value === 'boolean') return value ? 'TRUE_VALUE' : 'FALSE_VALUE';
  return typeof value === 'number' ? 'NUMBER_VALUE' : 'STRING_VALUE';
}
