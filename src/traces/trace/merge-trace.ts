import { createHash } from 'node:crypto';
import { isObject } from '../json-access.ts';
import type { SegmentDocument, TraceId } from '../model.ts';
import { toXrayTraceId } from '../model.ts';
import { inferTarget } from '../receive/infer-target.ts';
import { flagsOf } from '../receive/to-rows.ts';

/** A document of a trace as it was stored. */
export interface StoredDocument {
  readonly document: SegmentDocument;
  readonly text: string;
}

/** A segment or subsegment in its place. */
export interface TracePart {
  readonly id: string;
  readonly parentId: string;
  /** Without `subsegments`. */
  readonly document: SegmentDocument;
  /** The same as JSON, where it was stored like that. */
  readonly text: string | undefined;
  readonly isSegment: boolean;
  readonly inferred: boolean;
  readonly flags: { fault: 0 | 1; error: 0 | 1; throttle: 0 | 1 };
  readonly children: TracePart[];
  /** The segment that it belongs to; itself for a segment or an orphan. */
  owner: TracePart;
  depth: number;
}

export interface MergedTrace {
  readonly traceId: TraceId;
  /** Real segments, orphaned subsegments and inferred segments, oldest first. */
  readonly segments: readonly TracePart[];
  readonly parts: ReadonlyMap<string, TracePart>;
  readonly isPartial: boolean;
  /** Epoch seconds. */
  readonly start: number;
  readonly end: number;
}

/** Deeper subsegments stand beside their segment: JSON readers recurse. */
const depthMax = 200;

/**
 * One trace from its documents, whatever their order and number: a complete document replaces an in-progress one of the
 * same id, otherwise the later end wins; subsegments go below their parents; calls without a callee infer a segment.
 */
export function mergeTrace(traceId: TraceId, documents: readonly StoredDocument[]): MergedTrace {
  const parts = toParts(newestVersions(documents));
  place(parts);
  const real = [...parts.values()].filter((part) => part.owner === part);
  const segments = [...real, ...inferSegments(traceId, parts)].sort(byStart);
  for (const { children } of parts.values()) if (children.length > 1) children.sort(byStart);
  const starts = real.map(({ document }) => document.start_time);
  const ends = [...parts.values()].map(({ document }) => document.end_time ?? document.start_time);
  return {
    traceId,
    segments,
    parts,
    isPartial: [...parts.values()].some(({ document }) => document.in_progress === true && !hasEnd(document)),
    start: starts.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
    end: ends.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY),
  };
}

/** The document of a segment with its subsegments nested, as BatchGetTraces gives it. */
export function toDocumentText(part: TracePart): string {
  const own = part.text ?? JSON.stringify(part.document);
  if (part.children.length === 0) return own;
  // Put together as text: to write every document anew took longer than all the rest of a large trace.
  return `${own.slice(0, -1)},"subsegments":[${part.children.map(toDocumentText).join(',')}]}`;
}

function newestVersions(documents: readonly StoredDocument[]): StoredDocument[] {
  const newest = new Map<string, StoredDocument>();
  for (const candidate of documents) {
    const other = newest.get(candidate.document.id);
    if (!other || compareVersions(candidate.document, candidate.text, other.document, other.text) > 0) {
      newest.set(candidate.document.id, candidate);
    }
  }
  // In one order, so that what is equal is decided the same way each time.
  return [...newest.keys()].sort().map((id) => newest.get(id)!);
}

function compareVersions(a: SegmentDocument, aText: string, b: SegmentDocument, bText: string): number {
  if (hasEnd(a) !== hasEnd(b)) return hasEnd(a) ? 1 : -1;
  const byEnd = (a.end_time ?? a.start_time) - (b.end_time ?? b.start_time);
  if (byEnd !== 0) return byEnd;
  return aText === bText ? 0 : aText > bText ? 1 : -1;
}

function hasEnd(document: SegmentDocument): boolean {
  return typeof document.end_time === 'number' && document.in_progress !== true;
}

function toParts(documents: readonly StoredDocument[]): Map<string, TracePart> {
  const parts = new Map<string, TracePart>();
  const keep = (part: TracePart) => {
    const other = parts.get(part.id);
    if (!other || betterPart(part, other)) parts.set(part.id, part);
  };
  for (const { document, text } of documents) {
    const parentId = document.parent_id ?? '';
    const isSegment = document.type !== 'subsegment';
    if (document.subsegments === undefined) {
      keep(toPart(document, text, parentId, isSegment, false));
      continue;
    }
    const waiting = [{ document, parentId, isSegment }];
    for (const { document: current, parentId, isSegment } of waiting) {
      const { subsegments = [], ...own } = current;
      for (const child of subsegments) waiting.push({ document: child, parentId: current.id, isSegment: false });
      keep(toPart(own as SegmentDocument, undefined, parentId, isSegment, false));
    }
  }
  return parts;
}

