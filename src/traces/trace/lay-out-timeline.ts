import { type TimelinePart, type TimelineShape, timelineFlags } from './timeline-part.ts';

/**
 * The waterfall of a trace from its parts, whatever their order and number. The newest version of an id wins, as in
 * `mergeTrace`; what has no parent here is a root, and a circle is cut where it begins. Linear but for one sort; parts
 * are known by their numbers, since maps of a hundred thousand ids took most of the time.
 */
export function layOutTimeline(versions: readonly TimelinePart[]): TimelineShape {
  const { parts, numberOf } = newestById(versions);
  const tree = arrange(parts, numberOf);
  const { order, parent } = inWaterfall(tree);
  return toColumns(parts, tree, order, parent);
}

function newestById(versions: readonly TimelinePart[]) {
  const parts: TimelinePart[] = [];
  const numberOf = new Map<string, number>();
  for (const part of versions) {
    const known = numberOf.get(part.id);
    if (known === undefined) numberOf.set(part.id, parts.push(part) - 1);
    else if (isNewer(part, parts[known]!)) parts[known] = part;
  }
  return { parts, numberOf };
}

function isNewer(a: TimelinePart, b: TimelinePart): boolean {
  if (a.inProgress !== b.inProgress) return !a.inProgress;
  if (a.endMicros !== b.endMicros) return a.endMicros > b.endMicros;
  // Equal but for what is hardly ever different; yet always the same one.
  if (a.startMicros !== b.startMicros) return a.startMicros > b.startMicros;
  return a.parentId !== b.parentId ? a.parentId > b.parentId : a.name > b.name;
}

/** Lists of children as two columns of part numbers; -1 ends a list. */
interface Tree {
  /** All parts by start. */
  readonly byStart: readonly number[];
  readonly parentOf: Int32Array;
  readonly firstChild: Int32Array;
  readonly nextSibling: Int32Array;
  /** Parts that a segment of another service answered. */
  readonly isAnswered: Uint8Array;
}

function arrange(parts: readonly TimelinePart[], numberOf: ReadonlyMap<string, number>): Tree {
  const byStart = Array.from(parts, (_, number) => number).sort((a, b) => compareStarts(parts[a]!, parts[b]!));
  const parentOf = Int32Array.from(parts, ({ id, parentId }) =>
    parentId === id ? -1 : (numberOf.get(parentId) ?? -1),
  );
  const firstChild = new Int32Array(parts.length).fill(-1);
  const nextSibling = new Int32Array(parts.length).fill(-1);
  const isAnswered = new Uint8Array(parts.length);
  for (let at = byStart.length - 1; at >= 0; at -= 1) {
    const number = byStart[at]!;
    const parent = parentOf[number]!;
    if (parent < 0) continue;
    nextSibling[number] = firstChild[parent]!;
    firstChild[parent] = number;
    if (parts[number]!.isSegment) isAnswered[parent] = 1;
  }
  return { byStart, parentOf, firstChild, nextSibling, isAnswered };
}

function compareStarts(a: TimelinePart, b: TimelinePart): number {
  return a.startMicros - b.startMicros || b.endMicros - a.endMicros || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

/** Part numbers in the order of their rows, and the row of each one's parent. Not recursive: a trace is as deep as it likes. */
function inWaterfall({ byStart, parentOf, firstChild, nextSibling }: Tree): { order: number[]; parent: number[] } {
  const order: number[] = [];
  const parent: number[] = [];
  const rowOf = new Int32Array(byStart.length).fill(-1);
  const write = (root: number) => {
    let at = root;
    for (;;) {
      rowOf[at] = order.push(at) - 1;
      parent.push(at === root ? -1 : rowOf[parentOf[at]!]!);
      // Down, or to the next sibling, or to that of the nearest parent that has one; a circle ends where it began.
      let next = unwritten(firstChild[at]!);
      while (next < 0 && at !== root) {
        next = unwritten(nextSibling[at]!);
        if (next < 0) at = parentOf[at]!;
      }
      if (next < 0) return;
      at = next;
    }
  };
  const unwritten = (number: number) => {
    let candidate = number;
    while (candidate >= 0 && rowOf[candidate]! >= 0) candidate = nextSibling[candidate]!;
    return candidate;
  };
  for (const number of byStart) if (parentOf[number]! < 0) write(number);
  // What no root leads to is a circle.
  for (const number of byStart) if (rowOf[number]! < 0) write(number);
  return { order, parent };
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

function toColumns(
  parts: readonly TimelinePart[],
  tree: Tree,
  order: readonly number[],
  parentRows: readonly number[],
): TimelineShape {
  const names = new Dictionary();
  const callees = new Dictionary();
  const { startMicros, endMicros } = boundsOf(parts);
  const service: number[] = [];
  const insideAwsCall = new Uint8Array(order.length);
  const name = order.map((number) => names.numberOf(parts[number]!.name));
  const callee = order.map((number, row) => {
    const part = parts[number]!;
    const parentRow = parentRows[row]!;
    service.push(part.isSegment || parentRow < 0 ? name[row]! : service[parentRow]!);
    if (part.isSegment) return -1;
    const above = parentRow < 0 ? undefined : parts[order[parentRow]!]!;
    if (above && !above.isSegment && (insideAwsCall[parentRow] || above.target?.isAws)) insideAwsCall[row] = 1;
    if (!part.target || insideAwsCall[row] || tree.isAnswered[number]) return -1;
    return callees.numberOf(JSON.stringify([part.target.name, part.target.type]));
  });
  return {
    startMicros,
    endMicros,
    names: names.texts,
    callees: callees.texts.map((text) => {
      const [name, type] = JSON.parse(text) as [string, string];
      return { name, type };
    }),
    rows: {
      id: order.map((number) => parts[number]!.id),
      parent: parentRows,
      name,
      service,
      start: order.map((number) => parts[number]!.startMicros - startMicros),
      duration: order.map((number) => {
        const part = parts[number]!;
        return (part.inProgress ? endMicros : part.endMicros) - part.startMicros;
      }),
      flags: order.map((number, row) => flagsOf(parts[number]!, parentRows[row]! < 0)),
      callee,
    },
  };
}

function boundsOf(parts: readonly TimelinePart[]): { startMicros: number; endMicros: number } {
  if (parts.length === 0) return { startMicros: 0, endMicros: 0 };
  let startMicros = Number.POSITIVE_INFINITY;
  let endMicros = Number.NEGATIVE_INFINITY;
  for (const part of parts) {
    startMicros = Math.min(startMicros, part.startMicros);
    endMicros = Math.max(endMicros, part.endMicros);
  }
  return { startMicros, endMicros };
}

/** What hangs below nothing is shown as a segment, as BatchGetTraces gives it. */
function flagsOf(part: TimelinePart, isRoot: boolean): number {
  return (
    (part.fault ? timelineFlags.fault : 0) |
    (part.error ? timelineFlags.error : 0) |
    (part.throttle ? timelineFlags.throttle : 0) |
    (part.inProgress ? timelineFlags.inProgress : 0) |
    (part.isSegment || isRoot ? timelineFlags.segment : part.target ? timelineFlags.call : 0) |
    (part.hasException ? timelineFlags.exception : 0)
  );
}
