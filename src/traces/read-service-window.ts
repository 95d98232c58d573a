import type { QueryParameter, TelemetryStore } from '../stores/telemetry/store.ts';
import type { AccountRegion } from '../wire/aws/call-context.ts';
import type { StatusClass } from './graph/build-graph.ts';
import { bucketSql, type HistogramEntry, toHistogram } from './graph/histogram.ts';
import { toXrayTraceId } from './model.ts';
import { weightsNear } from './settle/weights.ts';

/** Requests of an ECS service in a window: of its tasks, or of segments with its name where the task is not known. */
export interface ServiceWindowQuery {
  readonly cluster: string;
  readonly service: string;
  /** Only tasks of this revision (`family:7`), where the task is known. */
  readonly revision?: string;
  readonly start: Date;
  readonly end: Date;
}

export interface ServiceWindow {
  readonly total: number;
  readonly ok: number;
  readonly error: number;
  readonly throttle: number;
  readonly fault: number;
  /** Seconds, as buckets of two significant digits (whole milliseconds below 0.1 s). */
  readonly histogram: readonly HistogramEntry[];
}

export interface ServiceTrace {
  readonly traceId: string;
  readonly at: Date;
  readonly seconds: number;
  readonly outcome: StatusClass;
}

const seconds = '(toUnixTimestamp64Micro(last) - toUnixTimestamp64Micro(first)) / 1e6';
const outcome = "multiIf(flags >= 4, 'fault', flags >= 2, 'throttle', flags = 1, 'error', 'ok')";

/** Counts of a window; traces that were thinned out are counted by those that stand for them. */
export async function readServiceWindow(
  telemetry: TelemetryStore,
  scope: AccountRegion,
  query: ServiceWindowQuery,
): Promise<ServiceWindow> {
  const rows = await telemetry.query<{ outcome: StatusClass; bucket: number; count: string }>(
    `SELECT ${outcome} AS outcome, ${bucketSql(seconds)} AS bucket, sum(if(kept.traces = 0, 1, kept.traces)) AS count
     FROM (${segmentsSql(query)}) AS own
     LEFT JOIN (${weightsNear(rangeOf(query))}) AS kept ON own.traceId = kept.trace_id GROUP BY outcome, bucket`,
    parametersOf(scope, query),
    { timeoutMs: 30_000 },
  );
  const counts = { ok: 0, error: 0, throttle: 0, fault: 0 };
  const histogram = new Map<number, number>();
  for (const row of rows) {
    counts[row.outcome] += Number(row.count);
    histogram.set(Number(row.bucket), (histogram.get(Number(row.bucket)) ?? 0) + Number(row.count));
  }
  const total = counts.ok + counts.error + counts.throttle + counts.fault;
  return { ...counts, total, histogram: toHistogram(histogram) };
}

/** Traces of a window: those in which the service failed, or the slowest, worst first; one segment of each. */
export async function readServiceTraces(
  telemetry: TelemetryStore,
  scope: AccountRegion,
  query: ServiceWindowQuery,
  order: 'failed' | 'slowest',
  limit: number,
): Promise<ServiceTrace[]> {
  const rows = await telemetry.query<{ traceId: string; micros: string; seconds: number; outcome: StatusClass }>(
    `SELECT toString(traceId) AS traceId, micros, seconds, outcome FROM (
       SELECT traceId, toUnixTimestamp64Micro(first) AS micros, ${seconds} AS seconds, ${outcome} AS outcome, flags FROM (${segmentsSql(query)})
       ${order === 'failed' ? 'WHERE flags > 0' : ''} ORDER BY ${order === 'failed' ? 'flags DESC, ' : ''} seconds DESC, traceId LIMIT 1 BY traceId
     ) ORDER BY ${order === 'failed' ? 'flags DESC, ' : ''} seconds DESC, traceId LIMIT {limit:UInt32}`,
    { ...parametersOf(scope, query), limit },
    { timeoutMs: 30_000 },
  );
  return rows.map((row) => ({
    traceId: toXrayTraceId(row.traceId),
    at: new Date(Number(row.micros) / 1000),
    seconds: Number(row.seconds),
    outcome: row.outcome,
  }));
}

const rangeOf = ({ start, end }: ServiceWindowQuery) => ({ startMs: start.getTime(), endMs: end.getTime() });

/** Completed segments of the service, each once. */
function segmentsSql({ revision }: ServiceWindowQuery): string {
  const ofTask = `cluster = {cluster:String} AND service = {service:String}${revision === undefined ? '' : ' AND revision = {revision:String}'}`;
  return `
    SELECT any(trace_id) AS traceId, max(start) AS first, max(end) AS last, argMax(fault * 4 + throttle * 2 + error, tuple(end, hash)) AS flags
    FROM segments
    WHERE account = {account:String} AND region = {region:String} AND kind = 'segment' AND in_progress = 0
      AND start >= fromUnixTimestamp64Milli({from:Int64}) AND start < fromUnixTimestamp64Milli({to:Int64})
      AND ((${ofTask}) OR (service = '' AND name = {service:String}))
    GROUP BY cityHash64(trace_id, id)`;
}

const parametersOf = (scope: AccountRegion, query: ServiceWindowQuery): Record<string, QueryParameter> => ({
  account: scope.account,
  region: scope.region,
  cluster: query.cluster,
  service: query.service,
  revision: query.revision ?? '',
  from: query.start.getTime(),
  to: query.end.getTime(),
});
