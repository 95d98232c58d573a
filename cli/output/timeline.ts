/** The parts of an X-Ray segment document that a timeline needs. Times are epoch seconds. */
export interface SegmentDocument {
  id: string;
  name: string;
  parent_id?: string;
  start_time: number;
  end_time?: number;
  fault?: boolean;
  error?: boolean;
  throttle?: boolean;
  cause?: { exceptions?: SegmentException[] } | string;
  subsegments?: SegmentDocument[];
}

export interface SegmentException {
  type?: string;
  message?: string;
  stack?: { path?: string; line?: number; label?: string }[];
}

export interface TimelineRow {
  readonly name: string;
  readonly depth: number;
  readonly start: number;
  readonly end: number;
  readonly outcome: 'ok' | 'error' | 'throttle' | 'fault' | 'running';
  readonly exceptions: readonly SegmentException[];
}

/** Rows of a trace in the order of a waterfall: each segment below the subsegment that called it, siblings by start. */
export function layOutTimeline(documents: readonly SegmentDocument[]): TimelineRow[] {
  const children = new Map<string, SegmentDocument[]>();
  const known = new Set<string>();
  const collect = (document: SegmentDocument) => {
    known.add(document.id);
    for (const subsegment of document.subsegments ?? []) collect(subsegment);
  };
  for (const document of documents) collect(document);
  const roots: SegmentDocument[] = [];
  for (const document of documents) {
    if (document.parent_id === undefined || !known.has(document.parent_id)) roots.push(document);
    else children.set(document.parent_id, [...(children.get(document.parent_id) ?? []), document]);
  }
  const rows: TimelineRow[] = [];
  const visit = (document: SegmentDocument, depth: number) => {
    rows.push(toRow(document, depth));
    const below = [...(document.subsegments ?? []), ...(children.get(document.id) ?? [])];
    for (const child of below.sort((a, b) => a.start_time - b.start_time)) visit(child, depth + 1);
  };
  for (const root of roots.sort((a, b) => a.start_time - b.start_time)) visit(root, 0);
  return rows;
}

function toRow(document: SegmentDocument, depth: number): TimelineRow {
  return {
    name: document.name,
    depth,
    start: document.start_time,
    end: document.end_time ?? document.start_time,
    outcome: outcomeOf(document),
    exceptions: typeof document.cause === 'object' ? (document.cause.exceptions ?? []) : [],
  };
}

function outcomeOf(document: SegmentDocument): TimelineRow['outcome'] {
  if (document.end_time === undefined) return 'running';
  if (document.fault) return 'fault';
  if (document.throttle) return 'throttle';
  return document.error ? 'error' : 'ok';
}
