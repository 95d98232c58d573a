/** The parts of an X-Ray segment document that a timeline needs. Times are epoch seconds. */
export interface SegmentDocument {
  id: string;
  name: string;
  parent_id?: string;
  inferred?: boolean;
  start_time: number;
  end_time?: number;
  fault?: boolean;
  error?: boolean;
  throttle?: boolean;
  aws?: { ecs?: { task_arn?: string } };
  cause?: { exceptions?: SegmentException[] } | string;
  subsegments?: SegmentDocument[];
}

export interface SegmentException {
  id?: string;
  type?: string;
  message?: string;
  /** Id of the exception that led to this one. */
  cause?: string;
  stack?: { path?: string; line?: number; label?: string }[];
}

export interface TimelineRow {
  readonly name: string;
  readonly depth: number;
  readonly start: number;
  readonly end: number;
  readonly outcome: 'ok' | 'error' | 'throttle' | 'fault' | 'running';
  readonly exceptions: readonly SegmentException[];
  /** Whether the response waited for it, by itself or by what it called. */
  readonly critical: boolean;
  /** So many siblings that look the same are folded into this row. */
  readonly folded: number;
}

/** As many leaves that look the same are shown as one. */
const foldFrom = 5;

interface Node {
  readonly document: SegmentDocument;
  readonly end: number;
  readonly children: Node[];
  critical: boolean;
}

/** Rows of a trace in the order of a waterfall: each segment below the subsegment that called it, siblings by start. */
export function layOutTimeline(documents: readonly SegmentDocument[]): TimelineRow[] {
  const roots = toTree(documents);
  for (const root of roots) markCritical(root);
  const rows: TimelineRow[] = [];
  const waiting = fold(roots)
    .map((group) => ({ group, depth: 0 }))
    .reverse();
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { group, depth } = next;
    rows.push(toRow(group, depth));
    if (group.length > 1) continue;
    for (const below of fold(group[0]!.children).reverse()) waiting.push({ group: below, depth: depth + 1 });
  }
  return rows;
}

/** Not recursive: documents may be nested as deeply as they like. */
function toTree(documents: readonly SegmentDocument[]): Node[] {
  const nodes = new Map<string, Node>();
  const parents = new Map<Node, string | undefined>();
  const sent = new Set(documents);
  const waiting = documents.map((document) => ({ document, parentId: document.parent_id }));
  for (const { document, parentId } of waiting) {
    if (nodes.has(document.id)) continue;
    const node = { document, end: document.end_time ?? document.start_time, children: [], critical: false };
    nodes.set(document.id, node);
    parents.set(node, parentId);
    for (const child of document.subsegments ?? []) waiting.push({ document: child, parentId: document.id });
  }
  const roots: Node[] = [];
  for (const [node, parentId] of parents) {
    const parent = parentId === undefined ? undefined : nodes.get(parentId);
    // What is nested in a document cannot close a circle, a document itself can.
    const isNested = !sent.has(node.document);
    if (parent && (isNested || !isAbove(node, parent, nodes, parents))) parent.children.push(node);
    else roots.push(node);
  }
  const byStart = (a: Node, b: Node) => a.document.start_time - b.document.start_time;
  for (const { children } of nodes.values()) children.sort(byStart);
  return roots.sort(byStart);
}

/** Foreign documents may name each other as parents. */
function isAbove(
  node: Node,
  of: Node,
  nodes: ReadonlyMap<string, Node>,
  parents: ReadonlyMap<Node, string | undefined>,
) {
  const seen = new Set<Node>();
  for (let at: Node | undefined = of; at && !seen.has(at); at = nodes.get(parents.get(at) ?? '')) {
    if (at === node) return true;
    seen.add(at);
  }
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
    outcomeOf(a.document) === outcomeOf(b.document)
  );
}

function toRow(group: readonly Node[], depth: number): TimelineRow {
  const { document } = group[0]!;
  return {
    name: document.name,
    depth,
    start: document.start_time,
    end: group.reduce((end, node) => Math.max(end, node.end), document.start_time),
    outcome: outcomeOf(document),
    exceptions: group.flatMap(({ document: { cause, inferred } }) =>
      typeof cause === 'object' && !inferred ? (cause.exceptions ?? []) : [],
    ),
    critical: group.some(({ critical }) => critical),
    folded: group.length,
  };
}

function outcomeOf(document: SegmentDocument): TimelineRow['outcome'] {
  if (document.end_time === undefined) return 'running';
  if (document.fault) return 'fault';
  if (document.throttle) return 'throttle';
  return document.error ? 'error' : 'ok';
}
