import { timingSafeEqual } from 'node:crypto';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { newUuid } from '../../../platform/ids.ts';
import { defaultInsertSettings } from './engine-config.ts';
import type { InsertFiles } from './insert-files.ts';
import {
  checkInsertBody,
  type InsertStatement,
  inlineParameters,
  parseInsert,
  quoteIdentifier,
  quoteString,
  StatementError,
  takesSettings,
} from './rewrite-statement.ts';
import { type EngineSession, PoolFullError, type SessionPool } from './session-pool.ts';

/** Parameters of a statement travel in its address: as much of it as ClickHouse's own server takes. */
const uriBytesMax = 1 << 20;

export interface FacadeOptions {
  /** Password of the user `hatoba`. */
  readonly secret: string;
  readonly database: string;
  readonly queries: SessionPool;
  /** Inserts have sessions of their own: a slow query never holds up an acknowledgement. */
  readonly inserts: SessionPool;
  /** Ends running queries; never used for anything slow. */
  readonly control: SessionPool;
  readonly querySettings: Readonly<Record<string, string | number>>;
  /** Where the bytes of binary inserts are, while the engine reads them. */
  readonly insertFiles: InsertFiles;
}

interface Call {
  readonly queryId: string;
  readonly sql: string;
  readonly body: Buffer | undefined;
  readonly database: string;
  readonly format: string;
  readonly parameters: Record<string, string>;
  readonly settings: Record<string, string | number>;
}

interface Answer {
  readonly bytes: Uint8Array;
  readonly summary: Record<string, string>;
}

const bodyBytesMax = 64 * 1024 * 1024;

/** URL arguments of ClickHouse's HTTP interface that are not settings. */
const interfaceArguments = new Set(
  'query database query_id default_format session_id session_check session_timeout user password role compress decompress enable_http_compression http_zlib_compression_level wait_end_of_query buffer_size send_progress_in_http_headers http_headers_progress_interval_ms cancel_http_readonly_queries_on_client_close'.split(
    ' ',
  ),
);

/** Serves ClickHouse's HTTP interface over the embedded engine, so that any ClickHouse client can use it. */
export function createFacade(options: FacadeOptions): http.Server {
  return http.createServer({ maxHeaderSize: uriBytesMax }, (request, response) => {
    answer(request, response, options).catch((error: unknown) => sendError(response, error));
  });
}

async function answer(request: IncomingMessage, response: ServerResponse, options: FacadeOptions): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://engine');
  if (url.pathname === '/ping') return void response.end('Ok.\n');
  if (!isAuthorized(request, options.secret)) throw new StatementError(516, 'Authentication failed');
  const call = await readCall(request, url, options);
  let finished = false;
  response.on('close', () => {
    if (!finished) killQuery(call.queryId, options.control);
  });
  try {
    const result = await execute(call, options, () => response.destroyed);
    finished = true;
    await send(request, response, url, call, result);
  } finally {
    finished = true;
  }
}

async function readCall(request: IncomingMessage, url: URL, options: FacadeOptions): Promise<Call> {
  const body = await readBody(request);
  const parameters: Record<string, string> = {};
  const settings: Record<string, string | number> = { ...options.querySettings };
  for (const [name, value] of url.searchParams) {
    if (name.startsWith('param_')) parameters[name.slice('param_'.length)] = value;
    else if (!interfaceArguments.has(name)) settings[checkedName(name)] = value;
  }
  const queryId = url.searchParams.get('query_id') || newUuid();
  settings.log_comment = queryId;
  const fromUrl = url.searchParams.get('query') ?? '';
  const isInsert = /^\s*INSERT\b/i.test(fromUrl);
  return {
    queryId,
    sql: isInsert ? fromUrl : `${fromUrl}\n${body.toString()}`,
    body: isInsert && body.length > 0 ? body : undefined,
    database: url.searchParams.get('database') || options.database,
    format: url.searchParams.get('default_format') ?? 'TabSeparated',
    parameters,
    settings,
  };
}

async function execute(call: Call, options: FacadeOptions, isGone: () => boolean): Promise<Answer> {
  const insert = call.body && parseInsert(call.sql);
  if (insert) return executeInsert(call, insert, options);
  const sql = inlineParameters(call.sql, call.parameters);
  // An INSERT with its data in the text would bring the blank-line trap back.
  if (/^INSERT\b/i.test(sql) && !/\bSELECT\b/i.test(sql)) {
    throw new StatementError(62, 'INSERT needs its rows in the request body');
  }
  const ownDatabase = call.database === options.database;
  const inline = takesSettings(sql);
  return options.queries.run(async (session) => {
    if (isGone()) throw new StatementError(394, 'The client has gone');
    if (!ownDatabase) await session.query(`USE ${quoteIdentifier(call.database)}`, 'Null');
    if (!inline) await session.query(`SET ${settingsText(call.settings)}`, 'Null');
    const text = inline ? `${sql}\nSETTINGS ${settingsText(call.settings)}` : sql;
    const result = await session.query(text, call.format);
    return { bytes: result.bytes, summary: { read_rows: `${result.rowsRead}`, read_bytes: `${result.bytesRead}` } };
  }, inline && ownDatabase);
}

