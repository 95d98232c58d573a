import { useNavigate } from '@tanstack/react-router';
import { getInsightImpactGraph, type Insight } from '../../api/insights.ts';
import { getServiceGraph } from '../../api/xray.ts';
import { useLive } from '../../app/scope.ts';
import { absoluteRange, type TimeRange } from '../../app/time-range.ts';
import { useText } from '../../i18n/text.ts';
import { QueryView } from '../../parts/query-view.tsx';
import { buildTraceMap, nodeId } from '../map/map-model.ts';
import { TraceMapPicture } from '../map/trace-map.tsx';

/** From the clients to where it went wrong: the part of the map that the insight names, with that time's numbers. */
export function RootCauseMap({ insight, range }: { insight: Insight; range: TimeRange }) {
  const t = useText();
  const navigate = useNavigate();
  const start = (insight.StartTime ?? 0) * 1000;
  const end = insight.EndTime ? insight.EndTime * 1000 : range.end;
  const query = useLive(
    ['impact-graph', insight.InsightId],
    async ({ scope, signal }) => {
      const [named, graph] = await Promise.all([
        getInsightImpactGraph(scope, { id: insight.InsightId ?? '', start, end }, signal),
        getServiceGraph(scope, { start, end, group: insight.GroupName }, signal),
      ]);
      const [part, whole] = [buildTraceMap(named), buildTraceMap(graph)];
      const nodes = new Map(whole.nodes.map((node) => [node.id, node]));
      const edges = new Map(whole.edges.map((edge) => [edge.id, edge]));
      return {
        nodes: part.nodes.map((node) => nodes.get(node.id) ?? node),
        edges: part.edges.map((edge) => edges.get(edge.id) ?? edge),
      };
    },
    { ranged: false, refreshMs: insight.State === 'ACTIVE' ? 15_000 : false },
  );
  const cause = insight.RootCauseServiceId;
  return (
    <section className="hatoba-box">
      <div className="hatoba-label">{t('insights.map')}</div>
      <QueryView query={query}>
        {(map) =>
          map.nodes.length === 0 ? (
            <p className="hatoba-soft">{t('map.nothing')}</p>
          ) : (
            <TraceMapPicture
              map={map}
              metric="p50"
              minutes={(end - start) / 60_000}
              causeId={nodeId(cause?.Name ?? '', cause?.Type ?? '')}
              height={280}
              small
              onSelect={(chosen) =>
                chosen && navigate({ to: '/map', search: { ...chosen, range: absoluteRange({ start, end }) } as never })
              }
            />
          )
        }
      </QueryView>
    </section>
  );
}
