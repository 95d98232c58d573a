import type { Service } from '../../api/ecs.ts';
import { lastPart } from '../../parts/arn.ts';
import type { TraceMap } from './map-model.ts';

/** What of the map is shown: `group:NAME`, `cluster:NAME`, `service:NAME`, `tag:KEY=VALUE`; undefined is all. */
export type Show = { by: 'group' | 'cluster' | 'service' | 'tag'; value: string };

export function readShow(text: string | undefined): Show | undefined {
  const match = /^(group|cluster|service|tag):(.+)$/s.exec(text ?? '');
  return match ? { by: match[1] as Show['by'], value: match[2] ?? '' } : undefined;
}

/** The names of the map nodes that belong to it. A group is no matter of names: the server narrows by it. */
export function namesOf(show: Show, services: readonly Service[]): Set<string> {
  if (show.by === 'service') return new Set([show.value]);
  const belongs = (service: Service) =>
    show.by === 'cluster'
      ? lastPart(service.clusterArn) === show.value
      : (service.tags ?? []).some((tag) => `${tag.key}=${tag.value}` === show.value);
  return new Set(services.filter(belongs).map((service) => service.serviceName));
}

/** The nodes of these names with those they talk to, and the edges that touch them. */
export function narrowMap(map: TraceMap, names: ReadonlySet<string>): TraceMap {
  const core = new Set(map.nodes.filter((node) => !node.isClient && names.has(node.name)).map((node) => node.id));
  const edges = map.edges.filter((edge) => core.has(edge.source) || core.has(edge.target));
  const kept = new Set([...core, ...edges.flatMap((edge) => [edge.source, edge.target])]);
  return { nodes: map.nodes.filter((node) => kept.has(node.id)), edges };
}
