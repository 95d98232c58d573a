import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../platform/clock.ts';
import { silentLogger } from '../../platform/logger.ts';
import { openSqliteStateStore } from '../../stores/state/sqlite.ts';
import type { StateStore } from '../../stores/state/store.ts';
import { openTelemetryStore, type TelemetryStore } from '../../stores/telemetry/index.ts';
import type { SegmentDocument } from '../model.ts';
import { toRows } from '../receive/to-rows.ts';
import { Settling, type SettlingDeps } from './index.ts';

export const scope = { account: '000000000000', region: 'us-east-1' };
const source = { name: 'api', ...scope };

/** A store of its own, with what settling needs beside it. */
export interface SettleStore {
  readonly telemetry: TelemetryStore;
  readonly state: StateStore;
  /** Settles at once what has arrived. */
  begin(more?: Partial<SettlingDeps>): Settling;
  store(documents: readonly SegmentDocument[], region?: string): Promise<void>;
  stop(): Promise<void>;
}

export async function openSettleStore(): Promise<SettleStore> {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'hatoba-settle-'));
  const state = openSqliteStateStore(':memory:', () => systemClock.now());
  const telemetry = openTelemetryStore({
    dataDirectory,
    mode: 'embedded',
    limits: { memoryBytesMax: 1e9, maxDiskGB: 10, retentionDays: 30 },
    clock: systemClock,
    logger: silentLogger,
  });
  await telemetry.start();
  return {
    telemetry,
    state,
    begin: (more = {}) =>
      new Settling({
        telemetry,
        state,
        clock: systemClock,
        logger: silentLogger,
        policy: { quietMs: 0, waitMsMax: 0, marginMs: 1 },
        ...more,
      }),
    async store(documents, region = scope.region) {
      const rows = documents.map((document) =>
        toRows({ traceId: document.trace_id!, document }, { ...source, region }),
      );
      const segments = rows.map(({ segment }) => segment);
      const calls = rows.flatMap((row) => row.calls);
      await telemetry.insert('segments', segments, { acknowledged: true });
      await telemetry.insert('calls', calls, { acknowledged: true });
    },
    async stop() {
      await telemetry.stop();
      await state.close();
      rmSync(dataDirectory, { recursive: true, force: true });
    },
  };
}

export class Killed extends Error {}

/** The store as a process sees it that is killed after so many calls that change something. */
export function dyingStore(
  telemetry: TelemetryStore,
  callsLeft: number,
): TelemetryStore & { readonly isDead: boolean } {
  let left = callsLeft;
  const spend = () => {
    if (left <= 0) throw new Killed();
    left -= 1;
  };
  return {
    get isDead() {
      return left <= 0;
    },
    ready: telemetry.ready,
    start: () => telemetry.start(),
    stop: () => telemetry.stop(),
    statistics: () => telemetry.statistics(),
    query: (...call) => (left <= 0 ? Promise.reject(new Killed()) : telemetry.query(...call)),
    queryBytes: (...call) => (left <= 0 ? Promise.reject(new Killed()) : telemetry.queryBytes(...call)),
    command: async (...call) => {
      spend();
      await telemetry.command(...call);
    },
    insert: async (...call) => {
      spend();
      await telemetry.insert(...call);
    },
  };
}

/** Until nothing is left to settle. */
export async function settleAll(settling: Settling): Promise<void> {
  for (let round = 0; round < 20; round += 1) {
    await systemClock.sleep(4);
    if ((await settling.step()) === 0) return;
  }
  throw new Error('minutes are never settled');
}

let idCounter = 0;
/** 16 hex digits that no other call has given. */
export const newId = (): string => (++idCounter).toString(16).padStart(16, '0');
