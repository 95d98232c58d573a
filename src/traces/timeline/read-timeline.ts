import type { TelemetryStore } from '../../stores/telemetry/store.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import { isObject, objectAt, textAt } from '../json-access.ts';
import { type SegmentDocument, type TraceId, toXrayTraceId } from '../model.ts';
import { inferTarget } from '../receive/infer-target.ts';
import { flagsOf } from '../receive/to-rows.ts';
import { hintCondition } from '../store.ts';
import { layOutTimeline } from '../trace/lay-out-timeline.ts';
import { readStoredDocument } from '../trace/merge-trace.ts';
import { type TimelinePart, type TimelineRows, type TimelineShape, timelineFlags } from '../trace/timeline-part.ts';

/** What the timeline of a trace shows before any document is asked for. */
export interface Timeline {
  readonly traceId: string;
  /** Another one after each change of the trace. */
  readonly revision: string;
  readonly startMicros: number;
  readonly endMicros: number;
  readonly names: readonly string[];
  readonly callees: readonly { readonly name: string; readonly type: string }[];
  readonly rows: TimelineRows;
  /** The request, as the first root saw it. */
  readonly request: {
    readonly method: string;
    readonly url: string;
    readonly status: number;
    readonly clientIp: string;
  };
  readonly tasks: readonly { readonly arn: string; readonly service: string }[];
  /** Of failed rows, one of each kind, at most 20. */
  readonly troubles: readonly { readonly row: number; readonly type: string; readonly message: string }[];
}

const troublesMax = 20;
const tasksMax = 200;
const failedMax = 5_000;
/** Numbers arrive as numbers: microseconds since 1970 are exact in a double for 285 years. */
const settings = { output_format_json_quote_64bit_integers: 0 };

/** Undefined when nothing of the trace is stored. */
export async function readTimeline(
  telemetry: TelemetryStore,
  scope: AccountRegion,
  traceId: TraceId,
  now: Date,
  signal?: AbortSignal,
): Promise<Timeline | undefined> {
  const hint = hintCondition([traceId], now);
  const found = await readParts(telemetry, scope, traceId, hint, signal);
  const read = found ?? (hint === '' ? undefined : await readParts(telemetry, scope, traceId, '', signal));
  return read && toTimeline(traceId, read);
}

/** Tells cheaply whether a trace has changed; `''` when nothing is stored. */
export async function readTimelineRevision(
  telemetry: TelemetryStore,
  scope: AccountRegion,
  traceId: TraceId,
  now: Date,
): Promise<string> {
  const rows = await telemetry.query<{ revision: string; documents: number }>(
    `SELECT ${revisionSql} AS revision, count() AS documents FROM segments WHERE ${traceSql} ${hintCondition([traceId], now)}`,
    { account: scope.account, region: scope.region, traceId },
    { settings },
  );
  return rows[0] && rows[0].documents > 0 ? rows[0].revision : '';
}

const traceSql = 'account = {account:String} AND region = {region:String} AND trace_id = {traceId:String}';
const revisionSql = "concat(toString(count()), '.', toString(toUnixTimestamp64Milli(max(stored))))";

/** All rows as one, column by column: a tenth of the work of as many objects. */
interface PartColumns {
  readonly revision: string;
  readonly documents: number;
  readonly ids: string[];
  readonly parentIds: string[];
  readonly names: string[];
  readonly starts: number[];
  readonly ends: number[];
  /** fault 1, error 2, throttle 4, in progress 8, segment 16, holds subsegments 128. */
  readonly bits: number[];
  readonly roots: [id: string, method: string, url: string, status: number, clientIp: string][];
  readonly tasks: [arn: string, service: string][];
}

interface CallColumns {
  readonly ids: string[];
  readonly isAws: number[];
  readonly targets: string[];
  readonly types: string[];
}

/** What documents tell; of each kind of detail, the fields of the others are empty. */
interface Detail {
  readonly kind: 'document' | 'exception' | 'ecs';
  readonly id: string;
  readonly name: string;
  readonly exceptionType: string;
  readonly exceptionMessage: string;
  /** The whole document, or the JSON of its `aws.ecs`. */
  readonly text: string;
}

interface StoredParts {
  readonly columns: PartColumns;
  readonly calls: CallColumns | undefined;
  readonly details: readonly Detail[];
}

const holdsSubsegments = 128;

