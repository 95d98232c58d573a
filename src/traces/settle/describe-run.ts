import type { TelemetryStore } from '../../stores/telemetry/store.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import { startsIn, type TimeRange } from '../graph/graph-sql.ts';
import type { TraceId } from '../model.ts';
import type { SettledMinutes, SettledTraces } from './index.ts';
import { backgroundSettings } from './settle-minutes.ts';

/** Where the other parts of a settled trace are looked for: as far as lists of traces look around their range. */
const beforeMs = 600_000;
const afterMs = 3_600_000;
/** Documents of a batch, about: what is read and answered in some tens of milliseconds. */
const batchDocuments = 4_000;
const batchTracesMax = 1_000;
/** Traces that take longer are batches of their own: the others' parts lie close together. */
const longMicros = 10_000_000;
const idLength = 32;

interface BatchRow {
  readonly ids: string;
  readonly fromMicros: string;
  readonly toMicros: string;
}

/** Minutes as those are told of them who keep something for each settled trace. */
export function describeRun(
  telemetry: TelemetryStore,
  { account, region }: AccountRegion,
  run: TimeRange,
  asOfMs: number,
  /** Until when everything is in what was told of these minutes before; 0 when they are told of for the first time. */
  toldAsOfMs: number,
  signal: AbortSignal,
): SettledMinutes {
  const near = { startMs: run.startMs - beforeMs, endMs: run.endMs + afterMs };
  const tracesSql = tracesOf(run, near, toldAsOfMs);
  return {
    account,
    region,
    ...run,
    asOfMs,
    tracesSql,
    async *traces(): AsyncGenerator<SettledTraces> {
      const rows = await telemetry.query<BatchRow>(
        batchesSql(tracesSql, near),
        { account, region },
        { timeoutMs: 300_000, signal, settings: backgroundSettings },
      );
      for (const { ids, fromMicros, toMicros } of rows) {
        yield {
          traceIds: splitIds(ids),
          startMs: Math.floor(Number(fromMicros) / 1000),
          endMs: Math.floor(Number(toMicros) / 1000) + 1,
        };
      }
    },
  };
}

const own = 'account = {account:String} AND region = {region:String}';

/** Traces of a run; where they were told of before, those of which something has arrived since. */
function tracesOf(run: TimeRange, near: TimeRange, toldAsOfMs: number): string {
  const arrived = (table: string) =>
    `SELECT trace_id FROM ${table} WHERE ${own} AND ${startsIn([near])} AND stored > fromUnixTimestamp64Milli(toInt64(${Math.round(toldAsOfMs)}))`;
  const again = toldAsOfMs > 0 ? `AND trace_id IN (${arrived('segments')} UNION ALL ${arrived('calls')})` : '';
  return `SELECT trace_id FROM segments WHERE ${own} AND ${startsIn([run])} ${again}`;
}

/**
 * Traces that are neighbours in time together: the rows of such a batch lie in a few granules, whatever else the minutes
 * hold. The rows near the run are looked through once, not once for each batch.
 */
function batchesSql(tracesSql: string, near: TimeRange): string {
  const parts = (table: string, isDocument: 0 | 1) =>
    `SELECT trace_id, start, ${isDocument} AS documents FROM ${table}
     WHERE ${own} AND ${startsIn([near])} AND trace_id IN (${tracesSql})`;
  return `SELECT arrayStringConcat(groupArray(toString(trace_id))) AS ids, toUnixTimestamp64Micro(min(first)) AS fromMicros,
    toUnixTimestamp64Micro(max(last)) AS toMicros
  FROM (
    SELECT trace_id, first, last, isLong, greatest(
        intDiv(sum(count) OVER (ORDER BY isLong, first, trace_id ROWS UNBOUNDED PRECEDING) - count, ${batchDocuments}),
        intDiv(row_number() OVER (ORDER BY isLong, first, trace_id) - 1, ${batchTracesMax})) AS batch
    FROM (
      SELECT trace_id, min(start) AS first, max(start) AS last, sum(documents) AS count,
        toUnixTimestamp64Micro(last) - toUnixTimestamp64Micro(first) > ${longMicros} AS isLong
      FROM (${parts('segments', 1)} UNION ALL ${parts('calls', 0)}) GROUP BY trace_id
    )
  ) GROUP BY isLong, batch ORDER BY isLong, batch`;
}

function splitIds(ids: string): TraceId[] {
  return Array.from({ length: ids.length / idLength }, (_, index) =>
    ids.slice(index * idLength, (index + 1) * idLength),
  );
}
