import type { TelemetryStore } from '../../stores/telemetry/store.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import { startsIn, type TimeRange } from '../graph/graph-sql.ts';
import type { TraceFacts } from './decide-thinning.ts';
import { hourMs } from './plan-settling.ts';
import { backgroundSettings } from './settle-minutes.ts';

/** How many traces are decided about together: what this process holds at a time. */
const tracesMax = 100_000;
/** A trace's parts are looked for this long after the hour that it begins in; a longer one is judged by its first parts. */
const afterMs = hourMs;

/** Ids in a path are not what an operation is called: `/users/17` and `/users/18` are one. */
const operation = `replaceRegexpAll(substring(path(http_url), 1, 200), '[0-9a-fA-F]{8,}(-[0-9a-fA-F]+)*|[0-9]+', '#')`;

/** The traces that begin in an hour, in shares of at most about 100,000, each a fair sample of all. */
export async function* readFacts(
  telemetry: TelemetryStore,
  scope: AccountRegion,
  hour: TimeRange,
  grouped: ReadonlySet<string>,
  signal: AbortSignal,
): AsyncIterable<TraceFacts[]> {
  const parameters = { account: scope.account, region: scope.region };
  const options = { timeoutMs: 300_000, signal, settings: backgroundSettings };
  const own = 'account = {account:String} AND region = {region:String}';
  const [all] = await telemetry.query<{ traces: string }>(
    `SELECT uniq(trace_id) AS traces FROM segments WHERE ${own} AND ${startsIn([hour])}`,
    parameters,
    options,
  );
  const shares = Math.ceil(Number(all?.traces ?? 0) / tracesMax);
  const near = startsIn([{ startMs: hour.startMs - hourMs, endMs: hour.endMs + afterMs }]);
  for (let share = 0; share < shares; share += 1) {
    const rows = `${own} AND ${near} AND sipHash64(trace_id) % {shares:UInt32} = {share:UInt32}`;
    const facts = await telemetry.query<Omit<TraceFacts, 'isGrouped' | 'hasProblem'> & { problem: number }>(
      `SELECT toString(trace_id) AS traceId, stratum, CAST(micros, 'Float64') AS durationMicros,
         greatest(segmentProblem, callProblem) AS problem, toString(cityHash64(nodes, ways)) AS signature,
         toUInt32(cityHash64('rank', trace_id)) AS rank
       FROM (
         SELECT trace_id, max(fault OR error OR throttle) AS segmentProblem, min(start) AS first,
           toUnixTimestamp64Micro(max(end)) - toUnixTimestamp64Micro(first) AS micros,
           argMinIf(concat(name, ' ', http_method, ' ', ${operation}), (parent_id != '', start, id), kind = 'segment') AS stratum,
           arraySort(groupUniqArrayIf(64)(cityHash64(name, type), kind = 'segment')) AS nodes
         FROM segments WHERE ${rows} GROUP BY trace_id
         HAVING first >= fromUnixTimestamp64Milli({from:Int64}) AND first < fromUnixTimestamp64Milli({to:Int64})
       ) AS segment LEFT JOIN (
         SELECT trace_id, max(fault OR error OR throttle) AS callProblem,
           arraySort(groupUniqArray(64)(cityHash64(owner_name, target_name, target_type))) AS ways
         FROM calls WHERE ${rows} GROUP BY trace_id
       ) AS call ON segment.trace_id = call.trace_id`,
      { ...parameters, shares, share, from: hour.startMs, to: hour.endMs },
      options,
    );
    yield facts.map(({ problem, ...trace }) => ({
      ...trace,
      hasProblem: Number(problem) !== 0,
      isGrouped: grouped.has(trace.traceId),
    }));
  }
}
