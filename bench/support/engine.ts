import path from 'node:path';
import type { ClickHouseClient } from '@clickhouse/client';
import { systemClock } from '../../src/platform/clock.ts';
import { silentLogger } from '../../src/platform/logger.ts';
import { connect } from '../../src/stores/telemetry/connection.ts';
import { superviseEngine } from '../../src/stores/telemetry/embedded/supervise-engine.ts';
import { cpuMs } from './machine.ts';

/** The same engine, facade and client that hatoba uses, without hatoba. */
export interface BareEngine {
  readonly client: ClickHouseClient;
  run(sql: string): Promise<void>;
  query<Row>(sql: string): Promise<Row[]>;
  cpuMs(): number;
  stop(): Promise<void>;
}

export async function openEngine(dataDirectory: string): Promise<BareEngine> {
  const engine = superviseEngine({
    dataDirectory: path.join(dataDirectory, 'telemetry'),
    database: 'hatoba',
    limits: { memoryBytesMax: 1_500 * 1_048_576 },
    clock: systemClock,
    logger: silentLogger,
  });
  const client = connect({ socketPath: engine.socketPath, secret: engine.secret, database: 'hatoba' });
  await engine.start();
  return {
    client,
    async run(sql) {
      await client.command({ query: sql });
    },
    async query<Row>(sql: string) {
      const result = await client.query({ query: sql, format: 'JSONEachRow' });
      return (await result.json<Row>()) as Row[];
    },
    cpuMs: () => cpuMs(engine.processId!),
    async stop() {
      await client.close();
      await engine.stop();
    },
  };
}
