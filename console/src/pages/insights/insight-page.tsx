import SpaceBetween from '@cloudscape-design/components/space-between';
import { useParams } from '@tanstack/react-router';
import { getInsight, getInsightEvents, type Insight, type InsightEvent } from '../../api/insights.ts';
import { useLive } from '../../app/scope.ts';
import { absoluteRange, type TimeRange } from '../../app/time-range.ts';
import { formatDuration } from '../../i18n/format.ts';
import { useText } from '../../i18n/text.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { serviceCondition } from '../../parts/filter-text.ts';
import { Go } from '../../parts/go.tsx';
import { InsightSentence } from '../../parts/insight-sentence.tsx';
import { Page } from '../../parts/page.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { Empty } from '../../parts/states.tsx';
import { When } from '../../parts/when.tsx';
import { typeLabel } from '../map/node-type.ts';
import { AnomalyCharts } from './anomaly-charts.tsx';
import { ClientImpact } from './client-impact.tsx';
import { ImpactWords } from './impact-words.tsx';
import { InsightState } from './insight-state.tsx';
import { NearbyDeployments } from './nearby-deployments.tsx';
import { RootCauseMap } from './root-cause-map.tsx';

const leadMs = 30 * 60_000;
const tailMs = 5 * 60_000;

/** From half an hour before it began until it was over, or now. */
function rangeOf(insight: Insight, nowMs: number): TimeRange {
  const start = (insight.StartTime ?? 0) * 1000;
  const end = insight.EndTime ? Math.min(nowMs, insight.EndTime * 1000 + tailMs) : nowMs;
  return { start: start - leadMs, end: Math.max(end, start + 60_000) };
}

/** One insight: what left its band, where it came from, whom it hit, what was known when, and what was deployed then. */
export function InsightPage() {
  const t = useText();
  const { insightId } = useParams({ from: '/insights/$insightId' });
  const found = useLive(
    ['insight', insightId],
    async ({ scope, signal }) => ({
      insight: await getInsight(scope, insightId, signal),
      events: await getInsightEvents(scope, insightId, signal),
    }),
    { ranged: false },
  );
  const name = found.data?.insight?.RootCauseServiceId?.Name;
  return (
    <Page
      title={name ? t('insights.of', { name }) : insightId}
      crumbs={[{ text: t('page.insights'), to: '/insights' }]}
    >
      <QueryView query={found}>
        {({ insight, events }) =>
          insight ? <InsightView insight={insight} events={events} /> : <Empty title={t('insights.not-found')} />
        }
      </QueryView>
    </Page>
  );
}

function InsightView({ insight, events }: { insight: Insight; events: readonly InsightEvent[] }) {
  const t = useText();
  const range = rangeOf(insight, Date.now());
  return (
    <SpaceBetween size="m">
      <p className="hatoba-verdict hatoba-wrap">
        <InsightSentence insight={insight} />
      </p>
      <Facts insight={insight} range={range} />
      <AnomalyCharts insight={insight} events={events} range={range} />
      <div className="hatoba-two-uneven">
        <RootCauseMap insight={insight} range={range} />
        <ClientImpact insight={insight} range={range} />
      </div>
      <NearbyDeployments insight={insight} range={range} />
      <DataTable
        title={t('insights.events')}
        items={events}
        trackBy={(event) => `${event.EventTime} ${event.Summary}`}
        empty={t('insights.no-events')}
        pageSize={20}
        columns={[
          { id: 'when', header: t('column.when'), cell: (event) => <When at={event.EventTime} /> },
          {
            id: 'summary',
            header: t('insights.summary'),
            cell: (event) => (
              <InsightSentence insight={{ ...event, RootCauseServiceId: insight.RootCauseServiceId ?? {} }} />
            ),
          },
          {
            id: 'clients',
            header: t('insights.client-impact'),
            cell: (event) => <ImpactWords impact={event.ClientRequestImpactStatistics} />,
          },
          {
            id: 'cause',
            header: t('insights.cause-impact'),
            cell: (event) => <ImpactWords impact={event.RootCauseServiceRequestImpactStatistics} />,
          },
          {
            id: 'services',
            header: t('insights.anomalous'),
            cell: (event) => (event.TopAnomalousServices ?? []).map((one) => one.ServiceId?.Name).join(', ') || '-',
          },
        ]}
      />
    </SpaceBetween>
  );
}

function Facts({ insight, range }: { insight: Insight; range: TimeRange }) {
  const t = useText();
  const cause = insight.RootCauseServiceId;
  const start = insight.StartTime ?? 0;
  const end = insight.EndTime ?? range.end / 1000;
  const during = absoluteRange({ start: start * 1000, end: end * 1000 });
  return (
    <dl className="hatoba-facts hatoba-facts-wide">
      <div>
        <dt>{t('insights.state')}</dt>
        <dd>
          <InsightState state={insight.State} />
        </dd>
      </div>
      <div>
        <dt>{t('column.started')}</dt>
        <dd>
          <When at={insight.StartTime} /> ({formatDuration(Math.round(end - start))})
        </dd>
      </div>
      <div>
        <dt>{t('insights.root-cause')}</dt>
        <dd>
          {cause?.Name ? (
            <Go to="/map" search={{ node: `${cause.Name}~${cause.Type ?? ''}`, range: during } as never}>
              {cause.Name}
            </Go>
          ) : (
            '-'
          )}{' '}
          <span className="hatoba-soft">{typeLabel(cause?.Type ?? '')}</span>
        </dd>
      </div>
      <div>
        <dt>{t('insights.client-impact')}</dt>
        <dd>
          <ImpactWords impact={insight.ClientRequestImpactStatistics} />
        </dd>
      </div>
      <div>
        <dt>{t('insights.cause-impact')}</dt>
        <dd>
          <ImpactWords impact={insight.RootCauseServiceRequestImpactStatistics} />
        </dd>
      </div>
      <div>
        <dt>{t('service.look-at')}</dt>
        <dd className="hatoba-inline-list">
          {cause?.Name && (
            <Go
              to="/traces"
              search={{ filter: serviceCondition({ name: cause.Name, type: '' }, 'fault'), range: during } as never}
            >
              {t('next.failed-traces')}
            </Go>
          )}
          <Go
            to="/map"
            search={
              {
                range: during,
                against: absoluteRange({ start: start * 1000 - (end - start) * 1000, end: start * 1000 }),
              } as never
            }
          >
            {t('insights.compare')}
          </Go>
        </dd>
      </div>
    </dl>
  );
}
