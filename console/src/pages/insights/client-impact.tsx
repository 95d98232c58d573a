import type { Insight } from '../../api/insights.ts';
import { getTimeSeries } from '../../api/xray.ts';
import { useLive } from '../../app/scope.ts';
import { periodSeconds, type TimeRange } from '../../app/time-range.ts';
import { formatCount } from '../../i18n/format.ts';
import { useText } from '../../i18n/text.ts';
import { outcomes, outcomeText, sharesOf } from '../../parts/health.tsx';
import { noOutcomes, OutcomeBars } from '../../parts/outcome-bars.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { colour } from '../../theme.ts';

/** What clients got over the time of the insight: ok, errors, throttles and faults. */
export function ClientImpact({ insight, range }: { insight: Insight; range: TimeRange }) {
  const t = useText();
  const period = Math.max(60, periodSeconds(range, 60));
  const query = useLive(
    ['client-impact', insight.InsightId, period],
    ({ scope, signal }) => getTimeSeries(scope, { ...range, period, group: insight.GroupName }, signal),
    { ranged: false, refreshMs: insight.State === 'ACTIVE' ? 15_000 : false },
  );
  return (
    <section className="hatoba-box">
      <div className="hatoba-label">{t('insights.client-impact')}</div>
      <QueryView query={query}>
        {(points) => {
          const start = Math.floor(range.start / 1000 / period) * period;
          const slots = Math.max(1, Math.ceil((range.end / 1000 - start) / period));
          const columns = Array.from({ length: slots }, noOutcomes);
          const sum = noOutcomes();
          for (const point of points) {
            const shares = sharesOf(point.EdgeSummaryStatistics ?? point.ServiceSummaryStatistics);
            const column = columns[Math.floor(((point.Timestamp ?? 0) - start) / period)];
            for (const outcome of outcomes) {
              if (column) column[outcome] += shares[outcome];
              sum[outcome] += shares[outcome];
            }
          }
          return (
            <>
              <OutcomeBars
                columns={columns}
                range={{ start: start * 1000, end: (start + slots * period) * 1000 }}
                label={t('insights.client-impact')}
              />
              <p className="hatoba-inline-list">
                {outcomes.map((outcome) => (
                  <span key={outcome}>
                    <span className="hatoba-swatch" style={{ background: colour[outcome] }} />
                    {t(outcomeText[outcome])} {formatCount(sum[outcome])}
                  </span>
                ))}
              </p>
            </>
          );
        }}
      </QueryView>
    </section>
  );
}
