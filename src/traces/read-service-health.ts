import type { TelemetryStore } from '../stores/telemetry/store.ts';
import type { AccountRegion } from '../wire/aws/call-context.ts';

export interface ServiceHealth {
  name: string;
  type: string;
  total: number;
  ok: number;
  error: number;
  throttle: number;
  fault: number;
  medianSeconds: number;
  p95Seconds: number;
  /** Median of the node's own time: without the calls that it waits for. */
  ownMedianSeconds: number;
}

/**
 * Requests and latency of each service. Own time is what remains of a service's segments in a trace when the time in
 * which at least one of its calls was under way is taken off.
 */
export async function readServiceHealth(
  telemetry: TelemetryStore,
  scope: AccountRegion,
  start: Date,
  end: Date,
): Promise<ServiceHealth[]> {
  const rows = await telemetry.query<Record<keyof ServiceHealth, string | number>>(
    `
WITH own_segments AS (
  SELECT trace_id, newest.1 AS name, newest.2 AS type, (toUnixTimestamp64Micro(newest.4) - toUnixTimestamp64Micro(newest.3)) / 1e6 AS seconds,
    multiIf(newest.5 = 1, 'fault', newest.7 = 1, 'throttle', newest.6 = 1, 'error', 'ok') AS status
  FROM (
    SELECT trace_id, argMax(tuple(name, type, start, end, fault, error, throttle), tuple(end, hash)) AS newest
    FROM segments
    WHERE account = {account:String} AND region = {region:String} AND kind = 'segment' AND in_progress = 0
      AND start >= fromUnixTimestamp64Milli({from:Int64}) AND start < fromUnixTimestamp64Milli({to:Int64})
    GROUP BY trace_id, id
  )
), waiting AS (
  SELECT trace_id, owner_name, owner_type,
    intervalLengthSum(toUnixTimestamp64Micro(start), toUnixTimestamp64Micro(end)) / 1e6 AS waited
  FROM calls
  WHERE account = {account:String} AND region = {region:String} AND in_progress = 0 AND owner_known = 1
    AND start >= fromUnixTimestamp64Milli({from:Int64}) AND start < fromUnixTimestamp64Milli({to:Int64} + 600000)
  GROUP BY trace_id, owner_name, owner_type
)
SELECT name, type, count() AS total, countIf(status = 'ok') AS ok, countIf(status = 'error') AS error,
  countIf(status = 'throttle') AS throttle, countIf(status = 'fault') AS fault,
  quantile(0.5)(seconds) AS medianSeconds, quantile(0.95)(seconds) AS p95Seconds,
  quantile(0.5)(greatest(0, seconds - waited / inTrace)) AS ownMedianSeconds
FROM (
  SELECT s.name AS name, s.type AS type, s.seconds AS seconds, s.status AS status, w.waited AS waited,
    count() OVER (PARTITION BY s.trace_id, s.name, s.type) AS inTrace
  FROM own_segments AS s LEFT JOIN waiting AS w
    ON s.trace_id = w.trace_id AND s.name = w.owner_name AND s.type = w.owner_type
) GROUP BY name, type ORDER BY name, type`,
    { account: scope.account, region: scope.region, from: start.getTime(), to: end.getTime() },
    { timeoutMs: 30_000 },
  );
  return rows.map((row) => ({
    name: String(row.name),
    type: String(row.type),
    total: Number(row.total),
    ok: Number(row.ok),
    error: Number(row.error),
    throttle: Number(row.throttle),
    fault: Number(row.fault),
    medianSeconds: Number(row.medianSeconds),
    p95Seconds: Number(row.p95Seconds),
    ownMedianSeconds: Number(row.ownMedianSeconds),
  }));
}
