import type { Edge, Service } from '@aws-sdk/client-xray';
import { toHistogram } from './histogram.ts';

export type StatusClass = 'ok' | 'error' | 'throttle' | 'fault';
const statusClasses: readonly StatusClass[] = ['ok', 'error', 'throttle', 'fault'];

/** Requests of one kind that fall into one bucket of durations. */
export interface CountGroup {
  readonly status: StatusClass;
  /** Seconds, rounded as `bucketSql` does. */
  readonly bucket: number;
  readonly count: number;
  readonly totalSeconds: number;
  /** Epoch seconds. */
  readonly start: number;
  readonly end: number;
}

/** Requests of several kinds, already added up. */
export interface SummedGroup {
  readonly ok: number;
  readonly error: number;
  readonly throttle: number;
  readonly fault: number;
  readonly totalSeconds: number;
  /** Epoch seconds. */
  readonly start: number;
  readonly end: number;
  /** Seconds, as in `CountGroup`, and how many. */
  readonly histogram: readonly (readonly [bucket: number, count: number])[];
}

export type Counted = CountGroup | SummedGroup;

/** Segments of a service. */
export interface NodeKey {
  readonly name: string;
  readonly type: string;
  /** The segments had no parent. */
  readonly isRoot: boolean;
}

export type NodeGroup = NodeKey & Counted;

/** Calls of a service. `calleeName` is empty where no callee has reported. */
export interface EdgeKey {
  readonly ownerName: string;
  readonly ownerType: string;
  readonly callName: string;
  /** Tells calls of one name apart where the name says nothing (a loopback address). */
  readonly hint: string;
  readonly calleeName: string;
  readonly calleeType: string;
  readonly targetName: string;
  readonly targetType: string;
  /** Ended so lately that its callee may still be on the way. */
  readonly isRecent: boolean;
}

export type EdgeGroup = EdgeKey & Counted;

interface Counts {
  ok: number;
  error: number;
  throttle: number;
  fault: number;
  /** Whole microseconds: their sum is the same in any order. */
  totalMicros: number;
  start: number;
  end: number;
  histogram: Map<number, number>;
}

interface Node {
  readonly name: string;
  readonly type: string;
  readonly isReal: boolean;
  isRoot: boolean;
  readonly counts: Counts;
  readonly rootCounts: Counts;
  readonly edges: Map<string, Counts>;
}

/**
 * The map of a range: a node for each service that sent segments, for each callee that is only inferred, and a client
 * before each service where traces begin. Node counts come from a service's own segments, edge counts from its caller's
 * calls. The same groups in any order give the same map.
 */
export function buildGraph(
  nodeGroups: readonly NodeGroup[],
  edgeGroups: readonly EdgeGroup[],
  account: string,
  now: Date,
): Service[] {
  const nodes = new Map<string, Node>();
  for (const group of nodeGroups) {
    const node = nodeAt(nodes, group.name, group.type, true);
    add(node.counts, group);
    if (group.isRoot) add(node.rootCounts, group);
    if (group.isRoot) node.isRoot = true;
  }
  const attribute = attributeCalls(edgeGroups);
  for (const group of edgeGroups) {
    const callee = attribute(group);
    if (!callee) continue;
    const owner = nodeAt(nodes, group.ownerName, group.ownerType, true);
    const target = nodeAt(nodes, callee.name, callee.type, callee.isReal);
    if (!callee.isReal) add(target.counts, group);
    const key = keyOf(callee.name, callee.type);
    const edge = owner.edges.get(key) ?? emptyCounts();
    owner.edges.set(key, edge);
    add(edge, group);
  }
  return toServices(nodes, account, now.getTime() / 1000 - callerDelaySeconds);
}

/** A caller's segment may come this much later than its callee's; until then the callee is not taken for an entry point. */
const callerDelaySeconds = 10;

interface Callee {
  readonly name: string;
  readonly type: string;
  readonly isReal: boolean;
}

/**
 * Decides where a call went. Without a callee of its own it went where all other calls of that service under the same
 * name went: the callee was not sampled, crashed, or has not reported yet. Otherwise it infers a node; a call to a mere
 * loopback address only when its callee can no longer be on the way.
 */
function attributeCalls(groups: readonly EdgeGroup[]): (group: EdgeGroup) => Callee | undefined {
  const known = new Map<string, Callee | null>();
  const learn = (key: string, callee: Callee) => {
    const other = known.get(key);
    if (other === undefined) known.set(key, callee);
    else if (other && keyOf(other.name, other.type) !== keyOf(callee.name, callee.type)) known.set(key, null);
  };
  const keysOf = (group: EdgeGroup) => {
    const byName = JSON.stringify([group.ownerName, group.ownerType, group.callName]);
    return [JSON.stringify([byName, group.hint]), byName];
  };
  for (const group of groups) {
    if (!group.calleeName || group.targetType !== 'remote') continue;
    for (const key of keysOf(group)) learn(key, { name: group.calleeName, type: group.calleeType, isReal: true });
  }
  return (group) => {
    if (group.calleeName) return { name: group.calleeName, type: group.calleeType, isReal: true };
    if (group.targetType === 'remote') {
      for (const key of keysOf(group)) {
        const callee = known.get(key);
        if (callee) return callee;
      }
      const isKnownName = known.has(keysOf(group)[1]!);
      if (group.isRecent && (isKnownName || group.hint !== '')) return undefined;
    }
    return { name: group.targetName, type: group.targetType, isReal: false };
  };
}

