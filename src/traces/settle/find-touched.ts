import type { TelemetryStore } from '../../stores/telemetry/store.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import { calleeMinutes, startsIn, streamMinutes, type TimeRange } from '../graph/graph-sql.ts';
import { minuteMs } from './plan-settling.ts';
import { backgroundSettings } from './settle-minutes.ts';

/** A minute that has been counted before. */
export interface Counted {
  readonly asOfMs: number;
  readonly isValid: boolean;
}

/** As far from a minute as a part of a trace can change what another part counts as. */
export const neighbourhood = (run: TimeRange): TimeRange => ({
  startMs: run.startMs - (calleeMinutes.after + 1) * minuteMs,
  endMs: run.endMs + (streamMinutes.before + 1) * minuteMs,
});

/** Few ids are looked up in the filters of the granules; more are in most of them anyway. */
const idSettings = { use_index_for_in_with_subqueries_max_values: 5_000 };

/**
 * Counted minutes near the run that hold other parts of traces of which something arrived after those minutes were
 * counted: a callee decides where its call went, whatever minute it begins in. Few traces can be such: of a minute that
 * is counted for the first time those without their beginning, of another those that something new arrived of.
 */
export async function findTouched(
  telemetry: TelemetryStore,
  scope: AccountRegion,
  run: TimeRange,
  counted: ReadonlyMap<number, Counted>,
  signal: AbortSignal,
): Promise<number[]> {
  const near = neighbourhood(run);
  const neighbours = [...counted].filter(
    ([minute, { isValid }]) =>
      isValid && minute >= near.startMs && minute < near.endMs && (minute < run.startMs || minute >= run.endMs),
  );
  if (neighbours.length === 0) return [];
  const before = [...counted].filter(([minute]) => minute >= run.startMs && minute < run.endMs);
  const isFirst = before.length === 0;
  const sinceMs = Math.min(...(isFirst ? neighbours : before).map(([, { asOfMs }]) => asOfMs));
  const canLeaveOutWhole = isFirst && neighbours.every(([minute]) => minute < run.startMs);
  const own = 'account = {account:String} AND region = {region:String}';
  const arrived = (table: string) =>
    `SELECT trace_id, max(stored) AS arrived FROM ${table}
     WHERE ${own} AND ${startsIn([run])} AND stored > fromUnixTimestamp64Milli({since:Int64}) GROUP BY trace_id`;
  const whole = `SELECT trace_id FROM segments WHERE ${own} AND ${startsIn([run])} AND kind = 'segment' AND parent_id = ''`;
  const candidates = `SELECT trace_id, max(arrived) AS arrived FROM (${arrived('segments')} UNION ALL ${arrived('calls')})
    ${canLeaveOutWhole ? `WHERE trace_id NOT IN (${whole})` : ''} GROUP BY trace_id`;
  const parameters = { account: scope.account, region: scope.region, since: sinceMs };
  const options = { timeoutMs: 120_000, signal, settings: { ...backgroundSettings, ...idSettings } };
  // Mostly there is none, and then the neighbours need not be read.
  const [first] = await telemetry.query<object>(`${candidates} LIMIT 1`, parameters, options);
  if (!first) return [];
  const elsewhere = startsIn([
    { startMs: near.startMs, endMs: run.startMs },
    { startMs: run.endMs, endMs: near.endMs },
  ]);
  const parts = (table: string) => `SELECT trace_id, intDiv(toUnixTimestamp(start), 60) * 60 AS minute FROM ${table}
    WHERE ${own} AND ${elsewhere} AND trace_id IN (SELECT trace_id FROM (${candidates}))`;
  const rows = await telemetry.query<{ minute: number; arrivedMs: string }>(
    `SELECT minute, toUnixTimestamp64Milli(max(arrived)) AS arrivedMs
     FROM (${parts('segments')} UNION ALL ${parts('calls')}) AS part
     INNER JOIN (${candidates}) AS candidate ON part.trace_id = candidate.trace_id GROUP BY minute`,
    parameters,
    options,
  );
  return rows.flatMap((row) => {
    const minute = Number(row.minute) * 1000;
    const known = counted.get(minute);
    return known?.isValid && known.asOfMs < Number(row.arrivedMs) ? [minute] : [];
  });
}
