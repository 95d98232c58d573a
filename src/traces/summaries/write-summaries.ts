import type { QueryParameter, TelemetryStore } from '../../stores/telemetry/store.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import { inferredNodesSql, traceAggregateColumns } from '../filter/compile-filter.ts';
import { newestVersion } from '../find-traces.ts';
import type { TraceId } from '../model.ts';
import type { OnSettled, SettledMinutes } from '../settle/index.ts';
import { readDocumentsInto, type StoredTrace } from '../store.ts';
import { summarizeTrace } from '../trace/summarize-trace.ts';
import { writeSummary } from './summary-json.ts';

/** Traces at a time: between two of these the process answers others. */
const tracesAtOnce = 300;
/** Where the other parts of a settled trace are looked for first: as far as lists of traces look around their range. */
const beforeMs = 600_000;
const afterMs = 3_600_000;
const dayMs = 86_400_000;
/** Nobody waits for this: one processor, and memory that leaves room for queries. */
const settings = { max_threads: 1, max_memory_usage: 600_000_000 };

/** Keeps the line of each settled trace in the list of traces. */
export function summariesWriter(telemetry: TelemetryStore): OnSettled {
  return async (minutes, signal) => {
    for await (const traceIds of minutes.traceIds()) {
      for (let first = 0; first < traceIds.length; first += tracesAtOnce) {
        signal.throwIfAborted();
        await writeInParts(telemetry, minutes, traceIds.slice(first, first + tracesAtOnce), signal);
      }
    }
  };
}

/** Traces whose documents are too large to be read at once are read by halves; one that is by itself is kept without JSON. */
async function writeInParts(
  telemetry: TelemetryStore,
  minutes: SettledMinutes,
  traceIds: readonly TraceId[],
  signal: AbortSignal,
): Promise<void> {
  try {
    await writeSummaries(telemetry, minutes, traceIds, signal);
  } catch (error) {
    if (signal.aborted || !isTooLarge(error)) throw error;
    if (traceIds.length === 1) {
      const reading = new SummaryReading(telemetry, minutes, signal);
      const known = await reading.readKnown(traceIds, around(minutes));
      const rows = await reading.summarize(traceIds, undefined, undefined, known);
      return telemetry.insert('trace_summaries', rows, { acknowledged: true });
    }
    const half = traceIds.length >> 1;
    await writeInParts(telemetry, minutes, traceIds.slice(0, half), signal);
    await writeInParts(telemetry, minutes, traceIds.slice(half), signal);
  }
}

/** The engine's limits of a result and of memory, and the longest text there is. */
const tooLargeCodes = new Set(['396', '241']);

function isTooLarge(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return error instanceof RangeError || code === 'ERR_STRING_TOO_LONG' || tooLargeCodes.has(String(code));
}

const around = ({ startMs, endMs }: SettledMinutes): Span => ({ fromMs: startMs - dayMs, toMs: endMs + dayMs });

interface Known {
  readonly traceId: TraceId;
  readonly startMicros: string;
  readonly documents: number;
}

async function writeSummaries(
  telemetry: TelemetryStore,
  minutes: SettledMinutes,
  traceIds: readonly TraceId[],
  signal: AbortSignal,
): Promise<void> {
  const near = { fromMs: minutes.startMs - beforeMs, toMs: minutes.endMs + afterMs };
  const reading = new SummaryReading(telemetry, minutes, signal);
  const [known, traces] = await Promise.all([
    reading.readKnown(traceIds, around(minutes)),
    reading.readTraces(traceIds, near),
  ]);
  // What a summary knows of and is not near is read wherever it is: by the index of ids, which takes longer.
  const far = traceIds.filter((id) =>
    known.some(
      (row) => row.traceId === id && (isOutside(row, near) || row.documents > (traces.get(id)?.revision ?? 0)),
    ),
  );
  const isFar = new Set(far);
  const close = traceIds.filter((id) => !isFar.has(id));
  const rows = [
    ...(await reading.summarize(close, traces, near, known)),
    ...(far.length > 0 ? await reading.summarize(far, await reading.readTraces(far, undefined), undefined, known) : []),
  ];
  await telemetry.insert('trace_summaries', rows, { acknowledged: true });
}

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

function isOutside({ startMicros }: Known, { fromMs, toMs }: Span): boolean {
  return Number(startMicros) < fromMs * 1000 || Number(startMicros) >= toMs * 1000;
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

  /** Summaries that were written before, also those whose trace has moved since. */
  readKnown(traceIds: readonly TraceId[], span: Span): Promise<Known[]> {
    return this.query<Known>(
      `SELECT toString(trace_id) AS traceId, toUnixTimestamp64Micro(start) AS startMicros, max(documents) AS documents
       FROM trace_summaries WHERE ${this.rows(span)} GROUP BY trace_id, start HAVING argMax(deleted, trace_summaries.documents) = 0`,
      traceIds,
      span,
    );
  }

  async readTraces(traceIds: readonly TraceId[], span: Span | undefined): Promise<Map<TraceId, StoredTrace>> {
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
    span: Span | undefined,
    known: readonly Known[],
  ): Promise<object[]> {
    const hasVersions = !traces || traceIds.some((id) => traces.get(id)?.hasOpenDocuments);
    const { columns, facts, inferred } = await this.readColumns(traceIds, span, hasVersions);
    const rows: object[] = [];
    for (const row of columns) {
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
      for (const { traceId, startMicros } of known) {
        const hasMoved = traceId === row.traceId && startMicros !== row.startMicros;
        if (hasMoved) rows.push({ ...key, start: toSeconds(startMicros), deleted: 1 });
      }
    }
    return rows;
  }

  /**
   * What filters ask for, by the same expressions that answer for traces without a summary. Only conditions on the whole
   * trace leave out versions that were replaced; where there are none, one statement does for all.
   */
  private async readColumns(traceIds: readonly TraceId[], span: Span | undefined, hasVersions: boolean) {
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

  private rows(span: Span | undefined): string {
    const time = span
      ? 'AND start >= fromUnixTimestamp64Milli({from:Int64}) AND start < fromUnixTimestamp64Milli({to:Int64})'
      : '';
    return `account = {account:String} AND region = {region:String} AND trace_id IN {traceIds:Array(String)} ${time}`;
  }

  private query<Row>(sql: string, traceIds: readonly TraceId[], span: Span | undefined): Promise<Row[]> {
    const parameters: Record<string, QueryParameter> = {
      account: this.scope.account,
      region: this.scope.region,
      traceIds: [...traceIds],
      from: Math.round(span?.fromMs ?? 0),
      to: Math.round(span?.toMs ?? 0),
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
