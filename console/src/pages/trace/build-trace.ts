import type { Outcome } from '../../parts/health.tsx';
import type { SegmentDocument, TraceException } from './trace-document.ts';

export interface TraceRow {
  id: string;
  document: SegmentDocument;
  name: string;
  /** Name of the segment that the row is of: the service that did it. */
  service: string;
  kind: 'segment' | 'call' | 'part';
  /** What answered a call that sent no segment of its own: a table, a remote host. */
  callee: { name: string; origin: string } | undefined;
  /** Seconds since 1970. A row that is in progress ends with the trace. */
  start: number;
  end: number;
  inProgress: boolean;
  outcome: Outcome;
  parent: TraceRow | undefined;
  children: TraceRow[];
  /** Seconds in which none of its children ran. */
  ownSeconds: number;
}

export interface BuiltTrace {
  roots: TraceRow[];
  rows: Map<string, TraceRow>;
  start: number;
  end: number;
}

export function outcomeOfDocument(document: SegmentDocument): Outcome {
  if (document.fault) return 'fault';
  if (document.throttle) return 'throttle';
  return document.error ? 'error' : 'ok';
}

/** Joins segments, their subsegments, and the segments of the services that they called, into one tree. */
export function buildTrace(documents: readonly SegmentDocument[]): BuiltTrace {
  const known = documents.flatMap((document) => [document.start_time, document.end_time ?? document.start_time]);
  const start = known.reduce((least, time) => Math.min(least, time), Number.POSITIVE_INFINITY);
  const end = known.reduce((most, time) => Math.max(most, time), Number.NEGATIVE_INFINITY);
  const rows = new Map<string, TraceRow>();
  const real = documents.filter((document) => !document.inferred);
  for (const document of real) addRows(rows, document, end);

  for (const document of documents) {
    const caller = document.parent_id === undefined ? undefined : rows.get(document.parent_id);
    if (document.inferred) {
      if (caller) caller.callee = { name: document.name, origin: document.origin ?? '' };
      else addRows(rows, document, end);
    } else if (caller) {
      const row = rows.get(document.id);
      if (row && !isAncestor(row, caller)) {
        row.parent = caller;
        caller.children.push(row);
      }
    }
  }

  for (const row of rows.values()) {
    row.children.sort((a, b) => a.start - b.start || b.end - a.end);
    row.ownSeconds = ownSeconds(row);
  }
  const roots = [...rows.values()].filter((row) => row.parent === undefined).sort((a, b) => a.start - b.start);
  return { roots, rows, start, end };
}

/** A row for the document and each of its subsegments. Not recursive: documents may be nested very deeply. */
function addRows(rows: Map<string, TraceRow>, segment: SegmentDocument, traceEnd: number): void {
  const waiting: { document: SegmentDocument; parent: TraceRow | undefined }[] = [
    { document: segment, parent: undefined },
  ];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { document, parent } = next;
    if (rows.has(document.id)) continue;
    const row: TraceRow = {
      id: document.id,
      document,
      name: document.name ?? '',
      service: segment.name ?? '',
      kind: parent === undefined ? 'segment' : document.namespace ? 'call' : 'part',
      callee: undefined,
      start: document.start_time,
      end: document.end_time ?? Math.max(traceEnd, document.start_time),
      inProgress: document.in_progress === true || document.end_time === undefined,
      outcome: outcomeOfDocument(document),
      parent,
      children: [],
      ownSeconds: 0,
    };
    rows.set(row.id, row);
    parent?.children.push(row);
    for (const child of document.subsegments ?? []) waiting.push({ document: child, parent: row });
  }
}

/** Foreign documents may name each other as parents; a tree must not become a ring. */
function isAncestor(row: TraceRow, of: TraceRow): boolean {
  for (let at: TraceRow | undefined = of; at; at = at.parent) if (at === row) return true;
  return false;
}

function ownSeconds(row: TraceRow): number {
  let covered = 0;
  let reached = row.start;
  for (const child of row.children) {
    const from = Math.max(child.start, reached);
    const to = Math.min(child.end, row.end);
    if (to > from) covered += to - from;
    reached = Math.max(reached, to);
  }
  return Math.max(0, row.end - row.start - covered);
}

export interface OwnTime {
  name: string;
  seconds: number;
  /** The row with most of it. */
  row: TraceRow;
}

/** Where the time went, most first: services by their own work, tables and hosts by the calls to them. */
export function ownTimes(trace: BuiltTrace): OwnTime[] {
  const times = new Map<string, OwnTime>();
  for (const row of trace.rows.values()) {
    const name = timeBelongsTo(row);
    const time = times.get(name) ?? { name, seconds: 0, row };
    time.seconds += row.ownSeconds;
    if (row.ownSeconds > time.row.ownSeconds) time.row = row;
    times.set(name, time);
  }
  return [...times.values()].sort((a, b) => b.seconds - a.seconds);
}

function timeBelongsTo(row: TraceRow): string {
  // An SDK's own HTTP span inside its call of a table is part of that call.
  for (let at: TraceRow | undefined = row; at && at.kind !== 'segment'; at = at.parent) {
    if (at.callee) return at.callee.name;
  }
  if (row.kind !== 'call') return row.service;
  const callee = row.children.find((child) => child.kind === 'segment');
  return `${row.service} → ${callee?.name ?? row.name}`;
}

/** Exceptions of a row, with those that it names by id found in the whole trace. */
export function exceptionsOf(row: TraceRow, trace: BuiltTrace): TraceException[] {
  const { cause } = row.document;
  if (cause === undefined || cause === null) return [];
  if (typeof cause === 'object') {
    const found = cause.exceptions ?? [];
    return found.length > 0 ? found : cause.message ? [{ message: cause.message }] : [];
  }
  for (const other of trace.rows.values()) {
    const theirs = other.document.cause;
    if (typeof theirs !== 'object' || theirs === null) continue;
    const found = theirs.exceptions?.find((exception) => exception.id === cause);
    if (found) return [found];
  }
  return [];
}

/** The row to open first: the innermost one with an exception, else one that failed, else where most time went. */
export function rowToBeginWith(trace: BuiltTrace): TraceRow | undefined {
  const rows = [...trace.rows.values()];
  const depth = (row: TraceRow) => {
    let steps = 0;
    for (let at = row.parent; at; at = at.parent) steps += 1;
    return steps;
  };
  const innermost = (candidates: TraceRow[]) => candidates.sort((a, b) => depth(b) - depth(a))[0];
  return (
    innermost(rows.filter((row) => row.outcome !== 'ok' && exceptionsOf(row, trace).length > 0)) ??
    innermost(rows.filter((row) => row.outcome !== 'ok')) ??
    ownTimes(trace)[0]?.row
  );
}
