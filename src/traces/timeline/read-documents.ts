import type { TelemetryStore } from '../../stores/telemetry/store.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import { isObject } from '../json-access.ts';
import type { JsonObject, SegmentDocument, TraceId } from '../model.ts';
import { hintCondition } from '../store.ts';
import { mergeTrace, readStoredDocument, type StoredDocument } from '../trace/merge-trace.ts';

export interface PartDocuments {
  /** By id of the segment or subsegment, without `subsegments`. Ids that are not stored are absent. */
  readonly documents: Readonly<Record<string, SegmentDocument>>;
  /** Exceptions that these documents name only by their id, from wherever in the trace they are. */
  readonly exceptions: Readonly<Record<string, JsonObject>>;
}

/** The documents of a few parts of a trace, wherever in others they are nested. */
export async function readPartDocuments(
  telemetry: TelemetryStore,
  scope: AccountRegion,
  traceId: TraceId,
  ids: readonly string[],
  now: Date,
): Promise<PartDocuments> {
  const read = (condition: string, parameters: { ids?: string[]; causes?: string[] }) =>
    readDocuments(telemetry, scope, traceId, condition, parameters, now);
  // Ids that are no ids of a stored row match nothing, and a wrong length would be an error.
  const known = ids.filter((id) => /^[0-9a-f]{16}$/.test(id));
  const stored = known.length > 0 ? await read(holdsIds, { ids: known }) : [];
  const { parts } = mergeTrace(traceId, stored);
  const documents: Record<string, SegmentDocument> = {};
  for (const id of known) {
    const part = parts.get(id);
    if (part) documents[id] = part.document;
  }
  const named = Object.values(documents).flatMap(({ cause }) =>
    typeof cause === 'string' && cause !== '' ? [cause] : [],
  );
  const exceptions: Record<string, JsonObject> = {};
  if (named.length > 0) {
    const holders = await read('arrayExists(cause -> position(document, cause) > 0, {causes:Array(String)})', {
      causes: named,
    });
    for (const { document } of holders) collectExceptions(document, new Set(named), exceptions);
  }
  return { documents, exceptions };
}

const holdsIds =
  '(id IN {ids:Array(String)} OR hasAny(arrayMap(one -> toString(one), subsegment_ids), {ids:Array(String)}))';

async function readDocuments(
  telemetry: TelemetryStore,
  scope: AccountRegion,
  traceId: TraceId,
  condition: string,
  parameters: Record<string, string[]>,
  now: Date,
): Promise<StoredDocument[]> {
  const run = (hint: string) =>
    telemetry.query<{ document: string }>(
      `SELECT document FROM segments
       WHERE account = {account:String} AND region = {region:String} AND trace_id = {traceId:String} ${hint} AND ${condition} LIMIT 10000`,
      { account: scope.account, region: scope.region, traceId, ...parameters },
      { timeoutMs: 30_000 },
    );
  const hint = hintCondition([traceId], now);
  let rows = await run(hint);
  if (rows.length === 0 && hint !== '') rows = await run('');
  return rows.flatMap((row) => readStoredDocument(row.document) ?? []);
}

function collectExceptions(
  segment: SegmentDocument,
  wanted: ReadonlySet<string>,
  found: Record<string, JsonObject>,
): void {
  const waiting: SegmentDocument[] = [segment];
  for (const { cause, subsegments = [] } of waiting) {
    for (const child of subsegments) waiting.push(child);
    const exceptions: unknown[] = isObject(cause) && Array.isArray(cause.exceptions) ? cause.exceptions : [];
    for (const exception of exceptions) {
      if (!isObject(exception)) continue;
      const { id } = exception;
      if (typeof id === 'string' && wanted.has(id)) found[id] ??= exception;
    }
  }
}