async function executeInsert(call: Call, insert: InsertStatement, options: FacadeOptions): Promise<Answer> {
  if (insert.format === 'RowBinary') return insertBinary(call, insert, options);
  const body = call.body!;
  checkInsertBody(body);
  const table = insert.table.includes('.') ? insert.table : `${call.database}.${insert.table}`;
  const { table: _, ...rest } = insert;
  const settings = insertSettings(call);
  const work = (session: EngineSession) => session.insert({ ...rest, table, body, settings });
  const written = await options.inserts.run(work, true);
  return {
    bytes: new Uint8Array(),
    summary: { written_rows: `${written.rowsWritten}`, written_bytes: `${written.bytesWritten}` },
  };
}

/** The engine reads binary rows from a file: in the statement it would cut them, and run the rest as SQL. */
async function insertBinary(call: Call, insert: InsertStatement, options: FacadeOptions): Promise<Answer> {
  const into = `${quoteName(insert.table, call.database)} (${insert.columns.map(quoteIdentifier).join(', ')})`;
  const settings = settingsText(insertSettings(call));
  const body = call.body!;
  await options.inserts.run(
    (session) =>
      options.insertFiles.withFile(body, (path) =>
        session.query(
          `INSERT INTO ${into} FROM INFILE ${quoteString(path)} SETTINGS ${settings} FORMAT RowBinary`,
          'Null',
        ),
      ),
    true,
  );
  return { bytes: new Uint8Array(), summary: { written_bytes: `${body.length}` } };
}

function quoteName(table: string, database: string): string {
  const [first, second] = table.split('.');
  return second === undefined
    ? `${quoteIdentifier(database)}.${quoteIdentifier(first!)}`
    : `${quoteIdentifier(first!)}.${quoteIdentifier(second)}`;
}

/** What concerns the output means nothing to an insert. */
const insertSettings = (call: Call): Record<string, string | number> => ({
  ...defaultInsertSettings,
  ...Object.fromEntries(Object.entries(call.settings).filter(([name]) => !name.startsWith('output_'))),
});

function killQuery(queryId: string, control: SessionPool): void {
  const sql = `KILL QUERY WHERE Settings['log_comment'] = ${quoteString(queryId)} ASYNC`;
  // The query may have ended meanwhile; there is nobody left to tell.
  control.run((session) => session.query(sql, 'Null'), true).catch(() => {});
}

async function send(request: IncomingMessage, response: ServerResponse, url: URL, call: Call, result: Answer) {
  const summary = { read_rows: '0', read_bytes: '0', written_rows: '0', written_bytes: '0', ...result.summary };
  response.setHeader('X-ClickHouse-Query-Id', call.queryId.replace(/[^\x20-\x7e]/g, '?'));
  response.setHeader('X-ClickHouse-Summary', JSON.stringify(summary));
  const wantsGzip =
    url.searchParams.get('enable_http_compression') === '1' && `${request.headers['accept-encoding']}`.includes('gzip');
  if (!wantsGzip) return void response.end(result.bytes);
  response.setHeader('Content-Encoding', 'gzip');
  response.end(await promisify(zlib.gzip)(result.bytes));
}

function sendError(response: ServerResponse, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  const code = /Code: (\d+)/.exec(message)?.[1] ?? '1002';
  if (response.headersSent) return void response.destroy();
  response.statusCode = code === '516' ? 401 : error instanceof PoolFullError ? 503 : 500;
  response.setHeader('X-ClickHouse-Exception-Code', code);
  response.end(`${message.replace(/^Query failed: /, '')}\n`);
}

function isAuthorized(request: IncomingMessage, secret: string): boolean {
  const basic = /^Basic (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
  const decoded = basic && Buffer.from(basic, 'base64').toString();
  const given = decoded ? decoded.slice(decoded.indexOf(':') + 1) : `${request.headers['x-clickhouse-key'] ?? ''}`;
  const [left, right] = [Buffer.from(given), Buffer.from(secret)];
  return left.length === right.length && timingSafeEqual(left, right);
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bodyBytesMax) throw new StatementError(1003, 'Request body is too large');
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  if (request.headers['content-encoding'] !== 'gzip') return body;
  return promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.gunzip)(body, { maxOutputLength: bodyBytesMax });
}

function checkedName(name: string): string {
  if (!/^\w+$/.test(name)) throw new StatementError(115, `Unknown setting ${name}`);
  return name;
}

const settingsText = (settings: Readonly<Record<string, string | number>>): string =>
  Object.entries(settings)
    .map(([name, value]) => `${name} = ${typeof value === 'number' ? value : quoteString(value)}`)
    .join(', ');
