import { type Outcome, outcomeOf, type SegmentDocument } from './segment-document.ts';

/** A segment, subsegment or call in its place, or several alike that are folded into one row. */
export interface TraceRow {
  /** As printed, from 1. */
  readonly number: number;
  /** `orders`, or `PutItem → orders` where a call names its callee otherwise. */
  readonly name: string;
  readonly kind: 'segment' | 'call' | 'part';
  /** Name of the segment that it is of. */
  readonly service: string;
  readonly depth: number;
  readonly start: number;
  readonly end: number;
  readonly outcome: Outcome;
  /** Seconds in which nothing below it ran; of folded rows their sum. */
  readonly ownSeconds: number;
  /** Whether the response waited for it, by itself or by what it called. */
  readonly critical: boolean;
  /** The document; of folded rows all of them. */
  readonly documents: readonly SegmentDocument[];
  /** Names of what it lies below, the nearest first. */
  readonly ancestors: readonly string[];
}

/** As many leaves that look the same are shown as one. */
const foldFrom = 5;
const ancestorsMax = 50;

interface Node {
  readonly document: SegmentDocument;
  readonly end: number;
  readonly children: Node[];
  parent: Node | undefined;
  isSegment: boolean;
  callee: string | undefined;
  critical: boolean;
}

/** Rows of a trace in the order of a waterfall: each segment below the subsegment that called it, siblings by start. */
export function layOutTrace(documents: readonly SegmentDocument[]): TraceRow[] {
  const roots = toTree(documents);
  for (const root of roots) markCritical(root);
  const rows: TraceRow[] = [];
  const waiting = fold(roots)
    .map((group) => ({ group, depth: 0, service: '' }))
    .reverse();
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { group, depth, service } = next;
    const first = group[0]!;
    const own = first.isSegment || service === '' ? first.document.name : service;
    rows.push(toRow(group, depth, own, rows.length + 1));
    if (group.length > 1) continue;
    for (const below of fold(first.children).reverse()) waiting.push({ group: below, depth: depth + 1, service: own });
  }
  return rows;
}

/** Not recursive: documents may be nested as deeply as they like. */
function toTree(documents: readonly SegmentDocument[]): Node[] {
  const nodes = new Map<string, Node>();
  const parents = new Map<Node, string | undefined>();
  const sent = new Set(documents);
  // What stands for a callee that sends nothing is a name on its call.
  const callees = new Map<string, string>();
  for (const { inferred, parent_id, name } of documents) if (inferred && parent_id) callees.set(parent_id, name);
  const waiting = documents
    .filter(({ inferred }) => !inferred)
    .map((document) => ({ document, parentId: document.parent_id }));
  for (const { document, parentId } of waiting) {
    if (nodes.has(document.id)) continue;
    const node: Node = {
      document,
      end: document.end_time ?? document.start_time,
      children: [],
      parent: undefined,
      isSegment: sent.has(document) && document.type !== 'subsegment',
      callee: callees.get(document.id),
      critical: false,
    };
    nodes.set(document.id, node);
    parents.set(node, parentId);
    for (const child of document.subsegments ?? []) waiting.push({ document: child, parentId: document.id });
  }
  const roots: Node[] = [];
  const place = (node: Node, parent: Node | undefined) => {
    node.parent = parent;
    (parent ? parent.children : roots).push(node);
  };
  // What is nested in a document first: it cannot close a circle, a document itself can.
  for (const [node, parentId] of parents) if (!sent.has(node.document)) place(node, nodes.get(parentId ?? ''));
  for (const [node, parentId] of parents) {
    if (!sent.has(node.document)) continue;
    const parent = parentId === undefined ? undefined : nodes.get(parentId);
    place(node, parent && !isAbove(node, parent) ? parent : undefined);
  }
  const byStart = (a: Node, b: Node) => a.document.start_time - b.document.start_time;
  for (const { children } of nodes.values()) children.sort(byStart);
  return roots.sort(byStart);
}

/** Foreign documents may name each other as parents. */
function isAbove(node: Node, of: Node): boolean {
  for (let at: Node | undefined = of; at; at = at.parent) if (at === node) return true;
  return false;
}

/** Walks back from the end: the child that ended last before the cursor was waited for. */
function markCritical(root: Node): void {
  const waiting = [{ node: root, until: root.end }];
  for (const { node, until } of waiting) {
    node.critical = true;
    let cursor = Math.min(node.end, until);
    for (const child of [...node.children].sort((a, b) => b.end - a.end)) {
      const { start_time: start } = child.document;
      if (child.end > cursor || child.end <= node.document.start_time || start < node.document.start_time) continue;
      waiting.push({ node: child, until: child.end });
      cursor = start;
    }
  }
}

function fold(siblings: readonly Node[]): Node[][] {
  const groups: Node[][] = [];
  for (const node of siblings) {
    const group = groups.at(-1);
    if (group && isAlike(group[0]!, node)) group.push(node);
    else groups.push([node]);
  }
  return groups.flatMap((group) => (group.length >= foldFrom ? [group] : group.map((node) => [node])));
}

function isAlike(a: Node, b: Node): boolean {
  return (
    a.children.length + b.children.length === 0 &&
    a.document.name === b.document.name &&
    a.callee === b.callee &&
    outcomeOf(a.document) === outcomeOf(b.document)
  );
}

function toRow(group: readonly Node[], depth: number, service: string, number: number): TraceRow {
  const { document, isSegment, callee, parent } = group[0]!;
  const isCall = document.namespace === 'aws' || document.namespace === 'remote';
  const ancestors: string[] = [];
  for (let at = parent; at && ancestors.length < ancestorsMax; at = at.parent) ancestors.push(at.document.name);
  return {
    number,
    name: callee !== undefined && callee !== document.name ? `${document.name} → ${callee}` : document.name,
    kind: isSegment ? 'segment' : isCall ? 'call' : 'part',
    service,
    depth,
    start: document.start_time,
    end: group.reduce((end, node) => Math.max(end, node.end), document.start_time),
    outcome: outcomeOf(document),
    ownSeconds: group.reduce((sum, node) => sum + ownSeconds(node), 0),
    critical: group.some(({ critical }) => critical),
    documents: group.map((node) => node.document),
    ancestors,
  };
}

function ownSeconds({ document, end, children }: Node): number {
  let covered = 0;
  let reached = document.start_time;
  for (const child of children) {
    const from = Math.max(child.document.start_time, reached);
    const to = Math.min(child.end, end);
    if (to > from) covered += to - from;
    reached = Math.max(reached, to);
  }
  return Math.max(0, end - document.start_time - covered);
}
