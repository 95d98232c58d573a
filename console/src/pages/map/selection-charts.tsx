import type { Series } from '../../api/cloudwatch.ts';
import { getTimeSeries, type TimeSeriesPoint } from '../../api/xray.ts';
import { useLive } from '../../app/scope.ts';
import { periodSeconds } from '../../app/time-range.ts';
import { formatCount, formatDuration } from '../../i18n/format.ts';
import { useText } from '../../i18n/text.ts';
import { Chart } from '../../parts/chart.tsx';
import { sharesOf } from '../../parts/health.tsx';
import { ErrorBox } from '../../parts/states.tsx';
import { percentile } from './map-model.ts';
import type { Selection } from './selection-panel.tsx';

/** Response time, requests and what went wrong over the range: of the selected node or edge. */
export function SelectionCharts({ selection }: { selection: Selection }) {
  const t = useText();
  const { selector, group, range } = selection;
  const period = periodSeconds(range, 60);
  const query = useLive(['time-series', selector, group ?? '', period, range.end - range.start], ({ scope, signal }) =>
    getTimeSeries(scope, { ...range, selector, group, period }, signal),
  );
  const points = query.data ?? [];
  const statistics = (point: TimeSeriesPoint) => point.ServiceSummaryStatistics ?? point.EdgeSummaryStatistics;
  const line = (id: string, label: string, value: (point: TimeSeriesPoint) => number | undefined): Series => {
    const known = points.filter((point) => value(point) !== undefined);
    return {
      id,
      label,
      times: known.map((point) => (point.Timestamp ?? 0) * 1000),
      values: known.map((point) => value(point) ?? 0),
    };
  };
  const rate = (count: number) => (count * 60) / period;
  const shares = (point: TimeSeriesPoint) => sharesOf(statistics(point));
  const shared = { range, height: 110, group: 'map-selection', loading: query.isPending };
  return (
    <div>
      {query.error && <ErrorBox error={query.error} onRetry={() => query.refetch()} />}
      <Chart
        title={t('column.response-time')}
        format={formatDuration}
        series={[
          line('p50', t('map.median'), (point) => percentile(point.ResponseTimeHistogram ?? [], 0.5)),
          line('p95', 'p95', (point) => percentile(point.ResponseTimeHistogram ?? [], 0.95)),
        ]}
        {...shared}
      />
      <Chart
        title={t('map.calls-per-minute')}
        format={formatCount}
        series={[line('calls', t('map.calls'), (point) => rate(statistics(point)?.TotalCount ?? 0))]}
        {...shared}
      />
      <Chart
        title={t('map.failures-per-minute')}
        format={formatCount}
        series={(['fault', 'error', 'throttle'] as const).map((outcome) =>
          line(outcome, t(`outcome.${outcome}`), (point) => rate(shares(point)[outcome])),
        )}
        colours={['fault', 'error', 'throttle']}
        {...shared}
      />
    </div>
  );
}
