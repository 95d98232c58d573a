import type { Series } from '../../api/cloudwatch.ts';
import type { Insight, InsightEvent } from '../../api/insights.ts';
import { getTimeSeries, type ServiceId, type TimeSeriesPoint } from '../../api/xray.ts';
import { useLive } from '../../app/scope.ts';
import { periodSeconds, type TimeRange } from '../../app/time-range.ts';
import { formatCount } from '../../i18n/format.ts';
import { useText } from '../../i18n/text.ts';
import { Chart } from '../../parts/chart.tsx';
import { serviceCondition } from '../../parts/filter-text.ts';
import { ErrorBox } from '../../parts/states.tsx';

const chartsMax = 4;

interface AnomalyChartsProps {
  insight: Insight;
  events: readonly InsightEvent[];
  range: TimeRange;
}

/** The faults of each anomalous service against the band that they were expected in. */
export function AnomalyCharts({ insight, events, range }: AnomalyChartsProps) {
  const t = useText();
  const top = (insight.TopAnomalousServices ?? []).flatMap((one) => one.ServiceId ?? []);
  const cause = insight.RootCauseServiceId ? [insight.RootCauseServiceId] : [];
  const services = uniqueServices([...cause, ...top]).slice(0, chartsMax);
  const period = Math.max(60, periodSeconds(range, 120));
  const query = useLive(
    ['anomalies', insight.InsightId, period, ...services.map((one) => `${one.Name} ${one.Type}`)],
    ({ scope, signal }) =>
      Promise.all(
        services.map(({ Name = '', Type = '' }) => {
          const selector = serviceCondition({ name: Name, type: Type });
          return getTimeSeries(scope, { ...range, selector, period, forecast: true }, signal);
        }),
      ),
    { ranged: false, refreshMs: insight.State === 'ACTIVE' ? 15_000 : false },
  );
  const marks = [
    { at: (insight.StartTime ?? 0) * 1000, text: t('insights.opened') },
    ...(insight.EndTime ? [{ at: insight.EndTime * 1000, text: t('insights.closed') }] : []),
  ];
  return (
    <section className="hatoba-box">
      <div className="hatoba-label">{t('insights.timeline')}</div>
      <p className="hatoba-soft">{t('insights.timeline-hint', { count: events.length })}</p>
      {query.error && <ErrorBox error={query.error} onRetry={() => query.refetch()} />}
      <div className="hatoba-charts">
        {services.map((service, index) => {
          const points = query.data?.[index] ?? [];
          const bands = bandOf(points, t('insights.expected-low'), t('insights.expected-high'));
          return (
            <Chart
              key={`${service.Name} ${service.Type}`}
              title={t('insights.faults-of', { name: service.Name ?? '' })}
              series={[toSeries('faults', t('outcome.fault'), points, faultsOf)]}
              colours={['fault']}
              {...(bands ? { band: bands } : {})}
              marks={marks}
              range={range}
              format={formatCount}
              least={1}
              height={150}
              group="insight"
              loading={query.isPending}
            />
          );
        })}
      </div>
    </section>
  );
}

function uniqueServices(services: readonly ServiceId[]): ServiceId[] {
  return [...new Map(services.map((one) => [`${one.Name} ${one.Type}`, one])).values()];
}

const faultsOf = (point: TimeSeriesPoint) =>
  (point.ServiceSummaryStatistics ?? point.EdgeSummaryStatistics)?.FaultStatistics?.TotalCount ?? 0;

function toSeries(
  id: string,
  label: string,
  points: readonly TimeSeriesPoint[],
  value: (point: TimeSeriesPoint) => number,
): Series {
  return { id, label, times: points.map((point) => (point.Timestamp ?? 0) * 1000), values: points.map(value) };
}

function bandOf(points: readonly TimeSeriesPoint[], lowLabel: string, highLabel: string) {
  const known = points.filter((point) => point.ServiceForecastStatistics !== undefined);
  if (known.length === 0) return undefined;
  return {
    low: toSeries('low', lowLabel, known, (point) => point.ServiceForecastStatistics?.FaultCountLow ?? 0),
    high: toSeries('high', highLabel, known, (point) => point.ServiceForecastStatistics?.FaultCountHigh ?? 0),
  };
}
