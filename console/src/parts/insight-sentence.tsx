import type { Insight } from '../api/insights.ts';
import { formatCount, formatShare } from '../i18n/format.ts';
import { useText } from '../i18n/text.ts';

type Told = Pick<Insight, 'Summary' | 'RootCauseServiceId' | 'ClientRequestImpactStatistics' | 'TopAnomalousServices'>;

/** What happened, in the reader's language. The server's own words are in English: they are shown on hover. */
export function InsightSentence({ insight }: { insight: Told }) {
  const t = useText();
  const impact = insight.ClientRequestImpactStatistics;
  const name = insight.RootCauseServiceId?.Name ?? '?';
  const total = impact?.TotalCount ?? 0;
  const failed = impact?.FaultCount ?? 0;
  const others = (insight.TopAnomalousServices ?? []).filter((one) => one.ServiceId?.Name !== name).length;
  return (
    <span className="hatoba-wrap" title={insight.Summary ?? ''}>
      {t('insights.sentence', {
        name,
        failed: formatCount(failed),
        total: formatCount(total),
        share: formatShare(failed, total),
      })}
      {others > 0 && ` ${t('insights.others', { count: others })}`}
    </span>
  );
}
