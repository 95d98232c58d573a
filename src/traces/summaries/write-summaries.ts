import { setImmediate as nextTurn } from 'node:timers/promises';
import type { QueryParameter, TelemetryStore } from '../../stores/telemetry/store.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import { inferredNodesSql, traceAggregateColumns } from '../filter/compile-filter.ts';
import { newestVersion } from '../find-traces.ts';
import { startsIn, type TimeRange } from '../graph/graph-sql.ts';
import type { TraceId } from '../model.ts';
import type { OnSettled, SettledMinutes, SettledTraces } from '../settle/index.ts';
import { readDocumentsInto, type StoredTrace } from '../store.ts';
import { summarizeTrace } from '../trace/summarize-trace.ts';
import { writeSummary } from './summary-json.ts';

/** Traces after which others get their turn: a few milliseconds. */
const turnTraces = 100;
/** Where the other parts of a settled trace are, as far as its batch says: as far as lists of traces look around their range. */
const beforeMs = 600_000;
const afterMs = 3_600_000;
const dayMs = 86_400_000;
/** Nobody waits for this: one processor, and memory that leaves room for queries. Its statements carry their own constants. */
const settings = {
  max_threads: 1,
  max_memory_usage: 600_000_000,
  compile_expressions: 0,
  compile_aggregate_expressions: 0,
};

/** Keeps the line of each settled trace in the list of traces. */
export function summariesWriter(telemetry: TelemetryStore): OnSettled {
  return async (minutes, signal) => {
    const reading = new SummaryReading(telemetry, minutes, signal);
    let known: KnownSummaries | undefined;
    for await (const traces of minutes.traces()) {
      signal.throwIfAborted();
      known ??= await reading.readKnown(minutes);
      const near = { startMs: minutes.startMs - beforeMs, endMs: minutes.endMs + afterMs };
      await writeInParts(reading, { known, near, signal }, traces);
    }
  };
}

interface Around {
  readonly known: KnownSummaries;
  readonly near: TimeRange;
  readonly signal: AbortSignal;
}

/** Traces whose documents are too large to be read at once are read by halves; one that is by itself is kept without JSON. */
async function writeInParts(reading: SummaryReading, around: Around, traces: SettledTraces): Promise<void> {
  const { traceIds } = traces;
  try {
    await writeSummaries(reading, around, traces);
  } catch (error) {
    if (around.signal.aborted || !isTooLarge(error)) throw error;
    if (traceIds.length === 1) {
      return reading.write(await reading.summarize(traceIds, undefined, undefined, around.known));
    }
    const half = traceIds.length >> 1;
    await writeInParts(reading, around, { ...traces, traceIds: traceIds.slice(0, half) });
    await writeInParts(reading, around, { ...traces, traceIds: traceIds.slice(half) });
  }
}

/** The engine's limits of a result and of memory, and the longest text there is. */
const tooLargeCodes = new Set(['396', '241']);

function isTooLarge(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return error instanceof RangeError || code === 'ERR_STRING_TOO_LONG' || tooLargeCodes.has(String(code));
}

interface Known {
  readonly traceId: TraceId;
  readonly startMicros: string;
  readonly documents: number;
}

/** Summaries that were written before, also those whose trace has moved since. */
type KnownSummaries = ReadonlyMap<TraceId, readonly Known[]>;

async function writeSummaries(reading: SummaryReading, around: Around, traces: SettledTraces): Promise<void> {
  const { known, near } = around;
  const { traceIds } = traces;
  const stored = await reading.readTraces(traceIds, traces);
  // What a summary knows of and is not near is read wherever it is: by the index of ids, which takes longer.
  const isFar = (id: TraceId) =>
    known.get(id)?.some((row) => isOutside(row, near) || row.documents > (stored.get(id)?.revision ?? 0)) ?? false;
  const far = traceIds.filter(isFar);
  const close = far.length === 0 ? traceIds : traceIds.filter((id) => !isFar(id));
  const rows = [
    ...(close.length > 0 ? await reading.summarize(close, stored, traces, known) : []),
    ...(far.length > 0 ? await reading.summarize(far, await reading.readTraces(far, undefined), undefined, known) : []),
  ];
  await reading.write(rows);
}

