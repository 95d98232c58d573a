/**
 * Strict reading of HTTP/1.x heads. What a lenient reader would have to guess at (bare line feeds, folded lines, two
 * lengths, a length beside chunks) is refused, because guessing differently than the target is how requests are smuggled.
 */

/** What stands between one head and the next: nothing, a number of bytes, chunks, or all until the connection ends. */
export type BodyFraming =
  | { readonly kind: 'none' | 'chunked' | 'until-close' }
  | { readonly kind: 'length'; readonly length: number };

export interface Head {
  /** Names and values in turn, as they were sent. */
  readonly headers: readonly string[];
  readonly lowerNames: readonly string[];
  readonly minorVersion: 0 | 1;
  readonly framing: BodyFraming;
  /** Tokens of Connection, lower case. */
  readonly connection: readonly string[];
}

export interface RequestHead extends Head {
  readonly method: string;
  /** Path and query, as sent. */
  readonly target: string;
  readonly path: string;
  /** Without `?`; undefined when there is none. */
  readonly query: string | undefined;
  /** From the request target if that is absolute, else from Host; empty when neither is there. */
  readonly host: string;
  readonly keepAlive: boolean;
  /** Value of Upgrade when Connection asks for it. */
  readonly upgrade: string | undefined;
}

export interface ResponseHead extends Head {
  readonly status: number;
  readonly reason: string;
  readonly keepAlive: boolean;
  /** Seconds after which the target closes an idle connection, if it said so (`Keep-Alive: timeout=5`). */
  readonly keepAliveTimeoutSeconds: number | undefined;
}

/** A head that must not be used; `status` is what the client is told (for a response always 502). */
export class HttpSyntaxError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export const requestLineBytesMax = 16_384;
export const headerBytesMax = 16_384;
export const requestHeadBytesMax = 65_536;
export const responseHeadBytesMax = 32_768;

const tokenCharacters = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** By character code: 1 for what a header name may contain. Read for every byte of every name, so no regular expression. */
const isTokenCode = new Uint8Array(256);
for (const character of tokenCharacters) isTokenCode[character.charCodeAt(0)] = 1;
const requestLine = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([\x21-\x7e\x80-\xff]+) HTTP\/(\d)\.(\d)$/;
const statusLine = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?$/;

/** `text` is the head without its empty line. Throws HttpSyntaxError. */
export function parseRequestHead(text: string): RequestHead {
  const lineEnd = text.indexOf('\r\n');
  const firstLine = lineEnd < 0 ? text : text.slice(0, lineEnd);
  if (firstLine.length > requestLineBytesMax) throw new HttpSyntaxError(414, 'request line too long');
  const match = requestLine.exec(firstLine);
  if (!match) throw new HttpSyntaxError(400, 'bad request line');
  const [, method, rawTarget, major, minor] = match as unknown as [string, string, string, string, string];
  if (major !== '1' || (minor !== '0' && minor !== '1')) throw new HttpSyntaxError(505, 'unsupported HTTP version');
  const fields = parseFields(text, lineEnd, 400);
  const { target, authority } = splitTarget(method, rawTarget);
  if (authority === undefined && fields.host === undefined && minor === '1') {
    throw new HttpSyntaxError(400, 'no Host');
  }
  const question = target.indexOf('?');
  return {
    ...base(fields, minor),
    framing: requestFraming(fields, minor),
    method,
    target,
    path: question < 0 ? target : target.slice(0, question),
    query: question < 0 ? undefined : target.slice(question + 1),
    host: authority ?? fields.host ?? '',
    keepAlive: keepsAlive(fields.connection, minor),
    upgrade: fields.connection.includes('upgrade') ? fields.upgrade : undefined,
  };
}

/** `requestMethod` decides whether a body follows at all. Throws HttpSyntaxError with 502. */
export function parseResponseHead(text: string, requestMethod: string): ResponseHead {
  const lineEnd = text.indexOf('\r\n');
  const match = statusLine.exec(lineEnd < 0 ? text : text.slice(0, lineEnd));
  if (!match) throw new HttpSyntaxError(502, 'bad status line');
  const [, minor, code, reason] = match as unknown as [string, string, string, string | undefined];
  const fields = parseFields(text, lineEnd, 502);
  const status = Number(code);
  const framing = responseFraming(fields, minor, status, requestMethod);
  return {
    ...base(fields, minor),
    framing,
    status,
    reason: reason ?? '',
    keepAlive: keepsAlive(fields.connection, minor) && framing.kind !== 'until-close',
    keepAliveTimeoutSeconds: fields.keepAliveTimeoutSeconds,
  };
}

interface Fields {
  headers: string[];
  lowerNames: string[];
  connection: string[];
  host: string | undefined;
  upgrade: string | undefined;
  contentLength: string | undefined;
  transferEncoding: string | undefined;
  keepAliveTimeoutSeconds: number | undefined;
}

