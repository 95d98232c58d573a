import type { Edge, Service } from '@aws-sdk/client-xray';
import { add, type CountGroup, emptyCounts, statisticsOf } from '../graph/build-graph.ts';
import { toHistogram } from '../graph/histogram.ts';

/** Received events of one kind: from a queue (or the service that sent them itself) to the service that took them. */
export interface LinkGroup extends CountGroup {
  readonly fromName: string;
  readonly fromType: string;
  readonly toName: string;
  readonly toType: string;
  /** Seconds from being sent to being received, rounded as `bucketSql` does. */
  readonly ageBucket: number;
  /** How many segments without a parent these events account for. */
  readonly rootSegments: number;
}

/**
 * Draws asynchronous edges (EdgeType `link`) into a map. What lies at the other end but outside of the map is added
 * without counts. A service that does nothing but take events has no client before it.
 */
export function addLinkEdges(services: readonly Service[], groups: readonly LinkGroup[], account: string): Service[] {
  if (groups.length === 0) return [...services];
  const result = services.map((service) => ({ ...service, Edges: [...(service.Edges ?? [])] }));
  const nodeAt = (name: string, type: string) => {
    const found = result.find((service) => service.Name === name && service.Type === type);
    if (found) return found;
    const added = emptyNode(name, type, nextReference(result), account);
    result.push(added);
    return added;
  };
  const byEnds = new Map<string, LinkGroup[]>();
  for (const group of groups) {
    const key = JSON.stringify([group.fromName, group.fromType, group.toName, group.toType]);
    byEnds.set(key, [...(byEnds.get(key) ?? []), group]);
  }
  for (const [, ofEdge] of [...byEnds].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const { fromName, fromType, toName, toType } = ofEdge[0]!;
    const target = nodeAt(toName, toType);
    const source = nodeAt(fromName, fromType);
    source.Edges.push(toLinkEdge(target.ReferenceId!, ofEdge));
  }
  const taken = new Map<number, number>();
  for (const group of groups) {
    const id = nodeAt(group.toName, group.toType).ReferenceId!;
    taken.set(id, (taken.get(id) ?? 0) + group.rootSegments);
  }
  return renumber(
    result.filter(({ Type, Edges }) => {
      const edge = Type === 'client' ? Edges[0] : undefined;
      const requests = edge?.SummaryStatistics?.TotalCount ?? 0;
      // Shares of a segment's links add up to whole numbers but for rounding.
      return !edge || (taken.get(edge.ReferenceId!) ?? 0) < requests - 0.001;
    }),
  );
}

function toLinkEdge(referenceId: number, groups: readonly LinkGroup[]): Edge {
  const counts = emptyCounts();
  const ages = new Map<number, number>();
  for (const group of groups) {
    add(counts, group);
    ages.set(group.ageBucket, (ages.get(group.ageBucket) ?? 0) + group.count);
  }
  return {
    ReferenceId: referenceId,
    StartTime: wholeSecond(counts.start),
    EndTime: wholeSecond(counts.end),
    SummaryStatistics: statisticsOf(counts),
    ResponseTimeHistogram: [],
    Aliases: [],
    EdgeType: 'link',
    ReceivedEventAgeHistogram: toHistogram(ages),
  };
}

function emptyNode(name: string, type: string, referenceId: number, account: string) {
  return {
    ReferenceId: referenceId,
    Name: name,
    Names: [name],
    AccountId: account,
    Type: type,
    State: 'unknown',
    StartTime: new Date(0),
    EndTime: new Date(0),
    Edges: [] as Edge[],
    SummaryStatistics: statisticsOf(emptyCounts()),
    DurationHistogram: [],
    ResponseTimeHistogram: [],
  } satisfies Service;
}

const nextReference = (services: readonly Service[]): number =>
  Math.max(-1, ...services.map(({ ReferenceId }) => ReferenceId ?? -1)) + 1;

/** Numbers from 0 without gaps, whatever was taken out. */
function renumber(services: readonly (Service & { Edges: Edge[] })[]): Service[] {
  const numbers = new Map(services.map(({ ReferenceId }, index) => [ReferenceId!, index]));
  return services.map((service, index) => ({
    ...service,
    ReferenceId: index,
    Edges: service.Edges.map((edge) => ({ ...edge, ReferenceId: numbers.get(edge.ReferenceId!)! })),
  }));
}

const wholeSecond = (seconds: number): Date => new Date(Math.floor(seconds) * 1000);