function isOutside({ startMicros }: Known, { startMs, endMs }: TimeRange): boolean {
  return Number(startMicros) < startMs * 1000 || Number(startMicros) >= endMs * 1000;
}

interface ColumnsRow {
  readonly traceId: TraceId;
  readonly startMicros: string;
  readonly root: [number, number, number, string, string, string, string, number];
  readonly any_throttle: number;
  readonly any_in_progress: number;
  readonly trace_seconds: number;
  readonly storedMs: number[];
  readonly documents: string;
}

interface FactsRow {
  readonly traceId: TraceId;
  readonly nodes: [name: string, type: string][];
  readonly found: string[];
}

interface NodesRow {
  readonly traceId: TraceId;
  readonly nodes: [name: string, type: string][];
}

class SummaryReading {
  private readonly telemetry: TelemetryStore;
  private readonly scope: AccountRegion;
  private readonly signal: AbortSignal;

  constructor(telemetry: TelemetryStore, scope: AccountRegion, signal: AbortSignal) {
    this.telemetry = telemetry;
    this.scope = { account: scope.account, region: scope.region };
    this.signal = signal;
  }

  /** Of the traces of these minutes. Once for all of them: summaries are not ordered by id. */
  async readKnown({ startMs, endMs, tracesSql }: SettledMinutes): Promise<KnownSummaries> {
    const own = 'account = {account:String} AND region = {region:String}';
    const rows = await this.query<Known>(
      `SELECT toString(trace_id) AS traceId, toUnixTimestamp64Micro(start) AS startMicros, max(documents) AS documents
       FROM trace_summaries WHERE ${own} AND ${startsIn([{ startMs: startMs - dayMs, endMs: endMs + dayMs }])}
         AND trace_id IN (${tracesSql}) GROUP BY trace_id, start HAVING argMax(deleted, trace_summaries.documents) = 0`,
    );
    const known = new Map<TraceId, Known[]>();
    for (const row of rows) {
      const others = known.get(row.traceId);
      if (others) others.push(row);
      else known.set(row.traceId, [row]);
    }
    return known;
  }

  async write(rows: readonly object[]): Promise<void> {
    if (rows.length > 0) await this.telemetry.insert('trace_summaries', rows, { acknowledged: true });
  }

  async readTraces(traceIds: readonly TraceId[], span: TimeRange | undefined): Promise<Map<TraceId, StoredTrace>> {
    const traces = new Map<TraceId, StoredTrace>();
    await readDocumentsInto(traces, {
      query: (sql) => this.query<{ traceId: string; document: string }>(sql, traceIds, span),
      rows: this.rows(span),
    });
    return traces;
  }

  async summarize(
    traceIds: readonly TraceId[],
    /** Undefined: without the JSON; whoever lists the trace reads its documents. */
    traces: ReadonlyMap<TraceId, StoredTrace> | undefined,
    span: TimeRange | undefined,
    known: KnownSummaries,
  ): Promise<object[]> {
    const hasVersions = !traces || traceIds.some((id) => traces.get(id)?.hasOpenDocuments);
    const { columns, facts, inferred } = await this.readColumns(traceIds, span, hasVersions);
    const rows: object[] = [];
    for (const [index, row] of columns.entries()) {
      if (index % turnTraces === turnTraces - 1) await nextTurn();
      const stored = traces?.get(row.traceId);
      if (traces && !stored) continue;
      const { nodes = [], found = [] } = facts.get(row.traceId) ?? {};
      const key = { ...this.scope, trace_id: row.traceId, documents: stored?.revision ?? Number(row.documents) };
      rows.push({
        ...key,
        ...columnsOf(row, [...nodes, ...(inferred.get(row.traceId) ?? [])]),
        annotations: found,
        summary: stored ? writeSummary(summarizeTrace(stored.trace, this.scope.account, stored.revision)) : '',
      });
      for (const { startMicros } of known.get(row.traceId) ?? []) {
        if (startMicros !== row.startMicros) rows.push({ ...key, start: toSeconds(startMicros), deleted: 1 });
      }
    }
    return rows;
  }

