import type { StateStore, Versioned } from '../stores/state/store.ts';
import type { TelemetryStore } from '../stores/telemetry/store.ts';
import type { AccountRegion } from '../wire/aws/call-context.ts';
import type { CanaryRecord, CanaryRunRecord } from './model.ts';

const kind = 'canary';
const keyOf = (scope: AccountRegion, name: string) => `${scope.account}/${scope.region}/${name}`;

/** Canaries are resources in the state store; their runs are rows in the telemetry store. */
export class CanaryStore {
  private readonly state: StateStore;
  private readonly telemetry: TelemetryStore;

  constructor(state: StateStore, telemetry: TelemetryStore) {
    this.state = state;
    this.telemetry = telemetry;
  }

  find(scope: AccountRegion, name: string): Promise<Versioned<CanaryRecord> | undefined> {
    return this.state.get<CanaryRecord>(kind, keyOf(scope, name));
  }

  async list(scope?: AccountRegion): Promise<CanaryRecord[]> {
    const prefix = scope ? `${scope.account}/${scope.region}/` : '';
    return (await this.state.list<CanaryRecord>(kind, prefix)).map((entry) => entry.value);
  }

  async create(canary: CanaryRecord): Promise<void> {
    await this.state.commit([{ kind, key: keyOf(canary, canary.name), expect: 'absent', put: canary }]);
  }

  async replace(current: Versioned<CanaryRecord>, value: CanaryRecord): Promise<void> {
    await this.state.commit([{ kind, key: current.key, expect: current.version, put: value }]);
  }

  async remove(current: Versioned<CanaryRecord>): Promise<void> {
    await this.state.commit([{ kind, key: current.key, expect: current.version, delete: true }]);
  }

  async addRun(scope: AccountRegion, run: CanaryRunRecord): Promise<void> {
    const row = {
      account: scope.account,
      region: scope.region,
      canary_id: run.canaryId,
      canary_name: run.canaryName,
      id: run.id,
      started: new Date(run.startedMs).toISOString().replace('Z', ''),
      completed: new Date(run.completedMs).toISOString().replace('Z', ''),
      passed: run.passed ? 1 : 0,
      reason: run.reason,
      steps: JSON.stringify(run.steps),
    };
    await this.telemetry.insert('canary_runs', [row], { acknowledged: true });
  }

  /** Newest first. `before`: only runs that started earlier. */
  async runs(
    canary: CanaryRecord,
    limit: number,
    before?: { startedMs: number; id: string },
  ): Promise<CanaryRunRecord[]> {
    const rows = await this.telemetry.query<RunRow>(
      `SELECT id, canary_id, canary_name, toUnixTimestamp64Milli(started) AS started_ms,
              toUnixTimestamp64Milli(completed) AS completed_ms, passed, reason, steps
       FROM canary_runs
       WHERE account = {account:String} AND region = {region:String} AND canary_name = {name:String}
         AND canary_id = {canaryId:String}
         AND (started, id) < (fromUnixTimestamp64Milli({beforeMs:Int64}), {beforeId:String})
       ORDER BY started DESC, id DESC LIMIT {limit:UInt32}`,
      {
        account: canary.account,
        region: canary.region,
        name: canary.name,
        canaryId: canary.id,
        beforeMs: before?.startedMs ?? 4_102_444_800_000,
        beforeId: before?.id ?? '',
        limit,
      },
    );
    return rows.map(toRun);
  }
}

interface RunRow {
  id: string;
  canary_id: string;
  canary_name: string;
  started_ms: string;
  completed_ms: string;
  passed: number;
  reason: string;
  steps: string;
}

const toRun = (row: RunRow): CanaryRunRecord => ({
  id: row.id,
  canaryId: row.canary_id,
  canaryName: row.canary_name,
  startedMs: Number(row.started_ms),
  completedMs: Number(row.completed_ms),
  passed: row.passed === 1,
  reason: row.reason,
  steps: JSON.parse(row.steps),
});
