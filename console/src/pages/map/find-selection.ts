import { useText } from '../../i18n/text.ts';
import { useActiveInsights } from '../../parts/active-insights.ts';
import { edgeCondition, serviceCondition } from '../../parts/filter-text.ts';
import { useServiceOf } from '../../parts/service-of.ts';
import type { TraceMap } from './map-model.ts';
import { typeLabel } from './node-type.ts';
import type { Selection } from './selection-panel.tsx';
import type { ShownMap } from './use-map.ts';

/** Links from elsewhere know a node's name but not its type: `bff~`. */
export function findNodeId(map: TraceMap, wanted: string | undefined): string | undefined {
  if (wanted === undefined) return undefined;
  const byName = map.nodes.find((node) => !node.isClient && wanted === `${node.name}~`);
  return map.nodes.find((node) => node.id === wanted)?.id ?? byName?.id;
}

/** All that is known of the selected node or edge; undefined when nothing, or something gone, is selected. */
export function useSelection(
  shown: ShownMap,
  search: { node?: string; edge?: string },
  group: string | undefined,
): Selection | undefined {
  const t = useText();
  const serviceOf = useServiceOf();
  const openInsights = useActiveInsights();
  const { map, range, compared } = shown;
  const inGroup = (filter: string) => (group ? `group.name = "${group}" AND ${filter}` : filter);
  const node = map.nodes.find((candidate) => candidate.id === search.node);
  if (node && !node.isClient) {
    const ecs = serviceOf(node.name);
    const namesake = map.nodes.some((other) => other !== node && !other.isClient && other.name === node.name);
    return {
      title: node.name,
      description: typeLabel(node.type),
      shares: node.shares,
      histogram: node.histogram,
      meanSeconds: node.meanSeconds,
      ownSeconds: node.ownSeconds,
      range,
      compared: compared?.get(node.id),
      selector: serviceCondition({ name: node.name, type: node.type }),
      group,
      filter: (inside) => inGroup(serviceCondition({ name: node.name, type: namesake ? node.type : '' }, inside)),
      tracesText: t('map.view-traces-of-node'),
      links: [
        ...openInsights
          .filter(({ RootCauseServiceId: cause }) => cause?.Name === node.name && (cause.Type ?? '') === node.type)
          .map((insight) => ({
            text: t('map.open-insight'),
            to: '/insights/$insightId',
            params: { insightId: insight.InsightId ?? '' },
          })),
        ...(ecs
          ? [
              {
                text: t('map.to-service', { name: ecs.service }),
                to: '/services/$cluster/$service',
                params: { ...ecs },
              },
              {
                text: t('page.logs'),
                to: '/services/$cluster/$service',
                params: { ...ecs },
                search: { tab: 'logs' },
              },
            ]
          : []),
      ],
    };
  }
  const edge = map.edges.find((candidate) => candidate.id === search.edge);
  const nodeOf = (id: string) => map.nodes.find((candidate) => candidate.id === id);
  const source = edge && nodeOf(edge.source);
  const target = edge && nodeOf(edge.target);
  if (!edge || !source || !target) return undefined;
  return {
    title: `${source.isClient ? t('map.client') : source.name} → ${target.name}`,
    description: edge.linked ? t('map.linked-hint') : t('map.edge-hint'),
    shares: edge.shares,
    histogram: edge.histogram,
    ageHistogram: edge.ageHistogram,
    meanSeconds: edge.shares.total > 0 ? edge.totalSeconds / edge.shares.total : undefined,
    range,
    compared: compared?.get(edge.id),
    selector: source.isClient
      ? serviceCondition({ name: target.name, type: target.type })
      : edgeCondition(source.name, target.name),
    group,
    filter: (inside) =>
      inGroup(
        source.isClient
          ? serviceCondition({ name: target.name, type: '' }, inside)
          : edgeCondition(source.name, target.name, inside),
      ),
    tracesText: t('map.view-traces-of-edge'),
    links: [],
  };
}
