import StatusIndicator, { type StatusIndicatorProps } from '@cloudscape-design/components/status-indicator';
import type { Deployment, Service } from '../../api/ecs.ts';
import { useCodeText, useText } from '../../i18n/text.ts';
import { familyAndRevision } from '../../parts/arn.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { Go } from '../../parts/go.tsx';
import { When } from '../../parts/when.tsx';

const kinds: Record<string, StatusIndicatorProps.Type> = {
  COMPLETED: 'success',
  IN_PROGRESS: 'in-progress',
  FAILED: 'error',
};

/** The deployments that have tasks now: which revision, since when, how far, and why it is as it is. */
export function DeploymentStory({ service }: { service: Service }) {
  const t = useText();
  const words = useCodeText();
  const previous = (deployment: Deployment) => {
    const { family, revision } = familyAndRevision(deployment.taskDefinition);
    return Number(revision) > 1
      ? { left: `${family}:${Number(revision) - 1}`, right: `${family}:${revision}` }
      : undefined;
  };
  return (
    <DataTable
      title={t('service.deployments')}
      items={service.deployments ?? []}
      trackBy={(deployment) => deployment.id}
      sort={{ column: 'created', descending: true }}
      empty={t('service.no-deployments')}
      columns={[
        {
          id: 'revision',
          header: t('services.task-definition'),
          cell: (deployment) => {
            const { family, revision } = familyAndRevision(deployment.taskDefinition);
            return (
              <Go to="/task-definitions/$family/$revision" params={{ family, revision }}>{`${family}:${revision}`}</Go>
            );
          },
        },
        {
          id: 'status',
          header: t('service.deployment-status'),
          cell: (deployment) => words(`deployment-status.${deployment.status}`, deployment.status),
        },
        {
          id: 'rollout',
          header: t('service.rollout'),
          cell: (deployment) => (
            <StatusIndicator wrapText={false} type={kinds[deployment.rolloutState ?? ''] ?? 'info'}>
              {words(`rollout.${deployment.rolloutState ?? ''}`, deployment.rolloutState ?? '-')}
            </StatusIndicator>
          ),
        },
        {
          id: 'counts',
          header: t('services.tasks'),
          cell: (deployment) =>
            t('service.counts', {
              running: deployment.runningCount ?? 0,
              pending: deployment.pendingCount ?? 0,
              desired: deployment.desiredCount ?? 0,
              failed: deployment.failedTasks ?? 0,
            }),
        },
        {
          id: 'created',
          header: t('services.created'),
          sortingComparator: (a, b) => (a.createdAt ?? 0) - (b.createdAt ?? 0),
          cell: (deployment) => <When at={deployment.createdAt} />,
        },
        { id: 'updated', header: t('service.updated'), cell: (deployment) => <When at={deployment.updatedAt} /> },
        {
          id: 'reason',
          header: t('service.reason'),
          cell: (deployment) => <span className="hatoba-wrap">{deployment.rolloutStateReason ?? '-'}</span>,
        },
        {
          id: 'changes',
          header: t('service.changes'),
          cell: (deployment) => {
            const pair = previous(deployment);
            return pair ? (
              <Go to="." search={((before: object) => ({ ...before, tab: 'definition', ...pair })) as never}>
                {t('service.see-changes')}
              </Go>
            ) : (
              '-'
            );
          },
        },
      ]}
    />
  );
}
