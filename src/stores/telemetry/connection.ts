import http from 'node:http';
import { Readable } from 'node:stream';
import { type ClickHouseClient, ClickHouseError, createClient } from '@clickhouse/client';
import type { EncodedRows } from './rows/encode-rows.ts';

/** How to reach the engine: our own child by its unix socket, or a server by its URL. */
export type Endpoint =
  | { readonly socketPath: string; readonly secret: string; readonly database: string }
  | { readonly url: string; readonly username?: string; readonly password?: string; readonly database: string };

const diskReserveBytes = 64 * 1024 * 1024;
export const requestTimeoutMs = 120_000;

/** The one client for both: the same code path against the embedded engine and a cluster. */
export function connect(endpoint: Endpoint): ClickHouseClient {
  const common = {
    database: endpoint.database,
    request_timeout: requestTimeoutMs,
    log: { level: 127 as never },
    clickhouse_settings: { output_format_json_quote_64bit_integers: 1 as const },
  };
  if ('url' in endpoint) {
    return createClient({
      ...common,
      url: endpoint.url,
      ...(endpoint.username === undefined ? {} : { username: endpoint.username }),
      ...(endpoint.password === undefined ? {} : { password: endpoint.password }),
      compression: { request: true, response: true },
      max_open_connections: 16,
    });
  }
  return createClient({
    ...common,
    url: 'http://localhost',
    username: 'hatoba',
    password: endpoint.secret,
    http_agent: new http.Agent({
      keepAlive: true,
      maxSockets: 64,
      socketPath: endpoint.socketPath,
    } as http.AgentOptions),
  });
}

/** Sends encoded rows as they are: a retry must carry the same bytes. Binary rows need the names of their columns. */
export async function insertRows(
  client: ClickHouseClient,
  insert: {
    readonly table: string;
    readonly format: EncodedRows['format'];
    readonly columns: readonly string[];
    readonly bytes: Buffer;
    readonly token: string;
  },
): Promise<void> {
  const columns = insert.format === 'RowBinary' ? ` (${insert.columns.join(', ')})` : '';
  // exec, not insert: insert would encode row objects itself. The empty answer is read so that the connection is free again.
  const { stream } = await client.exec({
    query: `INSERT INTO ${insert.table}${columns} FORMAT ${insert.format}`,
    values: Readable.from([insert.bytes], { objectMode: false }),
    clickhouse_settings: {
      async_insert: 0,
      // On a disk that is full to the last byte not even old days could be dropped: the engine needs room to note it.
      min_free_disk_bytes_to_perform_insert: String(diskReserveBytes),
      // A misspelt column would otherwise lose its values without a word.
      input_format_skip_unknown_fields: 0,
      insert_deduplication_token: insert.token,
      deduplicate_blocks_in_dependent_materialized_views: 1,
    },
  });
  stream.resume();
}

/** What a failed call means for the caller. */
export type FailureKind = 'unreachable' | 'disk-full' | 'busy' | 'refused';

const busyCodes = new Set(['202', '241', '252', '159', '236', '210', '209']);

const unreachableCodes = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOENT', 'ETIMEDOUT', 'ECONNABORTED']);

/** Unreachable and busy may be tried again; a full disk refuses; anything else is the fault of statement or rows. */
export function classifyFailure(error: unknown): FailureKind {
  if (error instanceof ClickHouseError) {
    if (error.code === '243') return 'disk-full';
    return busyCodes.has(error.code) ? 'busy' : 'refused';
  }
  const { code = '', message } = error as NodeJS.ErrnoException;
  return unreachableCodes.has(code) || /socket hang up|Timeout error/i.test(message) ? 'unreachable' : 'refused';
}