async function readParts(
  telemetry: TelemetryStore,
  scope: AccountRegion,
  traceId: TraceId,
  hint: string,
  signal: AbortSignal | undefined,
): Promise<StoredParts | undefined> {
  const parameters = { account: scope.account, region: scope.region, traceId };
  const options = { timeoutMs: 30_000, settings, ...(signal ? { signal } : {}) };
  const [[columns], [calls], details] = await Promise.all([
    telemetry.query<PartColumns>(
      `SELECT ${revisionSql} AS revision, count() AS documents, groupArray(toString(id)) AS ids, groupArray(parent_id) AS parentIds,
         groupArray(name) AS names, groupArray(toUnixTimestamp64Micro(start)) AS starts, groupArray(toUnixTimestamp64Micro(end)) AS ends,
         groupArray(fault + error * 2 + throttle * 4 + in_progress * 8 + (kind = 'segment') * 16
           + notEmpty(subsegment_ids) * ${holdsSubsegments}) AS bits,
         groupArrayIf(100)((toString(id), http_method, http_url, http_status, client_ip), kind = 'segment' AND http_method != '') AS roots,
         groupUniqArrayIf(${tasksMax})((task, name), task != '' AND kind = 'segment') AS tasks
       FROM segments WHERE ${traceSql} ${hint}`,
      parameters,
      options,
    ),
    telemetry.query<CallColumns>(
      `SELECT groupArray(toString(id)) AS ids, groupArray(namespace = 'aws') AS isAws, groupArray(target_name) AS targets,
         groupArray(target_type) AS types
       FROM calls WHERE ${traceSql} ${hint}`,
      parameters,
      options,
    ),
    telemetry.query<Detail>(detailsSql(hint), parameters, options),
  ]);
  return columns && columns.documents > 0 ? { columns, calls, details } : undefined;
}

/** Documents are read only of rows that hold others, failed, or may say where they ran. */
function detailsSql(hint: string): string {
  const text = (...path: (string | number)[]) =>
    `JSONExtractString(document, ${path.map((step) => (typeof step === 'number' ? step : `'${step}'`)).join(', ')})`;
  const rows = `FROM segments WHERE ${traceSql} ${hint}`;
  return `
    SELECT 'document' AS kind, '' AS id, '' AS name, '' AS exceptionType, '' AS exceptionMessage, document AS text
    ${rows} AND notEmpty(subsegment_ids)
    UNION ALL
    SELECT 'exception', toString(id), '', substring(${text('cause', 'exceptions', 1, 'type')}, 1, 300) AS exceptionType,
      substring(${text('cause', 'exceptions', 1, 'message')}, 1, 500) AS exceptionMessage, ''
    ${rows} AND (fault = 1 OR error = 1 OR throttle = 1) AND empty(subsegment_ids) AND position(document, '"cause"') > 0
      AND (JSONLength(document, 'cause', 'exceptions') > 0 OR ${text('cause', 'message')} != '' OR ${text('cause')} != '')
    LIMIT ${failedMax}
    UNION ALL
    SELECT DISTINCT 'ecs', '', name, '', '', JSONExtractRaw(document, 'aws', 'ecs') AS text
    ${rows} AND kind = 'segment' AND task = '' AND empty(subsegment_ids) AND position(document, '"ecs"') > 0 AND text != ''
    LIMIT ${tasksMax}`;
}

function toTimeline(traceId: TraceId, stored: StoredParts): Timeline {
  const { columns } = stored;
  const exceptions = new Map<string, ShownException>();
  for (const { kind, id, exceptionType, exceptionMessage } of stored.details) {
    if (kind === 'exception') exceptions.set(id, { type: exceptionType, message: exceptionMessage });
  }
  const tasks = new Map(columns.tasks.map(([arn, service]) => [arn, { arn, service }]));
  for (const { kind, name, text } of stored.details) {
    const arn = kind === 'ecs' ? taskArnOf(parseObject(text)) : undefined;
    if (arn) tasks.set(arn, { arn, service: name });
  }
  const parts = partsOfColumns(stored, exceptions);
  for (const { kind, text } of stored.details) {
    const document = kind === 'document' ? readStoredDocument(text)?.document : undefined;
    if (!document) continue;
    parts.push(...partsOfDocument(document, exceptions));
    const arn = taskArnOf(objectAt(document, 'aws', 'ecs'));
    if (arn) tasks.set(arn, { arn, service: document.name });
  }
  const shape = layOutTimeline(parts);
  const rootId = shape.rows.id[0];
  const root = columns.roots.find(([id]) => id === rootId);
  return {
    traceId: toXrayTraceId(traceId),
    revision: columns.revision,
    ...shape,
    request: { method: root?.[1] ?? '', url: root?.[2] ?? '', status: root?.[3] ?? 0, clientIp: root?.[4] ?? '' },
    tasks: [...tasks.values()].slice(0, tasksMax),
    troubles: troublesOf(shape, exceptions),
  };
}

interface ShownException {
  readonly type: string;
  readonly message: string;
}

