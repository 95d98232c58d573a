import { getDeploymentEffects } from '../../api/deployments.ts';
import { useLive } from '../../app/scope.ts';
import { useText } from '../../i18n/text.ts';
import { DeploymentEffects } from '../../parts/deployment-effects.tsx';

/** Which deployment did this: those of the range after which a service was worse. Nothing where none did harm. */
export function BlamedDeployments() {
  const t = useText();
  const effects = useLive(
    ['blamed-deployments'],
    ({ scope, range, signal }) => getDeploymentEffects(scope, range, signal),
    { refreshMs: 15_000 },
  );
  const worse = (effects.data ?? []).filter((effect) => effect.change === 'worse');
  if (worse.length === 0) return null;
  return <DeploymentEffects title={t('effect.which')} effects={worse} empty={t('effect.none')} />;
}
