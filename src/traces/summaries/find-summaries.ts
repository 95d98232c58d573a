import type { TraceSummary } from '@aws-sdk/client-xray';
import { RowReader } from '../../stores/telemetry/rows/row-reader.ts';
import type { QueryParameter, TelemetryStore } from '../../stores/telemetry/store.ts';
import { type CompiledFilter, compileFilter } from '../filter/compile-filter.ts';
import { SqlParameters } from '../filter/sql-parameters.ts';
import { afterMs, beforeMs, type TracePage } from '../find-traces.ts';
import { startsIn, type TimeRange } from '../graph/graph-sql.ts';
import type { TraceId } from '../model.ts';
import { rawSummary, readSummary } from './summary-json.ts';

/** A settled trace, with its line of the list. */
export interface FoundSummary {
  readonly traceId: TraceId;
  readonly startMicros: string;
  readonly atoms: readonly number[];
  /** Undefined: the trace was too large to be summarised; its documents have to be read. */
  readonly summary: TraceSummary | undefined;
}

/** Traces whose summaries do not hold: something of them is stored that is not in. */
export interface Unsettled {
  /** Absent: too many to name. */
  readonly traceIds?: readonly TraceId[];
  /** SQL that selects rows of theirs on `segments`, and its parameters. */
  readonly rows: string;
  readonly parameters: Readonly<Record<string, QueryParameter>>;
}

/** Ids beyond this are selected by a statement instead of by name. */
const namedMax = 2_000;
/** Ranges of a statement; more are joined with what lies between them. */
const rangesMax = 30;

/** Where arrivals are looked for that are not in the summaries of a range. */
export interface Arrivals {
  /** Minutes that are not settled, as ranges. */
  readonly open: readonly TimeRange[];
  /** What was stored later is in none. */
  readonly storedAfterMs: number;
}

/** SQL that selects rows, on `segments`, of traces whose summaries do not hold. */
function unsettledRows(query: TracePage, { open, storedAfterMs }: Arrivals) {
  const isEvent = query.rangeType === 'Event';
  const inOpen = open.length > 0 ? `OR ${startsIn(joinNearest(open))}` : '';
  const until = isEvent ? '' : 'AND start < fromUnixTimestamp64Milli({unsettledTo:Int64})';
  return {
    rows: `account = {account:String} AND region = {region:String} AND start >= fromUnixTimestamp64Milli({unsettledFrom:Int64}) ${until}
      AND (stored > fromUnixTimestamp64Milli({storedAfter:Int64}) ${inOpen})`,
    parameters: {
      // A late part may begin the trace earlier than its summary says.
      unsettledFrom: isEvent ? 0 : Math.max(0, Math.round(query.startMs - afterMs)),
      unsettledTo: Math.round(query.endMs + afterMs),
      storedAfter: Math.round(storedAfterMs),
    },
  };
}

/** Finds the traces that begin in the range, or may, and whose summary does not hold. */
export async function findUnsettled(
  telemetry: TelemetryStore,
  query: TracePage,
  arrivals: Arrivals,
  signal?: AbortSignal,
): Promise<Unsettled> {
  const { rows, parameters } = unsettledRows(query, arrivals);
  const found = await telemetry.query<{ traceId: TraceId }>(
    `SELECT DISTINCT toString(trace_id) AS traceId FROM segments WHERE ${rows} LIMIT ${namedMax + 1}`,
    { account: query.account, region: query.region, ...parameters },
    { timeoutMs: 30_000, ...(signal ? { signal } : {}) },
  );
  if (found.length > namedMax) return { rows, parameters };
  const traceIds = found.map(({ traceId }) => traceId);
  return { rows, parameters: { ...parameters, unsettled: traceIds }, traceIds };
}

/**
 * A page of settled traces that begin in the range, newest first, the unsettled left out. The keys of the page are found
 * first; then its summaries are read, and no others.
 */
export async function findSummaries(
  telemetry: TelemetryStore,
  query: TracePage,
  unsettled: Unsettled,
  signal?: AbortSignal,
): Promise<{ found: FoundSummary[]; filter: CompiledFilter }> {
  const { filter, values, inRange } = summariesSql(query);
  const atoms = filter.rest?.atoms ?? [];
  const others = unsettled.traceIds
    ? unsettled.traceIds.length === 0
      ? 'true'
      : 'trace_id NOT IN {unsettled:Array(String)}'
    : `trace_id NOT IN (SELECT trace_id FROM segments WHERE ${unsettled.rows})`;
  const { rareSummary } = filter;
  const conditions = [
    inRange,
    // Versions that do not hold may be among these, so the condition itself is asked once more.
    ...(rareSummary
      ? [
          `(start, trace_id) IN (SELECT start, trace_id FROM trace_summaries PREWHERE ${rareSummary.small} WHERE ${inRange} AND ${rareSummary.exact})`,
        ]
      : []),
    ...(query.rangeType === 'Event' ? [storedInRange] : []),
    others,
    filter.condition,
    ...(query.share === undefined ? [] : ['cityHash64(toString(trace_id)) % 1000000 < {share:UInt32}']),
    ...(query.after ? [afterPosition] : []),
  ];
  const rows = await telemetry.queryBytes(
    `SELECT toString(trace_id) AS traceId, toUnixTimestamp64Micro(start) AS startMicros,
       [${atoms.map((atom) => `toUInt8(${atom})`).join(', ')}]::Array(UInt8) AS atoms, summary
     FROM trace_summaries FINAL
     WHERE ${inRange} AND (start, trace_id) IN (
       SELECT start, trace_id FROM trace_summaries FINAL WHERE ${conditions.join(' AND ')}
       ORDER BY start DESC, trace_id DESC LIMIT {limit:UInt32})
     ORDER BY start DESC, trace_id DESC LIMIT {limit:UInt32}`,
    {
      ...values,
      ...unsettled.parameters,
      limit: query.limit,
      share: Math.round((query.share ?? 1) * 1e6),
      afterMicros: query.after?.startMicros ?? '0',
      afterId: query.after?.traceId ?? '',
    },
    { timeoutMs: 30_000, settings: finalSettings, ...(signal ? { signal } : {}) },
  );
  const toSummary = query.takesRawJson && !filter.rest ? passOn : readSummary;
  return { found: readFound(rows, toSummary), filter };
}

