import type { TelemetryStore } from '../../stores/telemetry/store.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import type { TimeRange } from '../graph/graph-sql.ts';
import { hourMs } from './plan-settling.ts';

/** SQL: decisions that were carried out, of hours near a range of epoch milliseconds. Takes account and region. */
const decisionsNear = ({
  startMs,
  endMs,
}: TimeRange): string => `account = {account:String} AND region = {region:String}
  AND start >= toDateTime(${hourOf(startMs - hourMs)}, 'UTC') AND start < toDateTime(${hourOf(endMs + hourMs)}, 'UTC')
  AND version IN (SELECT version FROM trace_thinned WHERE ${ownDone} UNION ALL SELECT version FROM trace_removed WHERE ${ownDone})`;

const ownDone = 'account = {account:String} AND region = {region:String} AND is_done = 1';

const hourOf = (ms: number): number => Math.min(Math.max(0, Math.floor(ms / hourMs) * 3600), 4_294_000_000);

/** SQL: `trace_id` of the traces near a range that stand for more than themselves, and for how many `traces`. Takes account and region. */
export const weightsNear = (range: TimeRange): string =>
  `SELECT trace_id, max(weight) AS traces FROM trace_weights WHERE ${decisionsNear(range)} AND weight > 1 GROUP BY trace_id`;

/** How many traces of a range were thinned out or removed; of an hour that is not all in it, as much as is. */
export async function countThinned(telemetry: TelemetryStore, scope: AccountRegion, range: TimeRange): Promise<number> {
  const rows = await telemetry.query<{ hour: number; count: string }>(
    `SELECT toUnixTimestamp(start) AS hour, count() AS count FROM trace_weights
     WHERE ${decisionsNear(range)} AND weight = 0 GROUP BY hour`,
    { account: scope.account, region: scope.region },
  );
  const counts = rows.map(({ hour, count }) => {
    const startMs = Number(hour) * 1000;
    const insideMs = Math.min(range.endMs, startMs + hourMs) - Math.max(range.startMs, startMs);
    return (Number(count) * Math.max(0, insideMs)) / hourMs;
  });
  return Math.round(counts.reduce((sum, count) => sum + count, 0));
}
