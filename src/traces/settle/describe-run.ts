import type { TelemetryStore } from '../../stores/telemetry/store.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import { startsIn, type TimeRange } from '../graph/graph-sql.ts';
import type { TraceId } from '../model.ts';
import type { SettledMinutes } from './index.ts';
import { backgroundSettings } from './settle-minutes.ts';

const traceIdBatch = 5_000;

/** Minutes as those are told of them who keep something for each settled trace. */
export function describeRun(
  telemetry: TelemetryStore,
  { account, region }: AccountRegion,
  run: TimeRange,
  asOfMs: number,
  signal: AbortSignal,
): SettledMinutes {
  return {
    account,
    region,
    ...run,
    asOfMs,
    async *traceIds() {
      let after = '';
      for (;;) {
        const rows: { traceId: TraceId }[] = await telemetry.query(
          `SELECT DISTINCT toString(trace_id) AS traceId FROM segments WHERE account = {account:String}
               AND region = {region:String} AND ${startsIn([run])} AND trace_id > {after:String}
             ORDER BY traceId LIMIT ${traceIdBatch}`,
          { account, region, after },
          { timeoutMs: 60_000, signal, settings: backgroundSettings },
        );
        if (rows.length > 0) yield rows.map(({ traceId }) => traceId);
        if (rows.length < traceIdBatch) return;
        after = rows.at(-1)!.traceId;
      }
    },
  };
}