function parseFields(text: string, firstLineEnd: number, status: number): Fields {
  const fields: Fields = {
    headers: [],
    lowerNames: [],
    connection: [],
    host: undefined,
    upgrade: undefined,
    contentLength: undefined,
    transferEncoding: undefined,
    keepAliveTimeoutSeconds: undefined,
  };
  let at = firstLineEnd < 0 ? text.length : firstLineEnd + 2;
  while (at < text.length) {
    const nameStart = at;
    while (isTokenCode[text.charCodeAt(at)] === 1) at += 1;
    // A folded line, an empty name and a space before the colon all fail here.
    if (at === nameStart || text.charCodeAt(at) !== 58) throw new HttpSyntaxError(status, 'bad header line');
    const name = text.slice(nameStart, at);
    const next = text.indexOf('\r\n', at);
    const end = next < 0 ? text.length : next;
    if (end - nameStart > headerBytesMax) throw new HttpSyntaxError(status, 'header too large');
    const value = headerValue(text, at + 1, end, status);
    const lowerName = name.toLowerCase();
    fields.headers.push(name, value);
    fields.lowerNames.push(lowerName);
    readField(fields, lowerName, value, status);
    at = end + 2;
  }
  return fields;
}

/** Without the blanks around it, which are space and tab only. A control character, a bare CR or LF among them, is refused. */
function headerValue(text: string, from: number, to: number, status: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  for (let index = start; index < end; index++) {
    const code = text.charCodeAt(index);
    if ((code < 32 && code !== 9) || code === 127) throw new HttpSyntaxError(status, 'bad header value');
  }
  return text.slice(start, end);
}

const isBlank = (code: number): boolean => code === 32 || code === 9;

function readField(fields: Fields, lowerName: string, value: string, status: number): void {
  switch (lowerName) {
    case 'host':
      if (fields.host !== undefined) throw new HttpSyntaxError(status, 'more than one Host');
      fields.host = value;
      break;
    case 'connection':
      for (const option of value.toLowerCase().split(',')) fields.connection.push(option.trim());
      break;
    case 'upgrade':
      fields.upgrade = value;
      break;
    case 'content-length':
      if (fields.contentLength !== undefined || !/^\d{1,15}$/.test(value)) {
        throw new HttpSyntaxError(status, 'bad Content-Length');
      }
      fields.contentLength = value;
      break;
    case 'transfer-encoding':
      if (fields.transferEncoding !== undefined) throw new HttpSyntaxError(status, 'more than one Transfer-Encoding');
      fields.transferEncoding = value.toLowerCase();
      break;
    case 'keep-alive': {
      const timeout = /(?:^|[,\s])timeout=(\d{1,6})/i.exec(value);
      if (timeout) fields.keepAliveTimeoutSeconds = Number(timeout[1]);
      break;
    }
  }
}

const base = (fields: Fields, minor: string) => ({
  headers: fields.headers,
  lowerNames: fields.lowerNames,
  connection: fields.connection,
  minorVersion: (minor === '1' ? 1 : 0) as 0 | 1,
});

const keepsAlive = (connection: readonly string[], minor: string): boolean =>
  minor === '1' ? !connection.includes('close') : connection.includes('keep-alive');

function requestFraming(fields: Fields, minor: string): BodyFraming {
  const { transferEncoding, contentLength } = fields;
  if (transferEncoding !== undefined && transferEncoding !== 'identity') {
    if (transferEncoding !== 'chunked') throw new HttpSyntaxError(501, 'unknown Transfer-Encoding');
    if (contentLength !== undefined) throw new HttpSyntaxError(400, 'Transfer-Encoding beside Content-Length');
    if (minor === '0') throw new HttpSyntaxError(400, 'Transfer-Encoding in HTTP/1.0');
    return { kind: 'chunked' };
  }
  return contentLength === undefined || contentLength === '0'
    ? { kind: 'none' }
    : { kind: 'length', length: Number(contentLength) };
}

function responseFraming(fields: Fields, minor: string, status: number, requestMethod: string): BodyFraming {
  const { transferEncoding, contentLength } = fields;
  if (requestMethod === 'HEAD' || status < 200 || status === 204 || status === 304) return { kind: 'none' };
  if (transferEncoding !== undefined && transferEncoding !== 'identity') {
    if (transferEncoding !== 'chunked' || contentLength !== undefined || minor === '0') {
      throw new HttpSyntaxError(502, 'bad Transfer-Encoding');
    }
    return { kind: 'chunked' };
  }
  if (contentLength === undefined) return { kind: 'until-close' };
  return contentLength === '0' ? { kind: 'none' } : { kind: 'length', length: Number(contentLength) };
}

function splitTarget(method: string, target: string): { target: string; authority?: string } {
  if (target.startsWith('/') || (target === '*' && method === 'OPTIONS')) return { target };
  const absolute = /^https?:\/\/([^/?#]+)([^#]*)$/i.exec(target);
  if (!absolute) throw new HttpSyntaxError(400, 'bad request target');
  const [, authority, rest] = absolute as unknown as [string, string, string];
  return { target: rest.startsWith('/') ? rest : `/${rest}`, authority };
}
