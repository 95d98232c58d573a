import StatusIndicator from '@cloudscape-design/components/status-indicator';
import type { Service } from '../../api/ecs.ts';
import { useText } from '../../i18n/text.ts';

/** Steady, in deployment, or short of tasks: in one word and shape. */
export function ServiceState({ service }: { service: Service }) {
  const t = useText();
  const primary = service.deployments?.find((deployment) => deployment.status === 'PRIMARY');
  if (service.status !== 'ACTIVE')
    return (
      <StatusIndicator wrapText={false} type="stopped">
        {service.status}
      </StatusIndicator>
    );
  if (primary?.rolloutState === 'FAILED')
    return (
      <StatusIndicator wrapText={false} type="error">
        {t('services.failed')}
      </StatusIndicator>
    );
  if ((service.deployments?.length ?? 0) > 1 || primary?.rolloutState === 'IN_PROGRESS') {
    return (
      <StatusIndicator wrapText={false} type="in-progress">
        {t('services.deploying')}
      </StatusIndicator>
    );
  }
  if (service.runningCount < service.desiredCount) {
    return (
      <StatusIndicator wrapText={false} type={service.runningCount === 0 ? 'error' : 'warning'}>
        {t('services.short')}
      </StatusIndicator>
    );
  }
  return (
    <StatusIndicator wrapText={false} type="success">
      {t('services.steady')}
    </StatusIndicator>
  );
}
