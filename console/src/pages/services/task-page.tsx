import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Tabs from '@cloudscape-design/components/tabs';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { describeTasks, stopTask, type Task } from '../../api/ecs.ts';
import { useLive, useScope } from '../../app/scope.ts';
import { useText } from '../../i18n/text.ts';
import { familyAndRevision } from '../../parts/arn.ts';
import { Go } from '../../parts/go.tsx';
import { MetricCharts } from '../../parts/metric-charts.tsx';
import { Page } from '../../parts/page.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { Empty, ErrorBox } from '../../parts/states.tsx';
import { ContainerTable } from './container-table.tsx';
import { containerCharts, resourceCharts } from './resource-charts.ts';
import { TaskLogs } from './task-logs.tsx';
import { TaskState } from './task-state.tsx';
import { TaskStory } from './task-story.tsx';

export function TaskPage() {
  const t = useText();
  const { cluster, task: id } = useParams({ from: '/tasks/$cluster/$task' });
  const found = useLive(
    ['task', cluster, id],
    async ({ scope, signal }) => (await describeTasks(scope, cluster, [id], signal))[0] ?? null,
    { ranged: false },
  );
  const service = serviceOfTask(found.data);
  return (
    <Page
      title={t('task.title', { id: id.slice(0, 12) })}
      crumbs={[
        { text: t('page.services'), to: '/services' },
        { text: cluster, to: '/services/$cluster', params: { cluster } },
        ...(service ? [{ text: service, to: '/services/$cluster/$service', params: { cluster, service } }] : []),
      ]}
      description={<span className="hatoba-mono">{id}</span>}
      actions={found.data && found.data.lastStatus !== 'STOPPED' ? <StopButton cluster={cluster} id={id} /> : null}
    >
      <QueryView query={found}>
        {(task) => (task ? <TaskView cluster={cluster} id={id} task={task} /> : <Empty title={t('task.not-found')} />)}
      </QueryView>
    </Page>
  );
}

function serviceOfTask(task: Task | null | undefined): string | undefined {
  return task?.group?.startsWith('service:') ? task.group.slice(8) : undefined;
}

function TaskView({ cluster, id, task }: { cluster: string; id: string; task: Task }) {
  const t = useText();
  const search = useSearch({ from: '/tasks/$cluster/$task' });
  const navigate = useNavigate({ from: '/tasks/$cluster/$task' });
  const { family, revision } = familyAndRevision(task.taskDefinitionArn);
  const dimensions = { ClusterName: cluster, TaskDefinitionFamily: family, TaskId: id };
  const address = task.attachments
    ?.flatMap((attachment) => attachment.details ?? [])
    .find((detail) => detail.name === 'privateIPv4Address')?.value;
  return (
    <SpaceBetween size="m">
      {task.stoppedReason && (
        <Alert type={task.stopCode === 'UserInitiated' ? 'info' : 'warning'} header={t('task.why-stopped')}>
          <div className="hatoba-wrap">{task.stoppedReason}</div>
          <ul className="hatoba-plain-list">
            {(task.containers ?? [])
              .filter((container) => container.reason || container.exitCode !== undefined)
              .map((container) => (
                <li key={container.name}>
                  {t('task.container-ended', { name: container.name, code: container.exitCode ?? '-' })}{' '}
                  {container.reason ?? ''}
                </li>
              ))}
          </ul>
        </Alert>
      )}
      <dl className="hatoba-facts hatoba-facts-wide">
        <div>
          <dt>{t('column.status')}</dt>
          <dd>
            <TaskState task={task} />
          </dd>
        </div>
        <div>
          <dt>{t('services.task-definition')}</dt>
          <dd>
            <Go to="/task-definitions/$family/$revision" params={{ family, revision }}>{`${family}:${revision}`}</Go>
          </dd>
        </div>
        <div>
          <dt>{t('task.address')}</dt>
          <dd>{address ?? '-'}</dd>
        </div>
        <div>
          <dt>{t('services.zone')}</dt>
          <dd>{task.availabilityZone ?? '-'}</dd>
        </div>
        <div>
          <dt>{t('task.size')}</dt>
          <dd>{`${task.cpu ?? '-'} / ${task.memory ?? '-'}`}</dd>
        </div>
      </dl>
      <TaskStory task={task} />
      <Tabs
        activeTabId={search.tab ?? 'containers'}
        onChange={({ detail }) => navigate({ search: { tab: detail.activeTabId } as never, replace: true })}
        tabs={[
          {
            id: 'containers',
            label: t('task.containers'),
            content: <ContainerTable containers={task.containers ?? []} />,
          },
          { id: 'logs', label: t('page.logs'), content: <TaskLogs id={id} task={task} /> },
          {
            id: 'metrics',
            label: t('page.metrics'),
            content: (
              <MetricCharts
                name={`task ${id}`}
                charts={[
                  ...resourceCharts(t, dimensions),
                  ...containerCharts(
                    t,
                    dimensions,
                    (task.containers ?? []).map((container) => container.name ?? ''),
                  ),
                ]}
              />
            ),
          },
        ]}
      />
    </SpaceBetween>
  );
}

function StopButton({ cluster, id }: { cluster: string; id: string }) {
  const t = useText();
  const scope = useScope();
  const client = useQueryClient();
  const stop = useMutation({
    mutationFn: () => stopTask(scope, { cluster, task: id, reason: 'Stopped in the hatoba console' }),
    onSuccess: () => client.invalidateQueries(),
  });
  return (
    <SpaceBetween size="xs">
      <Button loading={stop.isPending} onClick={() => stop.mutate()}>
        {t('task.stop')}
      </Button>
      {stop.error && <ErrorBox error={stop.error} />}
    </SpaceBetween>
  );
}