function toPart(
  document: SegmentDocument,
  text: string | undefined,
  parentId: string,
  isSegment: boolean,
  inferred: boolean,
): TracePart {
  const part: Omit<TracePart, 'owner'> & { owner: TracePart | undefined } = {
    id: document.id,
    parentId,
    document,
    text,
    isSegment,
    inferred,
    flags: flagsOf(document),
    children: [],
    owner: undefined,
    depth: 0,
  };
  return part as TracePart;
}

function betterPart(a: TracePart, b: TracePart): boolean {
  const textOf = (part: TracePart) => part.text ?? JSON.stringify(part.document);
  return compareVersions(a.document, textOf(a), b.document, textOf(b)) > 0;
}

/** Hangs every subsegment below its parent; one without a parent, or in a circle, owns itself. */
function place(parts: Map<string, TracePart>): void {
  const waiting: TracePart[] = [];
  const childrenOf = new Map<string, TracePart[]>();
  for (const part of parts.values()) {
    if (part.isSegment || !parts.has(part.parentId)) {
      part.owner = part;
      waiting.push(part);
      continue;
    }
    const siblings = childrenOf.get(part.parentId);
    if (siblings) siblings.push(part);
    else childrenOf.set(part.parentId, [part]);
  }
  const adopt = (parent: TracePart) => {
    for (const child of childrenOf.get(parent.id) ?? []) {
      if (child.owner) continue;
      const tooDeep = parent.depth + 1 > depthMax;
      child.owner = tooDeep ? child : parent.owner;
      child.depth = tooDeep ? 0 : parent.depth + 1;
      if (!tooDeep) parent.children.push(child);
      waiting.push(child);
    }
  };
  for (const part of waiting) adopt(part);
  for (const part of parts.values()) {
    if (part.owner) continue;
    part.owner = part;
    const circle = [part];
    for (const member of circle) {
      waiting.length = 0;
      adopt(member);
      circle.push(...waiting);
    }
  }
}

function inferSegments(traceId: TraceId, parts: ReadonlyMap<string, TracePart>): TracePart[] {
  const called = new Set([...parts.values()].filter(({ isSegment }) => isSegment).map(({ parentId }) => parentId));
  const inferred: TracePart[] = [];
  for (const part of parts.values()) {
    const { namespace } = part.document;
    if (part.isSegment || (namespace !== 'aws' && namespace !== 'remote')) continue;
    if (called.has(part.id) || isInsideAwsCall(part, parts)) continue;
    inferred.push(inferSegment(traceId, part));
  }
  return inferred;
}

function isInsideAwsCall(part: TracePart, parts: ReadonlyMap<string, TracePart>): boolean {
  let parent = parts.get(part.parentId);
  for (let steps = 0; parent && !parent.isSegment && steps < depthMax; steps += 1) {
    if (parent.document.namespace === 'aws') return true;
    parent = parts.get(parent.parentId);
  }
  return false;
}

function inferSegment(traceId: TraceId, call: TracePart): TracePart {
  const target = inferTarget(call.document);
  const { http, aws, sql, cause, fault, error, throttle, start_time, end_time, in_progress } = call.document;
  const copied = { http, aws, sql, cause, fault, error, throttle, end_time, in_progress };
  const document = {
    id: createHash('sha256').update(`callee of ${traceId} ${call.id}`).digest('hex').slice(0, 16),
    name: target.name,
    trace_id: toXrayTraceId(traceId),
    start_time,
    parent_id: call.id,
    inferred: true,
    ...Object.fromEntries(Object.entries(copied).filter(([, value]) => value !== undefined)),
    ...(target.type.startsWith('AWS::') || target.type.startsWith('Database') ? { origin: target.type } : {}),
  } as SegmentDocument;
  const part = toPart(document, undefined, call.id, true, true);
  part.owner = part;
  return part;
}

function byStart(a: TracePart, b: TracePart): number {
  return a.document.start_time - b.document.start_time || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

/** Reads a stored document; what cannot be read is left out. */
export function readStoredDocument(text: string): StoredDocument | undefined {
  try {
    const document: unknown = JSON.parse(text);
    return isObject(document) ? { document: document as SegmentDocument, text } : undefined;
  } catch {
    return undefined;
  }
}
