import { getDeploymentEffects } from '../../api/deployments.ts';
import { useLive } from '../../app/scope.ts';
import { useText } from '../../i18n/text.ts';
import { DeploymentEffects } from '../../parts/deployment-effects.tsx';
import { Page } from '../../parts/page.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { Empty } from '../../parts/states.tsx';

/** Every deployment of the range, and what it did to its service. */
export function DeploymentsPage() {
  const t = useText();
  const effects = useLive(['deployments'], ({ scope, range, signal }) => getDeploymentEffects(scope, range, signal), {
    refreshMs: 15_000,
  });
  return (
    <Page title={t('page.deployments')} description={t('deployments.hint')}>
      <QueryView query={effects}>
        {(found) => (
          <DeploymentEffects
            title={t('effect.title')}
            effects={found}
            empty={
              <Empty
                title={t('effect.none')}
                command="aws ecs update-service --cluster shop --service bff --force-new-deployment"
              >
                {t('deployments.none-hint')}
              </Empty>
            }
          />
        )}
      </QueryView>
    </Page>
  );
}
