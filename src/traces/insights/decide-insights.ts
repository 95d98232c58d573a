import type { AccountRegion } from '../../wire/aws/call-context.ts';
import { type Calls, findRootCause, groupSuspects, keyOf, reachableFrom } from './find-root-cause.ts';
import type { AnomalousNode, Impact, InsightRecord, NodeId } from './model.ts';

const minuteMs = 60_000;

/** All that is known of a group at the end of a minute. */
export interface Situation extends AccountRegion {
  readonly groupName: string;
  readonly groupArn: string;
  /** Nodes that are anomalous, and those that are back since they were last looked at. */
  readonly nodes: readonly AnomalousNode[];
  readonly calls: Calls;
  /** Services that clients call. */
  readonly entries: readonly NodeId[];
  /** End of the minute. */
  readonly nowMs: number;
}

const noImpact: Impact = { fault: 0, ok: 0, total: 0 };

/**
 * The insights of a group, from those that are active and what is anomalous now: anomalies that hang together are one
 * insight, two insights that turn out to be one become the older, and one whose nodes are all back is closed. Returned
 * are all that were active and all that are new; impacts and summaries are filled in by the caller.
 */
export function decideInsights(
  active: readonly InsightRecord[],
  situation: Situation,
  newId: () => string,
): InsightRecord[] {
  const open = situation.nodes.filter(({ isBack }) => !isBack);
  const known = active.map(({ anomalous }) => new Set(anomalous.map(keyOf)));
  const result = new Map<string, InsightRecord>();
  for (const group of groupSuspects(open, situation.calls, known)) {
    const keys = new Set(group.map(keyOf));
    const [oldest, ...others] = active
      .filter(({ anomalous }) => anomalous.some((node) => keys.has(keyOf(node))))
      .toSorted((a, b) => a.startMs - b.startMs || (a.id < b.id ? -1 : 1));
    const insight = oldest ? goOn(oldest, others, group, situation) : begin(group, situation, newId());
    result.set(insight.id, insight);
    for (const other of others) {
      result.set(other.id, { ...other, state: 'CLOSED', endMs: situation.nowMs, mergedInto: insight.id });
    }
  }
  for (const insight of active) if (!result.has(insight.id)) result.set(insight.id, close(insight, situation));
  return [...result.values()];
}

function begin(group: readonly AnomalousNode[], situation: Situation, id: string): InsightRecord {
  const { account, region, groupName, groupArn, nowMs } = situation;
  return {
    account,
    region,
    id,
    groupName,
    groupArn,
    state: 'ACTIVE',
    rootCause: nodeId(findRootCause(group, situation.calls)!),
    anomalous: inOrder(group),
    startMs: Math.min(...group.map(({ firstMs }) => firstMs)),
    updatedMs: nowMs,
    summary: '',
    clientImpact: noImpact,
    rootCauseImpact: noImpact,
    clientNodes: entriesAbove(group, situation),
    eventMs: 0,
  };
}

function goOn(
  oldest: InsightRecord,
  others: readonly InsightRecord[],
  group: readonly AnomalousNode[],
  situation: Situation,
): InsightRecord {
  const before = [oldest, ...others].flatMap(({ anomalous }) => anomalous);
  const open = new Map(group.map((node) => [keyOf(node), node]));
  const nodes = new Map<string, AnomalousNode>();
  for (const node of before) nodes.set(keyOf(node), { ...node, isBack: true, excess: 0 });
  for (const [key, node] of open) {
    const earlier = nodes.get(key);
    nodes.set(key, earlier ? { ...node, firstMs: Math.min(earlier.firstMs, node.firstMs) } : node);
  }
  // The former root cause stays a candidate while it is back: what is above it may need longer.
  const former = nodes.get(keyOf(oldest.rootCause));
  const candidates = former && !open.has(keyOf(former)) ? [...group, former] : group;
  const clientNodes = [
    ...[oldest, ...others].flatMap((insight) => insight.clientNodes),
    ...entriesAbove(group, situation),
  ];
  return {
    ...oldest,
    rootCause: nodeId(findRootCause(candidates, situation.calls)!),
    anomalous: inOrder([...nodes.values()]),
    startMs: Math.min(oldest.startMs, ...others.map(({ startMs }) => startMs)),
    updatedMs: situation.nowMs,
    clientNodes: [...new Map(clientNodes.map((node) => [keyOf(node), node])).values()],
  };
}

function close(insight: InsightRecord, situation: Situation): InsightRecord {
  const lastOf = new Map(situation.nodes.map((node) => [keyOf(node), node.lastMs]));
  const anomalous = insight.anomalous.map((node) => ({
    ...node,
    isBack: true,
    lastMs: Math.max(node.lastMs, lastOf.get(keyOf(node)) ?? 0),
  }));
  return {
    ...insight,
    state: 'CLOSED',
    anomalous,
    endMs: Math.max(...anomalous.map(({ lastMs }) => lastMs)) + minuteMs,
    updatedMs: situation.nowMs,
  };
}

/** Services that clients call and that lead to one of the nodes, or are one of them. */
function entriesAbove(nodes: readonly NodeId[], { calls, entries }: Situation): NodeId[] {
  const keys = nodes.map(keyOf);
  return entries
    .filter((entry) => {
      const reached = reachableFrom(keyOf(entry), calls);
      return keys.some((key) => key === keyOf(entry) || reached.has(key));
    })
    .map(nodeId);
}

/** Most affected first. */
const inOrder = (nodes: readonly AnomalousNode[]): AnomalousNode[] =>
  nodes.toSorted((a, b) => b.excess - a.excess || a.firstMs - b.firstMs || (keyOf(a) < keyOf(b) ? -1 : 1));

const nodeId = ({ name, type }: NodeId): NodeId => ({ name, type });
