import type { TelemetryStore } from '../../stores/telemetry/store.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import type { TraceId } from '../model.ts';
import { hintCondition } from '../store.ts';
import { sampleNestedPercentiles } from './sample-nested.ts';

/** How long a kind of part took, of all that ended in a day. */
export interface DurationPercentiles {
  /**
   * Segments by their service; calls by their service and name; other spans by their name; subsegments that were sent
   * inside another document by that one's name (`service`) and their own.
   */
  readonly kind: 'segment' | 'call' | 'part';
  readonly service: string;
  readonly name: string;
  readonly count: number;
  /** So many of them were looked at; absent where all were. */
  readonly sampled?: number;
  /** Microseconds that 0, 1, 2 ... 100 percent did not exceed. */
  readonly micros: readonly number[];
}

const namesMax = 200;
const dayMs = 86_400_000;
const settings = { output_format_json_quote_64bit_integers: 0 };
const levels = Array.from({ length: 101 }, (_, percent) => percent / 100).join(', ');

/**
 * What each part of a trace can be measured by: the parts of the same service and name in the 24 hours up to now, or up
 * to the trace's end if that is longer ago. Of more than 200 kinds the others are left out.
 */
export async function readPercentiles(
  telemetry: TelemetryStore,
  scope: AccountRegion,
  trace: { readonly traceId: TraceId; readonly endMs: number },
  now: Date,
): Promise<DurationPercentiles[]> {
  const toMs = now.getTime() - trace.endMs < dayMs ? now.getTime() : trace.endMs + 1;
  const ofAccount = 'account = {account:String} AND region = {region:String}';
  const ofTrace = `${ofAccount} AND trace_id = {traceId:String} ${hintCondition([trace.traceId], now)}`;
  const ofDay = `${ofAccount} AND in_progress = 0 AND start >= fromUnixTimestamp64Milli({from:Int64}) AND start < fromUnixTimestamp64Milli({to:Int64})`;
  const micros = 'toUnixTimestamp64Micro(end) - toUnixTimestamp64Micro(start)';
  const columns = `count() AS count, quantilesTDigest(${levels})(${micros}) AS micros`;
  const parameters = {
    account: scope.account,
    region: scope.region,
    traceId: trace.traceId,
    from: Math.round(toMs - dayMs),
    to: Math.round(toMs),
  };
  const options = { timeoutMs: 30_000, settings };
  // `kind` alone would be the alias here, which no row of the table has.
  const [spans, calls, nested] = await Promise.all([
    telemetry.query<DurationPercentiles>(
      `SELECT if(kind = 'segment', 'segment', 'part') AS kind, if(kind = 'segment', name, '') AS service, name, ${columns}
       FROM segments WHERE ${ofDay}
         AND (name, segments.kind) IN (SELECT DISTINCT name, kind FROM segments WHERE ${ofTrace} LIMIT ${namesMax})
         AND name IN (SELECT DISTINCT name FROM segments WHERE ${ofTrace})
       GROUP BY name, segments.kind`,
      parameters,
      options,
    ),
    telemetry.query<DurationPercentiles>(
      `SELECT 'call' AS kind, owner_name AS service, name, ${columns} FROM calls
       WHERE ${ofDay}
         AND (owner_name, name) IN (SELECT DISTINCT owner_name, name FROM calls WHERE ${ofTrace} LIMIT ${namesMax})
         AND owner_name IN (SELECT DISTINCT owner_name FROM calls WHERE ${ofTrace})
       GROUP BY owner_name, name`,
      parameters,
      options,
    ),
    sampleNestedPercentiles(telemetry, scope, trace.traceId, { fromMs: parameters.from, toMs: parameters.to }, now),
  ]);
  return [...spans, ...calls, ...nested];
}