  /**
   * What filters ask for, by the same expressions that answer for traces without a summary. Only conditions on the whole
   * trace leave out versions that were replaced; where there are none, one statement does for all.
   */
  private async readColumns(traceIds: readonly TraceId[], span: TimeRange | undefined, hasVersions: boolean) {
    const rows = this.rows(span);
    const ofTrace = `toUnixTimestamp64Micro(min(segments.start)) AS startMicros, count() AS documents, ${traceAggregateColumns},
      arraySort(groupUniqArray(toUnixTimestamp64Milli(segments.stored))) AS storedMs`;
    const ofParts = `groupUniqArrayIf((name, type), kind = 'segment') AS nodes, arraySort(groupUniqArrayArray(annotations)) AS found`;
    const select = <Row>(columns: string, from: string) =>
      this.query<Row>(
        `SELECT toString(trace_id) AS traceId, ${columns} FROM ${from} GROUP BY trace_id`,
        traceIds,
        span,
      );
    const callRows = inferredNodesSql(rows, rows);
    const [columns, parts, inferred] = await Promise.all([
      hasVersions
        ? select<ColumnsRow>(ofTrace, `segments WHERE ${rows} AND ${newestVersion(rows)}`)
        : select<ColumnsRow & FactsRow>(`${ofTrace}, ${ofParts}`, `segments WHERE ${rows}`),
      hasVersions ? select<FactsRow>(ofParts, `segments WHERE ${rows}`) : undefined,
      select<NodesRow>('groupUniqArray((target_name, target_type)) AS nodes', `calls WHERE ${callRows}`),
    ]);
    return {
      columns,
      facts: new Map((parts ?? (columns as (ColumnsRow & FactsRow)[])).map((row) => [row.traceId, row])),
      inferred: new Map(inferred.map(({ traceId, nodes }) => [traceId, nodes])),
    };
  }

  private rows(span: TimeRange | undefined): string {
    const time = span
      ? 'AND start >= fromUnixTimestamp64Milli({from:Int64}) AND start < fromUnixTimestamp64Milli({to:Int64})'
      : '';
    return `account = {account:String} AND region = {region:String} AND trace_id IN {traceIds:Array(String)} ${time}`;
  }

  private query<Row>(sql: string, traceIds: readonly TraceId[] = [], span?: TimeRange): Promise<Row[]> {
    const parameters: Record<string, QueryParameter> = {
      account: this.scope.account,
      region: this.scope.region,
      traceIds: [...traceIds],
      from: Math.round(span?.startMs ?? 0),
      to: Math.round(span?.endMs ?? 0),
    };
    return this.telemetry.query<Row>(sql, parameters, { timeoutMs: 120_000, signal: this.signal, settings });
  }
}

function columnsOf(row: ColumnsRow, nodes: FactsRow['nodes']) {
  const [fault, error, http_status, http_url, http_method, user_agent, client_ip, responseSeconds] = row.root;
  return {
    start: toSeconds(row.startMicros),
    fault,
    error,
    any_throttle: row.any_throttle,
    any_in_progress: row.any_in_progress,
    http_status,
    http_method,
    http_url,
    user_agent,
    client_ip,
    response_micros: Math.round(responseSeconds * 1e6),
    trace_micros: Math.round(row.trace_seconds * 1e6),
    node_names: nodes.map(([name]) => name),
    node_types: nodes.map(([, type]) => type),
    stored: row.storedMs.map((ms) => toSeconds(`${ms}000`)),
  };
}

/** Epoch seconds with six decimals: what the engine takes for a time without losing any. */
function toSeconds(micros: string): string {
  const padded = micros.padStart(7, '0');
  return `${padded.slice(0, -6)}.${padded.slice(-6)}`;
}