/** A trace's rows are of one day: nothing has to be compared between days. */
const finalSettings = { do_not_merge_across_partitions_select_final: 1 };

const afterPosition = `(start < fromUnixTimestamp64Micro({afterMicros:Int64})
  OR (start = fromUnixTimestamp64Micro({afterMicros:Int64}) AND trace_id < {afterId:String}))`;
const storedInRange = `arrayExists(moment -> moment >= fromUnixTimestamp64Milli({rangeFrom:Int64})
  AND moment < fromUnixTimestamp64Milli({rangeTo:Int64}), stored)`;

const exactRangeMsMax = 12 * 3_600_000;

/** How many traces of settled minutes begin in the range; from some ten thousand on, about. */
export async function countSummaries(telemetry: TelemetryStore, query: TracePage, arrivals: Arrivals): Promise<number> {
  const { values, inRange } = summariesSql({ ...query, filterExpression: '' });
  const condition = query.rangeType === 'Event' ? `${inRange} AND ${storedInRange}` : inRange;
  const { rows, parameters } = unsettledRows(query, arrivals);
  const storedThen =
    'stored >= fromUnixTimestamp64Milli({rangeFrom:Int64}) AND stored < fromUnixTimestamp64Milli({rangeTo:Int64})';
  const changed = `start >= fromUnixTimestamp64Milli({startFrom:Int64}) AND start < fromUnixTimestamp64Milli({startTo:Int64})
    ${query.rangeType === 'Event' ? `AND ${storedThen}` : ''}`;
  // Exactly where people look at each of them; of days, versions that are not put together yet are counted twice.
  const isLong = query.endMs - query.startMs > exactRangeMsMax;
  const summaries = `FROM trace_summaries WHERE ${condition} AND deleted = 0`;
  const [row] = await telemetry.query<{ count: string }>(
    isLong
      ? `SELECT count() AS count ${summaries}`
      : `SELECT uniq(trace_id) AS count FROM (SELECT trace_id ${summaries}
           UNION ALL SELECT trace_id FROM segments WHERE ${rows} AND ${changed})`,
    { ...values, ...parameters },
    { timeoutMs: 30_000 },
  );
  return Number(row?.count ?? 0);
}

function summariesSql(query: TracePage): {
  filter: CompiledFilter;
  values: Record<string, QueryParameter>;
  inRange: string;
} {
  const scope = 'account = {account:String} AND region = {region:String}';
  const window =
    'start >= fromUnixTimestamp64Milli({wideFrom:Int64}) AND start < fromUnixTimestamp64Milli({wideTo:Int64})';
  const parameters = new SqlParameters();
  const rows = `${scope} AND ${window}`;
  const filter = compileFilter(
    query.filterExpression,
    { rows, callRows: rows, groups: query.groups, accountId: query.account, ofSummaries: true },
    parameters,
  );
  return {
    filter,
    inRange: `${scope} AND start >= fromUnixTimestamp64Milli({startFrom:Int64}) AND start < fromUnixTimestamp64Milli({startTo:Int64})`,
    values: {
      ...parameters.values,
      account: query.account,
      region: query.region,
      startFrom: Math.round(query.windowStartMs ?? query.startMs),
      startTo: Math.round(query.windowEndMs ?? query.endMs),
      rangeFrom: Math.round(query.startMs),
      rangeTo: Math.round(query.endMs),
      wideFrom: Math.round((query.windowStartMs ?? query.startMs) - beforeMs),
      wideTo: Math.round((query.windowEndMs ?? query.endMs) + afterMs),
    },
  };
}

const passOn = (json: Buffer): TraceSummary => rawSummary(json) ?? readSummary(json);

function readFound(rows: Buffer, toSummary: (json: Buffer) => TraceSummary): FoundSummary[] {
  const reader = new RowReader(rows);
  const found: FoundSummary[] = [];
  while (!reader.isAtEnd) {
    const traceId = reader.text();
    const startMicros = String(reader.int64());
    const atoms = reader.array(() => reader.uint8());
    const json = reader.bytes();
    found.push({ traceId, startMicros, atoms, summary: json.length === 0 ? undefined : toSummary(json) });
  }
  return found;
}

/** Joins over the shortest gaps until few enough are left. */
function joinNearest(ranges: readonly TimeRange[]): TimeRange[] {
  const sorted = [...ranges].sort((a, b) => a.startMs - b.startMs);
  if (sorted.length <= rangesMax) return sorted;
  const widest = sorted
    .slice(1)
    .map(({ startMs }, index) => ({ index: index + 1, gapMs: startMs - sorted[index]!.endMs }))
    .sort((a, b) => b.gapMs - a.gapMs)
    .slice(0, rangesMax - 1);
  const begins = new Set([0, ...widest.map(({ index }) => index)]);
  const joined: { startMs: number; endMs: number }[] = [];
  for (const [index, { startMs, endMs }] of sorted.entries()) {
    if (begins.has(index)) joined.push({ startMs, endMs });
    else joined.at(-1)!.endMs = Math.max(joined.at(-1)!.endMs, endMs);
  }
  return joined;
}
