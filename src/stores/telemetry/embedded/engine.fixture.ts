import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { ClickHouseClient } from '@clickhouse/client';
import { systemClock } from '../../../platform/clock.ts';
import { silentLogger } from '../../../platform/logger.ts';
import { connect } from '../connection.ts';
import { type SupervisedEngine, superviseEngine } from './supervise-engine.ts';

/** A started engine and a client of its own, without a store. */
export interface TestEngine {
  readonly directory: string;
  readonly engine: SupervisedEngine;
  readonly client: ClickHouseClient;
  /** Ends both; the directory stays where it was given. */
  close(): Promise<void>;
}

export async function openTestEngine(given?: string): Promise<TestEngine> {
  const directory = given ?? mkdtempSync(path.join(os.tmpdir(), 'hatoba-engine-'));
  const engine = superviseEngine({
    dataDirectory: directory,
    database: 'hatoba',
    limits: { memoryBytesMax: 1e9 },
    clock: systemClock,
    logger: silentLogger,
  });
  await engine.start();
  const client = connect({ socketPath: engine.socketPath, secret: engine.secret, database: 'hatoba' });
  return {
    directory,
    engine,
    client,
    async close() {
      await client.close();
      await engine.stop();
      if (given === undefined) rmSync(directory, { recursive: true, force: true });
    },
  };
}
