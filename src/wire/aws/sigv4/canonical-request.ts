import type { DistinctHeaders } from './presented-credential.ts';

export interface SignedRequest {
  readonly method: string;
  /** The request target as it stood on the wire: path and query, still encoded. */
  readonly target: string;
  readonly headers: DistinctHeaders;
  /** As sent: still compressed. */
  readonly body: Buffer;
}

/** Canonical form of a request (SigV4, step 1), as every service but S3 computes it. */
export function canonicalRequest(
  request: SignedRequest,
  signedHeaders: readonly string[],
  payloadHash: string,
): string {
  const [path, query] = splitTarget(request.target);
  const headers = signedHeaders.map((name) => `${name}:${canonicalHeader(request.headers[name] ?? [])}\n`).join('');
  return [
    request.method,
    canonicalPath(path),
    canonicalQuery(query),
    headers,
    signedHeaders.join(';'),
    payloadHash,
  ].join('\n');
}

export function splitTarget(target: string): [path: string, query: string] {
  const question = target.indexOf('?');
  return question < 0 ? [target, ''] : [target.slice(0, question), target.slice(question + 1)];
}

/** Without empty, `.` and `..` segments, as signers see it. Routing must use the same path, or a signature covers another one. */
export function normalizePath(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop();
    else if (segment !== '' && segment !== '.') kept.push(segment);
  }
  const trailing = kept.length > 0 && path.endsWith('/') ? '/' : '';
  return `/${kept.join('/')}${trailing}`;
}

/** The path arrives encoded and is encoded once more. */
const canonicalPath = (path: string): string => normalizePath(path).split('/').map(encode).join('/');

function canonicalQuery(query: string): string {
  const pairs: [string, string][] = [];
  for (const part of query.split('&')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const name = decode(equals < 0 ? part : part.slice(0, equals));
    const value = equals < 0 ? '' : decode(part.slice(equals + 1));
    if (name !== 'X-Amz-Signature') pairs.push([encode(name), encode(value)]);
  }
  return pairs
    .sort(([nameA, valueA], [nameB, valueB]) => compare(nameA, nameB) || compare(valueA, valueB))
    .map((pair) => pair.join('='))
    .join('&');
}

const canonicalHeader = (values: readonly string[]): string =>
  values.map((value) => value.trim().replace(/\s+/g, ' ')).join(',');

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** RFC 3986: encodeURIComponent leaves five characters alone that must be encoded. */
const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replace(/\+/g, '%20'));
  } catch {
    return text;
  }
}
