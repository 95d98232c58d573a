import { type Timeline, timelineFlags } from '../../api/timeline.ts';
import type { Outcome } from '../../parts/health.tsx';

export interface TraceRow {
  id: string;
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
  hasException: boolean;
  parent: TraceRow | undefined;
  /** By start. */
  children: TraceRow[];
  depth: number;
  /** Seconds in which none of its children ran. */
  ownSeconds: number;
}

export interface Trouble {
  row: TraceRow;
  type: string;
  message: string;
}

export interface BuiltTrace {
  id: string;
  revision: string;
  roots: TraceRow[];
  rows: Map<string, TraceRow>;
  start: number;
  end: number;
  request: Timeline['request'];
  tasks: Timeline['tasks'];
  /** What failed, one row of each kind. */
  troubles: Trouble[];
  /** Rows that were throttled (429), by start. */
  throttled: TraceRow[];
  /** Where the time went, most first. */
  ownTimes: OwnTime[];
  limitExceeded: boolean;
}

function outcomeOf(flags: number): Outcome {
  if (flags & timelineFlags.fault) return 'fault';
  if (flags & timelineFlags.throttle) return 'throttle';
  return flags & timelineFlags.error ? 'error' : 'ok';
}

/** Rows that know their parents and children, in one pass: a parent always comes before its children. */
export function buildTrace(timeline: Timeline): BuiltTrace {
  const { rows: columns, names } = timeline;
  const callees = timeline.callees.map(({ name, type }) => ({ name, origin: type }));
  const all: TraceRow[] = [];
  const roots: TraceRow[] = [];
  for (let index = 0; index < columns.id.length; index += 1) {
    const flags = columns.flags[index] ?? 0;
    const startMicros = timeline.startMicros + (columns.start[index] ?? 0);
    const parent = all[columns.parent[index] ?? -1];
    const row: TraceRow = {
      id: columns.id[index] ?? '',
      name: names[columns.name[index] ?? -1] ?? '',
      service: names[columns.service[index] ?? -1] ?? '',
      kind: flags & timelineFlags.segment ? 'segment' : flags & timelineFlags.call ? 'call' : 'part',
      callee: callees[columns.callee[index] ?? -1],
      start: startMicros / 1e6,
      end: (startMicros + (columns.duration[index] ?? 0)) / 1e6,
      inProgress: (flags & timelineFlags.inProgress) !== 0,
      outcome: outcomeOf(flags),
      hasException: (flags & timelineFlags.exception) !== 0,
      parent,
      children: [],
      depth: parent ? parent.depth + 1 : 0,
      ownSeconds: 0,
    };
    all.push(row);
    if (parent) parent.children.push(row);
    else roots.push(row);
  }
  for (const row of all) row.ownSeconds = ownSeconds(row);
  return {
    id: timeline.traceId,
    revision: timeline.revision,
    roots,
    rows: new Map(all.map((row) => [row.id, row])),
    start: timeline.startMicros / 1e6,
    end: timeline.endMicros / 1e6,
    request: timeline.request,
    tasks: timeline.tasks,
    troubles: timeline.troubles.flatMap(({ row, type, message }) => {
      const failed = all[row];
      return failed ? [{ row: failed, type, message }] : [];
    }),
    throttled: throttledRows(all, columns.flags),
    ownTimes: ownTimes(all),
    limitExceeded: timeline.limitExceeded === true,
  };
}

/** A row that failed with a fault may have been throttled all the same. */
function throttledRows(rows: readonly TraceRow[], flags: readonly number[]): TraceRow[] {
  return rows
    .filter((_, index) => ((flags[index] ?? 0) & timelineFlags.throttle) !== 0)
    .sort((a, b) => a.start - b.start);
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

/** Services by their own work, tables and hosts by the calls to them. */
function ownTimes(rows: readonly TraceRow[]): OwnTime[] {
  const times = new Map<string, OwnTime>();
  const answeredBy = new Map<TraceRow, string>();
  for (const row of rows) {
    // An SDK's own HTTP span inside its call of a table is part of that call.
    const callee =
      row.kind === 'segment' ? undefined : (row.callee?.name ?? (row.parent && answeredBy.get(row.parent)));
    if (callee !== undefined) answeredBy.set(row, callee);
    const name = callee ?? timeBelongsTo(row);
    const time = times.get(name);
    if (!time) {
      times.set(name, { name, seconds: row.ownSeconds, row });
      continue;
    }
    time.seconds += row.ownSeconds;
    if (row.ownSeconds > time.row.ownSeconds) time.row = row;
  }
  return [...times.values()].sort((a, b) => b.seconds - a.seconds);
}

function timeBelongsTo(row: TraceRow): string {
  if (row.kind !== 'call') return row.service;
  const callee = row.children.find((child) => child.kind === 'segment');
  return `${row.service} → ${callee?.name ?? row.name}`;
}

/** The row to open first: the innermost one with an exception, else one that failed, else where most time went. */
export function rowToBeginWith(trace: BuiltTrace): TraceRow | undefined {
  let withException: TraceRow | undefined;
  let failed: TraceRow | undefined;
  for (const row of trace.rows.values()) {
    if (row.outcome === 'ok') continue;
    if (row.hasException && row.depth > (withException?.depth ?? -1)) withException = row;
    if (row.depth > (failed?.depth ?? -1)) failed = row;
  }
  return withException ?? failed ?? trace.ownTimes[0]?.row;
}
