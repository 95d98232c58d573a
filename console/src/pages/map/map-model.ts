import type { GraphService, HistogramEntry } from '../../api/xray.ts';
import { type Shares, sharesOf } from '../../parts/health.tsx';

export interface MapEdge {
  id: string;
  source: string;
  target: string;
  shares: Shares;
  /** Seconds, over all calls. */
  totalSeconds: number;
  histogram: HistogramEntry[];
  /** Calls of linked traces: a consumer took what a producer had sent. */
  linked: boolean;
  ageHistogram: HistogramEntry[];
}

export interface MapNode {
  id: string;
  name: string;
  type: string;
  isClient: boolean;
  isRoot: boolean;
  shares: Shares;
  histogram: HistogramEntry[];
  /** Mean seconds of a call, and of what remains of it without the calls that the node made itself. */
  meanSeconds: number | undefined;
  ownSeconds: number | undefined;
}

export interface TraceMap {
  nodes: MapNode[];
  edges: MapEdge[];
}

/** A node's identity in URLs and between refreshes; ReferenceIds change from answer to answer. */
export const nodeId = (name: string, type: string): string => `${name}~${type}`;
const edgeId = (source: string, target: string): string => `${source}>>${target}`;

/** Nodes and edges by names that last, in an order that lasts, so that the picture stays as it is between refreshes. */
export function buildTraceMap(services: readonly GraphService[]): TraceMap {
  const ids = new Map<number, string>();
  for (const service of services) {
    if (service.ReferenceId !== undefined) ids.set(service.ReferenceId, idOf(service));
  }
  const edges: MapEdge[] = services.flatMap((service) =>
    (service.Edges ?? []).flatMap((edge) => {
      const target = ids.get(edge.ReferenceId ?? -1);
      if (target === undefined) return [];
      const source = idOf(service);
      return [
        {
          id: edgeId(source, target),
          source,
          target,
          shares: sharesOf(edge.SummaryStatistics),
          totalSeconds: edge.SummaryStatistics?.TotalResponseTime ?? 0,
          histogram: edge.ResponseTimeHistogram ?? [],
          linked: edge.EdgeType === 'link',
          ageHistogram: edge.ReceivedEventAgeHistogram ?? [],
        },
      ];
    }),
  );
  const calls = new Map<string, MapEdge[]>();
  for (const edge of edges) {
    const ofSource = calls.get(edge.source);
    if (ofSource) ofSource.push(edge);
    else calls.set(edge.source, [edge]);
  }
  const nodes = services.map((service) => toNode(service, calls.get(idOf(service)) ?? []));
  return {
    nodes: [...new Map(nodes.map((node) => [node.id, node])).values()].sort((a, b) => compare(a.id, b.id)),
    edges: edges.sort((a, b) => compare(a.id, b.id)),
  };
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
const idOf = (service: GraphService) => nodeId(service.Name ?? '', service.Type ?? '');

function toNode(service: GraphService, calls: readonly MapEdge[]): MapNode {
  const id = idOf(service);
  const shares = sharesOf(service.SummaryStatistics);
  const seconds = service.SummaryStatistics?.TotalResponseTime ?? 0;
  const waited = calls.filter((edge) => !edge.linked).reduce((sum, edge) => sum + edge.totalSeconds, 0);
  const counted = shares.total > 0;
  return {
    id,
    name: service.Name ?? '',
    type: service.Type ?? '',
    isClient: service.Type === 'client',
    isRoot: service.Root === true,
    shares,
    histogram: service.ResponseTimeHistogram ?? service.DurationHistogram ?? [],
    meanSeconds: counted ? seconds / shares.total : undefined,
    ownSeconds: counted ? Math.max(0, seconds - waited) / shares.total : undefined,
  };
}

/** The value below which `share` of the calls stayed; undefined without calls. */
export function percentile(histogram: readonly HistogramEntry[], share: number): number | undefined {
  const sorted = histogram
    .map((entry) => ({ value: entry.Value ?? 0, count: entry.Count ?? 0 }))
    .filter((entry) => entry.count > 0)
    .sort((a, b) => a.value - b.value);
  const total = sorted.reduce((sum, entry) => sum + entry.count, 0);
  let seen = 0;
  for (const entry of sorted) {
    seen += entry.count;
    if (seen >= total * share) return entry.value;
  }
  return undefined;
}

/** Where the time is lost: the one node with most of everybody's own time, if it is slow at all. */
export function slowestNode(map: TraceMap): MapNode | undefined {
  const timed = map.nodes.filter((node) => !node.isClient && node.ownSeconds !== undefined);
  const own = (node: MapNode) => node.ownSeconds ?? 0;
  const slowest = timed.reduce<MapNode | undefined>(
    (worst, node) => (worst === undefined || own(node) > own(worst) ? node : worst),
    undefined,
  );
  const all = timed.reduce((sum, node) => sum + own(node), 0);
  return slowest && own(slowest) >= 1 && own(slowest) > all / 2 ? slowest : undefined;
}
