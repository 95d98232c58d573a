import type { QueryParameter, TelemetryStore } from '../stores/telemetry/store.ts';
import type { AccountRegion } from '../wire/aws/call-context.ts';
import type { TraceId } from './model.ts';
import { type MergedTrace, mergeTrace, readStoredDocument, type StoredDocument } from './trace/merge-trace.ts';

export interface StoredTrace {
  readonly trace: MergedTrace;
  /** Number of stored documents: grows with each change. */
  readonly revision: number;
  /** Characters of all stored documents. */
  readonly bytes: number;
  /** Whether one of them was sent while it was in progress. */
  readonly hasOpenDocuments: boolean;
}

const daySeconds = 86_400;
const snapshotCondition = 'AND stored <= fromUnixTimestamp64Milli({asOf:Int64})';

/** Whole traces by id, merged. Ids that are not stored are absent. */
export async function readTraces(
  telemetry: TelemetryStore,
  scope: AccountRegion,
  traceIds: readonly TraceId[],
  now: Date,
  options: { asOfMs?: number; signal?: AbortSignal } = {},
): Promise<Map<TraceId, StoredTrace>> {
  const traces = new Map<TraceId, StoredTrace>();
  if (traceIds.length === 0) return traces;
  const hinted = traceIds.filter((id) => isRecentEpoch(id, now));
  await readInto(traces, telemetry, scope, hinted, options, hintCondition(hinted, now));
  const missing = traceIds.filter((id) => !traces.has(id));
  await readInto(traces, telemetry, scope, missing, options, '');
  return traces;
}

/** Which of these traces something is stored of. */
export async function findStoredIds(
  telemetry: TelemetryStore,
  scope: AccountRegion,
  traceIds: readonly TraceId[],
  { asOfMs, signal }: { asOfMs?: number; signal?: AbortSignal } = {},
): Promise<Set<TraceId>> {
  const rows = await telemetry.query<{ traceId: TraceId }>(
    `SELECT DISTINCT toString(trace_id) AS traceId FROM segments WHERE account = {account:String} AND region = {region:String}
       AND trace_id IN {traceIds:Array(String)} ${asOfMs === undefined ? '' : snapshotCondition}`,
    { account: scope.account, region: scope.region, traceIds: [...traceIds], asOf: asOfMs ?? 0 },
    { timeoutMs: 30_000, ...(signal ? { signal } : {}) },
  );
  return new Set(rows.map(({ traceId }) => traceId));
}

/** X-Ray ids begin with the time of the request: then only a few days need to be looked at. */
function isRecentEpoch(id: TraceId, now: Date): boolean {
  const ageSeconds = now.getTime() / 1000 - Number.parseInt(id.slice(0, 8), 16);
  return ageSeconds > -daySeconds && ageSeconds < 31 * daySeconds;
}

/** Bounds the days to look at by the times in the ids; empty when one of them has none. */
export function hintCondition(traceIds: readonly TraceId[], now: Date): string {
  if (!traceIds.every((id) => isRecentEpoch(id, now))) return '';
  const epochs = traceIds.map((id) => Number.parseInt(id.slice(0, 8), 16));
  const first = Math.min(...epochs) - daySeconds;
  const last = Math.max(...epochs) + 8 * daySeconds;
  return `AND start >= toDateTime64(${first}, 6, 'UTC') AND start < toDateTime64(${last}, 6, 'UTC')`;
}

async function readInto(
  traces: Map<TraceId, StoredTrace>,
  telemetry: TelemetryStore,
  scope: AccountRegion,
  traceIds: readonly TraceId[],
  { asOfMs, signal }: { asOfMs?: number; signal?: AbortSignal },
  timeCondition: string,
): Promise<void> {
  if (traceIds.length === 0) return;
  const parameters: Record<string, QueryParameter> = {
    account: scope.account,
    region: scope.region,
    traceIds: [...traceIds],
    asOf: asOfMs ?? 0,
  };
  const snapshot = asOfMs === undefined ? '' : snapshotCondition;
  await readDocumentsInto(traces, {
    query: (sql) => telemetry.query(sql, parameters, { timeoutMs: 30_000, ...(signal ? { signal } : {}) }),
    rows: `account = {account:String} AND region = {region:String} AND trace_id IN {traceIds:Array(String)} ${timeCondition} ${snapshot}`,
  });
}

/** Merges what a condition on `segments` selects; it has to select whole traces. */
export async function readDocumentsInto(
  traces: Map<TraceId, StoredTrace>,
  reading: { readonly rows: string; query(sql: string): Promise<{ traceId: string; document: string }[]> },
): Promise<void> {
  const rows = await reading.query(
    `SELECT toString(trace_id) AS traceId, document FROM segments WHERE ${reading.rows}`,
  );
  const documents = new Map<TraceId, StoredDocument[]>();
  for (const row of rows) {
    const stored = readStoredDocument(row.document);
    if (!stored) continue;
    const ofTrace = documents.get(row.traceId);
    if (ofTrace) ofTrace.push(stored);
    else documents.set(row.traceId, [stored]);
  }
  for (const [traceId, ofTrace] of documents) {
    const bytes = ofTrace.reduce((sum, { text }) => sum + text.length, 0);
    const hasOpenDocuments = ofTrace.some(
      ({ document }) => document.in_progress === true || typeof document.end_time !== 'number',
    );
    traces.set(traceId, {
      trace: mergeTrace(traceId, ofTrace),
      revision: ofTrace.length,
      bytes,
      hasOpenDocuments,
    });
  }
}
