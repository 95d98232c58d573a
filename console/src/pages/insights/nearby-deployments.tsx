import { getDeploymentEffects } from '../../api/deployments.ts';
import type { Insight } from '../../api/insights.ts';
import { useLive } from '../../app/scope.ts';
import type { TimeRange } from '../../app/time-range.ts';
import { useText } from '../../i18n/text.ts';
import { DeploymentEffects } from '../../parts/deployment-effects.tsx';
import { QueryView } from '../../parts/query-view.tsx';

/** Deployments from shortly before it began until it was over: the first thing to suspect. */
export function NearbyDeployments({ insight, range }: { insight: Insight; range: TimeRange }) {
  const t = useText();
  const query = useLive(
    ['nearby-deployments', insight.InsightId],
    ({ scope, signal }) => getDeploymentEffects(scope, range, signal),
    { ranged: false, refreshMs: insight.State === 'ACTIVE' ? 30_000 : false },
  );
  return (
    <QueryView query={query}>
      {(effects) => (
        <DeploymentEffects title={t('insights.deployments')} effects={effects} empty={t('insights.no-deployments')} />
      )}
    </QueryView>
  );
}
