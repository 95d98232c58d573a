import { type TimelinePart, type TimelineShape, timelineFlags } from './timeline-part.ts';

/**
 * The waterfall of a trace from its parts, whatever their order and number. The newest version of an id wins, as in
 * `mergeTrace`; what has no parent here is a root, and a circle is cut where it begins. Linear but for the sorting.
 */
export function layOutTimeline(parts: Iterable<TimelinePart>): TimelineShape {
  const newest = newestById(parts);
  const { roots, childrenOf } = arrange(newest);
  const writer = new RowWriter(newest, childrenOf);
  for (const root of roots) writer.writeTree(root);
  // What no root leads to is a circle.
  const circles = [...newest.values()].filter((part) => !writer.has(part.id)).sort(byStart);
  for (const part of circles) writer.writeTree(part);
  return writer.finish();
}

function newestById(parts: Iterable<TimelinePart>): Map<string, TimelinePart> {
  const newest = new Map<string, TimelinePart>();
  for (const part of parts) {
    const other = newest.get(part.id);
    if (!other || isNewer(part, other)) newest.set(part.id, part);
  }
  return newest;
}

function isNewer(a: TimelinePart, b: TimelinePart): boolean {
  if (a.inProgress !== b.inProgress) return !a.inProgress;
  if (a.endMicros !== b.endMicros) return a.endMicros > b.endMicros;
  // Equal but for what is hardly ever different; yet always the same one.
  if (a.startMicros !== b.startMicros) return a.startMicros > b.startMicros;
  return a.parentId !== b.parentId ? a.parentId > b.parentId : a.name > b.name;
}

function arrange(parts: ReadonlyMap<string, TimelinePart>) {
  const roots: TimelinePart[] = [];
  const childrenOf = new Map<string, TimelinePart[]>();
  for (const part of parts.values()) {
    if (part.parentId === part.id || !parts.has(part.parentId)) {
      roots.push(part);
      continue;
    }
    const siblings = childrenOf.get(part.parentId);
    if (siblings) siblings.push(part);
    else childrenOf.set(part.parentId, [part]);
  }
  for (const siblings of childrenOf.values()) if (siblings.length > 1) siblings.sort(byStart);
  return { roots: roots.sort(byStart), childrenOf };
}

function byStart(a: TimelinePart, b: TimelinePart): number {
  return a.startMicros - b.startMicros || b.endMicros - a.endMicros || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

/** Numbers texts in the order of their first use. */
class Dictionary {
  readonly texts: string[] = [];
  private readonly numbers = new Map<string, number>();

  numberOf(text: string): number {
    const known = this.numbers.get(text);
    if (known !== undefined) return known;
    this.numbers.set(text, this.texts.length);
    return this.texts.push(text) - 1;
  }
}

interface Waiting {
  readonly part: TimelinePart;
  readonly parent: number;
  readonly insideAwsCall: boolean;
}

class RowWriter {
  private readonly childrenOf: ReadonlyMap<string, readonly TimelinePart[]>;
  private readonly written = new Set<string>();
  private readonly names = new Dictionary();
  private readonly callees = new Dictionary();
  private readonly startMicros: number;
  private readonly endMicros: number;
  private readonly rows = {
    id: [] as string[],
    parent: [] as number[],
    name: [] as number[],
    service: [] as number[],
    start: [] as number[],
    duration: [] as number[],
    flags: [] as number[],
    callee: [] as number[],
  };

  constructor(parts: ReadonlyMap<string, TimelinePart>, childrenOf: ReadonlyMap<string, readonly TimelinePart[]>) {
    this.childrenOf = childrenOf;
    let start = Number.POSITIVE_INFINITY;
    let end = Number.NEGATIVE_INFINITY;
    for (const part of parts.values()) {
      start = Math.min(start, part.startMicros);
      end = Math.max(end, part.endMicros);
    }
    this.startMicros = parts.size > 0 ? start : 0;
    this.endMicros = parts.size > 0 ? end : 0;
  }

  has(id: string): boolean {
    return this.written.has(id);
  }

  /** Not recursive: a trace may be as deep as it likes. */
  writeTree(root: TimelinePart): void {
    const waiting: Waiting[] = [{ part: root, parent: -1, insideAwsCall: false }];
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const { part, parent, insideAwsCall } = next;
      if (this.written.has(part.id)) continue;
      const row = this.write(part, parent, insideAwsCall);
      const children = this.childrenOf.get(part.id) ?? [];
      const inside = !part.isSegment && (insideAwsCall || part.target?.isAws === true);
      for (let index = children.length - 1; index >= 0; index -= 1) {
        waiting.push({ part: children[index]!, parent: row, insideAwsCall: inside });
      }
    }
  }

  private write(part: TimelinePart, parent: number, insideAwsCall: boolean): number {
    const { rows } = this;
    this.written.add(part.id);
    const name = this.names.numberOf(part.name);
    const isSegment = part.isSegment || parent < 0;
    rows.id.push(part.id);
    rows.parent.push(parent);
    rows.name.push(name);
    rows.service.push(isSegment ? name : rows.service[parent]!);
    rows.start.push(part.startMicros - this.startMicros);
    rows.duration.push(part.inProgress ? this.endMicros - part.startMicros : part.endMicros - part.startMicros);
    rows.flags.push(flagsOf(part, isSegment));
    const { target } = part;
    const isAnswered = (this.childrenOf.get(part.id) ?? []).some((child) => child.isSegment);
    const isInferred = target && !part.isSegment && !insideAwsCall && !isAnswered;
    rows.callee.push(isInferred ? this.callees.numberOf(JSON.stringify([target.name, target.type])) : -1);
    return rows.id.length - 1;
  }

  finish(): TimelineShape {
    return {
      startMicros: this.startMicros,
      endMicros: this.endMicros,
      names: this.names.texts,
      callees: this.callees.texts.map((text) => {
        const [name, type] = JSON.parse(text) as [string, string];
        return { name, type };
      }),
      rows: this.rows,
    };
  }
}

function flagsOf(part: TimelinePart, isSegment: boolean): number {
  return (
    (part.fault ? timelineFlags.fault : 0) |
    (part.error ? timelineFlags.error : 0) |
    (part.throttle ? timelineFlags.throttle : 0) |
    (part.inProgress ? timelineFlags.inProgress : 0) |
    (isSegment ? timelineFlags.segment : part.target ? timelineFlags.call : 0) |
    (part.hasException ? timelineFlags.exception : 0)
  );
}
