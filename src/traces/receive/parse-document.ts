import { isObject } from '../json-access.ts';
import type { AcceptedDocument, JsonObject, RefusedDocument, SegmentDocument, TraceId } from '../model.ts';
import { parseTraceId } from '../model.ts';

export interface DocumentLimits {
  /** Bytes of one document; the service takes 64 kB. */
  readonly documentBytesMax: number;
  readonly pastMs: number;
  readonly futureMs: number;
}

export type ParsedDocument =
  | { readonly kind: 'documents'; readonly accepted: AcceptedDocument[]; readonly refused: RefusedDocument[] }
  | { readonly kind: 'otlp'; readonly payload: Buffer; readonly sampled: boolean };

/** Of subsegments in one another. */
const nestingMax = 128;
/** Of brackets of any kind: whoever writes or reads such a document recurses. */
const bracketsMax = 512;
const plainName = /^[A-Za-z0-9 _.:/%&#=+\-@]{1,200}$/;
const namePattern = /^[\p{L}\p{Z}\p{N}_.:/%&#=+\-@]{1,200}$/u;

/**
 * One element of TraceSegmentDocuments, or what a datagram carried after its header: a segment, an independent
 * subsegment, an array of subsegments, or an OTLP request behind `T1S` (sampled) or `T1U`.
 */
export function parseDocument(text: string, now: Date, limits: DocumentLimits): ParsedDocument {
  if (text.startsWith('T1S') || text.startsWith('T1U')) {
    return { kind: 'otlp', payload: Buffer.from(text.slice(3), 'base64'), sampled: text[2] === 'S' };
  }
  const refuseAll = (code: string, id?: string): ParsedDocument => ({
    kind: 'documents',
    accepted: [],
    refused: [refuse(code, id)],
  });
  if (Buffer.byteLength(text) > limits.documentBytesMax) return refuseAll('SegmentTooLarge', findId(text));
  if (nestsDeeperThan(bracketsMax, text)) return refuseAll('InvalidSegment', findId(text));
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refuseAll('ParseError');
  }
  const items = Array.isArray(value) ? value : [value];
  if (items.length === 0) return refuseAll('MissingId');
  const accepted: AcceptedDocument[] = [];
  const refusals: RefusedDocument[] = [];
  for (const item of items) {
    const outcome = acceptDocument(item, now, limits);
    if ('code' in outcome) refusals.push(outcome);
    else accepted.push(outcome);
  }
  return { kind: 'documents', accepted, refused: refusals };
}

/** Checks a document as the service does: a bad subsegment inside refuses the whole document under the document's id. */
export function acceptDocument(
  value: unknown,
  now: Date,
  limits: Pick<DocumentLimits, 'pastMs' | 'futureMs'>,
): AcceptedDocument | RefusedDocument {
  if (!isObject(value)) return refuse('ParseError');
  const id = typeof value.id === 'string' && value.id !== '' ? value.id : undefined;
  if (id === undefined) return refuse('MissingId');
  const traceId = traceIdOf(value);
  if (typeof traceId !== 'string') return refuse(traceId.code, id);
  const problem = findProblem(value, now, limits);
  if (problem) return refuse(problem, id);
  return { traceId, document: lowerIds(value) };
}

/** Most names are ASCII, and the pattern of the others costs ten times as much. */
const isName = (name: string): boolean => plainName.test(name) || namePattern.test(name);

function traceIdOf(value: JsonObject): TraceId | { code: string } {
  if (value.trace_id === undefined || value.trace_id === null || value.trace_id === '') {
    return { code: 'MissingTraceId' };
  }
  return (typeof value.trace_id === 'string' ? parseTraceId(value.trace_id) : undefined) ?? { code: 'InvalidTraceId' };
}

/** The code of what is wrong with a document, its trace id apart. */
export function findProblem(
  value: JsonObject,
  now: Date,
  limits: Pick<DocumentLimits, 'pastMs' | 'futureMs'>,
  depth = 0,
): string | undefined {
  if (depth > nestingMax) return 'InvalidSegment';
  if (typeof value.id !== 'string' || value.id === '') return 'MissingId';
  if (!/^[0-9a-f]{16}$/i.test(value.id)) return 'InvalidId';
  if (value.name === undefined || value.name === null) return 'MissingName';
  if (typeof value.name !== 'string' || !isName(value.name)) return 'InvalidName';
  const parentId = value.parent_id;
  if (parentId !== undefined && parentId !== null && parentId !== '') {
    if (typeof parentId !== 'string' || !/^[0-9a-f]{16}$/i.test(parentId)) return 'InvalidParentId';
  }
  const timeProblem = findTimeProblem(value, now, limits);
  if (timeProblem) return timeProblem;
  const subsegments = value.subsegments;
  if (!Array.isArray(subsegments)) return undefined;
  for (const subsegment of subsegments) {
    const problem = isObject(subsegment) ? findProblem(subsegment, now, limits, depth + 1) : 'InvalidSegment';
    if (problem) return problem;
  }
  return undefined;
}

function findTimeProblem(
  value: JsonObject,
  now: Date,
  limits: Pick<DocumentLimits, 'pastMs' | 'futureMs'>,
): string | undefined {
  if (value.start_time === undefined || value.start_time === null) return 'MissingStartTime';
  if (!isTimeWithin(value.start_time, now, limits)) return 'InvalidTimestamp';
  const ended = value.end_time !== undefined && value.end_time !== null;
  if (!ended && value.in_progress !== true) return 'MissingEndTime';
  if (ended && !isTimeWithin(value.end_time, now, limits)) return 'InvalidTimestamp';
  return undefined;
}

function isTimeWithin(seconds: unknown, now: Date, limits: Pick<DocumentLimits, 'pastMs' | 'futureMs'>): boolean {
  if (typeof seconds !== 'number' || !Number.isFinite(seconds)) return false;
  const ageMs = now.getTime() - seconds * 1000;
  return ageMs <= limits.pastMs && ageMs >= -limits.futureMs;
}

/** Ids in one case, so that parents are found; everything else stays as it was sent. */
function lowerIds(value: JsonObject): SegmentDocument {
  const document = { ...value, id: String(value.id).toLowerCase() } as SegmentDocument;
  if (typeof value.parent_id === 'string') document.parent_id = value.parent_id.toLowerCase();
  if (Array.isArray(value.subsegments)) document.subsegments = value.subsegments.map((child) => lowerIds(child));
  else delete document.subsegments;
  return document;
}

function nestsDeeperThan(max: number, text: string): boolean {
  // Few documents have so many brackets at all, and those are counted quickly.
  let brackets = 0;
  for (const bracket of '[{') {
    for (let at = text.indexOf(bracket); at >= 0 && brackets <= max; at = text.indexOf(bracket, at + 1)) brackets += 1;
  }
  if (brackets <= max) return false;
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (inString) {
      if (char === '\\') at += 1;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === '{' || char === '[') {
      depth += 1;
      if (depth > max) return true;
    } else if (char === '}' || char === ']') depth -= 1;
  }
  return false;
}

/** A refusal in the words of the service. */
export function refuse(code: string, id?: string): RefusedDocument {
  return { ...(id === undefined ? {} : { id }), code, message: `Invalid segment. ErrorCode: ${code}` };
}

function findId(text: string): string | undefined {
  return /"id"\s*:\s*"([0-9a-f]{16})"/i.exec(text.slice(0, 4096))?.[1];
}