function toServices(nodes: ReadonlyMap<string, Node>, account: string, settledBefore: number): Service[] {
  const sorted = [...nodes].sort(([a], [b]) => (a < b ? -1 : 1));
  const called = new Set(sorted.flatMap(([own, node]) => [...node.edges.keys()].filter((target) => target !== own)));
  const references = new Map(sorted.map(([key], index) => [key, index]));
  const isEntry = (key: string, node: Node) =>
    node.isReal && (node.isRoot || (!called.has(key) && node.counts.start < settledBefore));
  const services = sorted.map(([key, node], index) => toService(node, index, references, isEntry(key, node), account));
  for (const [key, node] of sorted) {
    const index = references.get(key)!;
    if (!isEntry(key, node)) continue;
    const counts = node.isRoot ? node.rootCounts : node.counts;
    if (totalOf(counts) === 0) continue;
    services.push({
      ReferenceId: services.length,
      Name: node.name,
      Names: [node.name],
      Type: 'client',
      State: 'unknown',
      StartTime: wholeSecond(counts.start),
      EndTime: wholeSecond(counts.end),
      Edges: [toEdge(index, counts)],
    });
  }
  return services;
}

function toService(
  node: Node,
  index: number,
  references: ReadonlyMap<string, number>,
  isEntry: boolean,
  account: string,
): Service {
  const edges = [...node.edges].sort(([a], [b]) => (a < b ? -1 : 1));
  const histogram = toHistogram(node.counts.histogram);
  const times = [node.counts, ...edges.map(([, counts]) => counts)];
  return {
    ReferenceId: index,
    Name: node.name,
    Names: [node.name],
    ...(isEntry ? { Root: true } : {}),
    ...(node.isReal ? { AccountId: account } : {}),
    Type: node.type,
    State: node.isReal ? 'active' : 'unknown',
    StartTime: wholeSecond(Math.min(...times.map(({ start }) => start))),
    EndTime: wholeSecond(Math.max(...times.map(({ end }) => end))),
    Edges: edges.map(([target, counts]) => toEdge(references.get(target)!, counts)),
    SummaryStatistics: statisticsOf(node.counts),
    DurationHistogram: histogram,
    ResponseTimeHistogram: histogram,
  };
}

function toEdge(referenceId: number, counts: Counts): Edge {
  return {
    ReferenceId: referenceId,
    StartTime: wholeSecond(counts.start),
    EndTime: wholeSecond(counts.end),
    SummaryStatistics: statisticsOf(counts),
    ResponseTimeHistogram: toHistogram(counts.histogram),
    Aliases: [],
  };
}

/** Counts as X-Ray reports them, for nodes, edges and time series. */
export function statisticsOf(counts: Omit<Counts, 'histogram' | 'start' | 'end'>) {
  const { ok, error, throttle, fault } = counts;
  return {
    OkCount: ok,
    ErrorStatistics: { ThrottleCount: throttle, OtherCount: error, TotalCount: throttle + error },
    FaultStatistics: { OtherCount: fault, TotalCount: fault },
    TotalCount: ok + error + throttle + fault,
    TotalResponseTime: Math.round(counts.totalMicros / 1000) / 1000,
  };
}

export function emptyCounts(): Counts {
  return {
    ok: 0,
    error: 0,
    throttle: 0,
    fault: 0,
    totalMicros: 0,
    start: Number.POSITIVE_INFINITY,
    end: Number.NEGATIVE_INFINITY,
    histogram: new Map(),
  };
}

export function add(counts: Counts, group: Counted): void {
  counts.totalMicros += Math.round(group.totalSeconds * 1e6);
  counts.start = Math.min(counts.start, group.start);
  counts.end = Math.max(counts.end, group.end);
  const { histogram } = counts;
  if ('histogram' in group) {
    for (const status of statusClasses) counts[status] += group[status];
    for (const [bucket, count] of group.histogram) histogram.set(bucket, (histogram.get(bucket) ?? 0) + count);
  } else {
    counts[group.status] += group.count;
    histogram.set(group.bucket, (histogram.get(group.bucket) ?? 0) + group.count);
  }
}

function totalOf({ ok, error, throttle, fault }: Counts): number {
  return ok + error + throttle + fault;
}

function nodeAt(nodes: Map<string, Node>, name: string, type: string, isReal: boolean): Node {
  const key = keyOf(name, type);
  let node = nodes.get(key);
  if (!node) {
    node = { name, type, isReal, isRoot: false, counts: emptyCounts(), rootCounts: emptyCounts(), edges: new Map() };
    nodes.set(key, node);
  }
  return node;
}

const keyOf = (name: string, type: string): string => JSON.stringify([name, type]);

const wholeSecond = (seconds: number): Date => new Date((Number.isFinite(seconds) ? Math.floor(seconds) : 0) * 1000);
