import type { TelemetryStore } from '../../stores/telemetry/store.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import type { TraceId } from '../model.ts';

/** Which traces are too large to take more, where the service's limit is emulated. Asks the store for each batch. */
export class TraceBudget {
  private readonly telemetry: TelemetryStore;
  private readonly bytesMax: number;

  constructor(telemetry: TelemetryStore, bytesMax: number) {
    this.telemetry = telemetry;
    this.bytesMax = bytesMax;
  }

  async findSpent(scope: AccountRegion, traceIds: readonly TraceId[]): Promise<ReadonlySet<TraceId>> {
    const rows = await this.telemetry.query<{ traceId: string }>(
      `SELECT toString(trace_id) AS traceId FROM segments
       WHERE account = {account:String} AND region = {region:String} AND trace_id IN {traceIds:Array(String)}
       GROUP BY trace_id HAVING sum(length(document)) > {bytesMax:UInt64}`,
      { account: scope.account, region: scope.region, traceIds: [...new Set(traceIds)], bytesMax: this.bytesMax },
    );
    return new Set(rows.map(({ traceId }) => traceId));
  }
}
