import { setOwn } from './codec/json-reader.ts';
import { readScalar } from './codec/scalar.ts';
import { formatTimestamp } from './codec/timestamp.ts';
import type { Member, Operation, Shape } from './model.ts';
import { SerializationError } from './serialization-error.ts';

export type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Members of a rest-json input that stand in the path, the query string and the headers. */
export function readBindings(
  operation: Operation,
  labels: Readonly<Record<string, string>>,
  query: URLSearchParams,
  headers: Headers,
): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  for (const member of operation.input?.members ?? []) {
    const value = readBinding(member, labels, query, headers);
    if (value !== undefined) input[member.name] = value;
  }
  return input;
}

function readBinding(
  member: Member,
  labels: Readonly<Record<string, string>>,
  query: URLSearchParams,
  headers: Headers,
): unknown {
  const name = member.locationName ?? member.name;
  switch (member.location) {
    case 'uri': {
      const label = labels[name];
      return label === undefined ? undefined : readScalar(member.shape, label, name);
    }
    case 'querystring':
      return readQueryMember(member, name, query);
    case 'header': {
      const text = headers[name.toLowerCase()];
      return text === undefined ? undefined : readHeader(member, String(text), name);
    }
    case 'headers':
      return readPrefixedHeaders(name.toLowerCase(), headers);
    default:
      return undefined;
  }
}

function readQueryMember(member: Member, name: string, query: URLSearchParams): unknown {
  if (member.shape.type === 'map') return readQueryMap(member.shape, query);
  const texts = query.getAll(name);
  if (texts.length === 0) return undefined;
  if (member.shape.type === 'list') return texts.map((text) => readScalar(member.shape.item!.shape, text, name));
  return readScalar(member.shape, texts[0]!, name);
}

function readQueryMap(shape: Shape, query: URLSearchParams): Record<string, unknown> {
  const map: Record<string, unknown> = {};
  for (const key of query.keys()) {
    setOwn(map, key, shape.value!.shape.type === 'list' ? query.getAll(key) : query.get(key));
  }
  return map;
}

function readHeader(member: Member, text: string, name: string): unknown {
  if (member.jsonvalue) return readJsonHeader(text, name);
  if (member.shape.type === 'list') {
    return text.split(',').map((part) => readScalar(member.shape.item!.shape, part.trim(), name));
  }
  return readScalar(member.shape, text, name);
}

function readJsonHeader(text: string, name: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64').toString('utf8'));
  } catch {
    throw new SerializationError(`the header ${name} is not JSON in base64`);
  }
}

function readPrefixedHeaders(prefix: string, headers: Headers): Record<string, string> | undefined {
  const found = Object.entries(headers).filter(([name]) => name.startsWith(prefix));
  return found.length === 0
    ? undefined
    : Object.fromEntries(found.map(([name, text]) => [name.slice(prefix.length), String(text)]));
}

/** Puts bound members of an output into `headers`; gives the status if a member carries it. */
export function writeBindings(shape: Shape, output: any, headers: Record<string, string>): number | undefined {
  let status: number | undefined;
  for (const member of shape.members) {
    const value = member.location && output[member.name];
    if (value === undefined || value === null) continue;
    const name = member.locationName ?? member.name;
    if (member.location === 'statusCode') status = value;
    else if (member.location === 'header') headers[name] = headerText(member, value);
    else if (member.location === 'headers') {
      for (const [suffix, text] of Object.entries(value)) headers[name + suffix] = String(text);
    }
  }
  return status;
}

function headerText(member: Member, value: any): string {
  if (member.jsonvalue) return Buffer.from(JSON.stringify(value)).toString('base64');
  if (member.shape.type === 'timestamp') return formatTimestamp(value, member.timestampFormat ?? 'rfc822');
  return Array.isArray(value) ? value.join(',') : String(value);
}
