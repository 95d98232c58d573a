import Alert from '@cloudscape-design/components/alert';
import { useText } from '../../i18n/text.ts';
import { useActiveInsights } from '../../parts/active-insights.ts';
import { Go } from '../../parts/go.tsx';
import { InsightSentence } from '../../parts/insight-sentence.tsx';
import { When } from '../../parts/when.tsx';

/** Insights that are open now: they found by themselves what left its expected band. */
export function OpenInsights() {
  const t = useText();
  return useActiveInsights().map((insight) => (
    <Alert
      key={insight.InsightId}
      type="error"
      header={t('insights.of', { name: insight.RootCauseServiceId?.Name ?? '' })}
    >
      <InsightSentence insight={insight} />{' '}
      <span className="hatoba-inline-list">
        <Go to="/insights/$insightId" params={{ insightId: insight.InsightId ?? '' }} className="hatoba-primary">
          {t('insights.inspect')}
        </Go>
        <span className="hatoba-soft">
          {t('overview.since')} <When at={insight.StartTime} />
        </span>
      </span>
    </Alert>
  ));
}
