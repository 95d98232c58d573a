import path from 'node:path';
import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import { ClickHouseStore, type EngineHost } from './clickhouse-store.ts';
import { connect, type Endpoint } from './connection.ts';
import { superviseEngine } from './embedded/supervise-engine.ts';
import { EngineReader } from './engine-reader.ts';
import { readTableDefinitions, type TableDefinition } from './load-tables.ts';
import type { TelemetryStore } from './store.ts';

export type * from './store.ts';
export { TelemetryDiskFullError, TelemetryEngineStartError, TelemetryQueueFullError } from './store.ts';

export interface RemoteEngine {
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  /** Default `hatoba`; it must exist. */
  readonly database?: string;
}

export interface TelemetryStoreOptions {
  /** The engine's files are in its subdirectory `telemetry`. */
  readonly dataDirectory: string;
  readonly mode: 'embedded' | RemoteEngine;
  readonly limits: { readonly memoryBytesMax: number; readonly maxDiskGB: number; readonly retentionDays: number };
  /** Days of tables that stay for longer than `retentionDays`, asked before any is dropped: if that fails, none is. */
  readonly longerDays?: () => Promise<ReadonlyMap<string, number>>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Other tables than those of `tables/*.sql`: for tests. */
  readonly tables?: readonly TableDefinition[];
}

const databaseName = 'hatoba';

/** The store, not started. In embedded mode its engine lives in a child process that `start` brings up. */
export function openTelemetryStore(options: TelemetryStoreOptions): TelemetryStore {
  const { endpoint, host } = chooseHost(options);
  return new ClickHouseStore({
    host,
    client: connect(endpoint),
    reader: new EngineReader(endpoint),
    tables: options.tables ?? readTableDefinitions(),
    retentionDays: options.limits.retentionDays,
    ...(options.longerDays ? { longerDays: options.longerDays } : {}),
    diskBytesMax: options.limits.maxDiskGB * 1e9,
    clock: options.clock,
    logger: options.logger,
  });
}

function chooseHost(options: TelemetryStoreOptions): { endpoint: Endpoint; host: EngineHost } {
  if (options.mode !== 'embedded') {
    const nothing = async () => {};
    return {
      endpoint: { database: databaseName, ...options.mode },
      host: { start: nothing, stop: nothing, serving: nothing },
    };
  }
  const engine = superviseEngine({
    dataDirectory: path.join(path.resolve(options.dataDirectory), 'telemetry'),
    database: databaseName,
    limits: { memoryBytesMax: options.limits.memoryBytesMax },
    clock: options.clock,
    logger: options.logger,
  });
  return { endpoint: { socketPath: engine.socketPath, secret: engine.secret, database: databaseName }, host: engine };
}