/** Rows whose document holds no other part need no document. */
function partsOfColumns(
  { columns, calls }: StoredParts,
  exceptions: ReadonlyMap<string, ShownException>,
): TimelinePart[] {
  const targets = new Map<string, NonNullable<TimelinePart['target']>>();
  calls?.ids.forEach((id, index) => {
    targets.set(id, { name: calls.targets[index]!, type: calls.types[index]!, isAws: calls.isAws[index] === 1 });
  });
  const parts: TimelinePart[] = [];
  for (let index = 0; index < columns.ids.length; index += 1) {
    const bits = columns.bits[index]!;
    if (bits & holdsSubsegments) continue;
    const id = columns.ids[index]!;
    parts.push({
      id,
      parentId: columns.parentIds[index]!,
      name: columns.names[index]!,
      isSegment: (bits & timelineFlags.segment) !== 0,
      startMicros: columns.starts[index]!,
      endMicros: columns.ends[index]!,
      inProgress: (bits & timelineFlags.inProgress) !== 0,
      fault: (bits & timelineFlags.fault) !== 0,
      error: (bits & timelineFlags.error) !== 0,
      throttle: (bits & timelineFlags.throttle) !== 0,
      hasException: exceptions.has(id),
      target: targets.get(id),
    });
  }
  return parts;
}

/** A document and all that it holds. Not recursive: documents may be nested very deeply. */
function partsOfDocument(segment: SegmentDocument, exceptions: Map<string, ShownException>): TimelinePart[] {
  const parts: TimelinePart[] = [];
  const waiting = [{ document: segment, parentId: segment.parent_id ?? '', isSegment: segment.type !== 'subsegment' }];
  for (const { document, parentId, isSegment } of waiting) {
    for (const child of document.subsegments ?? []) {
      waiting.push({ document: child, parentId: document.id, isSegment: false });
    }
    const { fault, error, throttle } = flagsOf(document);
    const exception = fault || error || throttle ? exceptionOf(document) : undefined;
    if (exception) exceptions.set(document.id, exception);
    const inProgress = document.in_progress === true || typeof document.end_time !== 'number';
    const startMicros = Math.round(document.start_time * 1e6);
    const isCall = document.namespace === 'aws' || document.namespace === 'remote';
    parts.push({
      id: document.id,
      parentId,
      name: document.name,
      isSegment,
      startMicros,
      endMicros: inProgress ? startMicros : Math.max(startMicros, Math.round(document.end_time! * 1e6)),
      inProgress,
      fault: fault === 1,
      error: error === 1,
      throttle: throttle === 1,
      hasException: exception !== undefined,
      target: isCall ? { ...inferTarget(document), isAws: document.namespace === 'aws' } : undefined,
    });
  }
  return parts;
}

function exceptionOf({ cause }: SegmentDocument): ShownException | undefined {
  if (typeof cause === 'string' && cause !== '') return { type: '', message: '' };
  if (!isObject(cause)) return undefined;
  const first: unknown = Array.isArray(cause.exceptions) ? cause.exceptions[0] : undefined;
  const message = textAt(first, 'message') || textAt(cause, 'message');
  return isObject(first) || message
    ? { type: textAt(first, 'type').slice(0, 300), message: message.slice(0, 500) }
    : undefined;
}

/**
 * Of failed rows with an exception, the first of each service and kind. A row that only names an exception of another row
 * is told only where no other is.
 */
function troublesOf(shape: TimelineShape, exceptions: ReadonlyMap<string, ShownException>): Timeline['troubles'] {
  const told = [...exceptions.values()].some(({ type, message }) => type !== '' || message !== '');
  const troubles = new Map<string, { row: number; type: string; message: string }>();
  shape.rows.id.forEach((id, row) => {
    const exception = exceptions.get(id);
    if (!exception || troubles.size >= troublesMax) return;
    if (told && exception.type === '' && exception.message === '') return;
    const key = JSON.stringify([shape.rows.service[row], exception.type, exception.message]);
    if (!troubles.has(key)) troubles.set(key, { row, ...exception });
  });
  return [...troubles.values()];
}

/** The task that an `aws.ecs` block names, in any spelling that SDKs and collectors use. */
function taskArnOf(ecs: unknown): string | undefined {
  const named = textAt(ecs, 'task_arn') || textAt(ecs, 'taskArn') || textAt(ecs, 'task');
  if (named.includes(':task/')) return named;
  // arn:aws:ecs:region:account:container/<cluster>/<task>/<container>
  const match = /^(arn:[^/]*):container\/([^/]+)\/([^/]+)\//.exec(textAt(ecs, 'container_arn'));
  return match ? `${match[1]}:task/${match[2]}/${match[3]}` : undefined;
}

function parseObject(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
