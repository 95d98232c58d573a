import type { TelemetryStore } from '../../stores/telemetry/store.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import { isObject, textAt } from '../json-access.ts';
import type { JsonObject, SegmentDocument, TraceId } from '../model.ts';
import { hintCondition } from '../store.ts';
import { mergeTrace, readStoredDocument, type StoredDocument } from '../trace/merge-trace.ts';

export interface PartDocuments {
  /** By id of the segment or subsegment, without `subsegments`. Ids that are not stored are absent. */
  readonly documents: Readonly<Record<string, SegmentDocument>>;
  /** Exceptions that these documents, or exceptions of them, name only by their id, from wherever in the trace they are. */
  readonly exceptions: Readonly<Record<string, JsonObject>>;
  /** Id of the segment or subsegment that each of these exceptions was found in. */
  readonly thrownIn: Readonly<Record<string, string>>;
}

/** An exception of one part is caused by that of another, and so on: so many parts deep at most. */
const causesMax = 10;

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
  const found = new Map<string, FoundException>();
  for (const { document } of stored) collectExceptions(document, found);
  const needed = new Map<string, FoundException>();
  let wanted = Object.values(documents).flatMap(({ cause }) => namedCauses(cause));
  for (let depth = 0; wanted.length > 0 && depth < causesMax; depth += 1) {
    const missing = wanted.filter((id) => !found.has(id));
    if (missing.length > 0) {
      const holders = await read('arrayExists(cause -> position(document, cause) > 0, {causes:Array(String)})', {
        causes: missing,
      });
      for (const { document } of holders) collectExceptions(document, found);
    }
    const next: string[] = [];
    for (const id of wanted) {
      const exception = found.get(id);
      if (!exception || needed.has(id)) continue;
      needed.set(id, exception);
      next.push(...namedCauses(exception.exception));
    }
    wanted = next;
  }
  return {
    documents,
    exceptions: Object.fromEntries([...needed].map(([id, { exception }]) => [id, exception])),
    thrownIn: Object.fromEntries([...needed].map(([id, { partId }]) => [id, partId])),
  };
}

interface FoundException {
  readonly exception: JsonObject;
  readonly partId: string;
}

/** Ids of exceptions that a `cause` block, or one exception, names without having them. */
function namedCauses(cause: unknown): string[] {
  if (typeof cause === 'string') return cause === '' ? [] : [cause];
  if (!isObject(cause)) return [];
  const exceptions: unknown[] = Array.isArray(cause.exceptions) ? cause.exceptions : [cause];
  const own = new Set(exceptions.map((exception) => textAt(exception, 'id')));
  return exceptions.map((exception) => textAt(exception, 'cause')).filter((id) => id !== '' && !own.has(id));
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

function collectExceptions(segment: SegmentDocument, found: Map<string, FoundException>): void {
  const waiting: SegmentDocument[] = [segment];
  for (const { id: partId, cause, subsegments = [] } of waiting) {
    for (const child of subsegments) waiting.push(child);
    const exceptions: unknown[] = isObject(cause) && Array.isArray(cause.exceptions) ? cause.exceptions : [];
    for (const exception of exceptions) {
      const id = textAt(exception, 'id');
      if (id !== '' && isObject(exception) && !found.has(id)) found.set(id, { exception, partId });
    }
  }
}
