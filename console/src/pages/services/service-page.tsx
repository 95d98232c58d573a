import SpaceBetween from '@cloudscape-design/components/space-between';
import Tabs from '@cloudscape-design/components/tabs';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { getDeploymentEffects } from '../../api/deployments.ts';
import { describeServices, type Service, tasksOfService } from '../../api/ecs.ts';
import { useLive } from '../../app/scope.ts';
import type { TimeRange } from '../../app/time-range.ts';
import { useText } from '../../i18n/text.ts';
import { DeploymentEffects } from '../../parts/deployment-effects.tsx';
import { serviceCondition } from '../../parts/filter-text.ts';
import { Go } from '../../parts/go.tsx';
import { Page } from '../../parts/page.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { Empty } from '../../parts/states.tsx';
import { DefinitionDiff } from './definition-diff.tsx';
import { DeploymentStory } from './deployment-story.tsx';
import { ServiceActions } from './service-actions.tsx';
import { ServiceEvents } from './service-events.tsx';
import { ServiceLogs } from './service-logs.tsx';
import { ServiceMetrics } from './service-metrics.tsx';
import { ServiceState } from './service-state.tsx';
import { TargetGroupsOf } from './target-groups-of.tsx';
import { TaskSlots } from './task-slots.tsx';
import { TaskTable } from './task-table.tsx';

export function ServicePage() {
  const t = useText();
  const { cluster, service: name } = useParams({ from: '/services/$cluster/$service' });
  const found = useLive(
    ['service', cluster, name],
    async ({ scope, signal }) => (await describeServices(scope, cluster, [name], signal))[0] ?? null,
    { ranged: false },
  );
  return (
    <Page
      title={name}
      crumbs={[
        { text: t('page.services'), to: '/services' },
        { text: cluster, to: '/services/$cluster', params: { cluster } },
      ]}
      actions={found.data ? <ServiceActions cluster={cluster} service={found.data} /> : null}
    >
      <QueryView query={found}>
        {(service) =>
          service ? (
            <ServiceView cluster={cluster} service={service} />
          ) : (
            <Empty title={t('services.no-service')} listening />
          )
        }
      </QueryView>
    </Page>
  );
}

function ServiceView({ cluster, service }: { cluster: string; service: Service }) {
  const t = useText();
  const search = useSearch({ from: '/services/$cluster/$service' });
  const navigate = useNavigate({ from: '/services/$cluster/$service' });
  const name = service.serviceName;
  const tabs: { id: string; label: string; content: ReactNode }[] = [
    {
      id: 'deployments',
      label: t('service.deployments'),
      content: <ServiceDeployments cluster={cluster} service={service} />,
    },
    { id: 'tasks', label: t('services.tasks'), content: <ServiceTasks cluster={cluster} name={name} /> },
    {
      id: 'metrics',
      label: t('page.metrics'),
      content: <ServiceMetrics cluster={cluster} service={service} />,
    },
    { id: 'events', label: t('service.events'), content: <ServiceEvents events={service.events ?? []} /> },
    { id: 'logs', label: t('page.logs'), content: <ServiceLogs service={service} /> },
    {
      id: 'definition',
      label: t('service.changes'),
      content: (
        <DefinitionDiff
          taskDefinition={service.taskDefinition}
          left={search.left}
          right={search.right}
          onChoose={(choice) => navigate({ search: (before) => ({ ...before, ...choice }), replace: true })}
        />
      ),
    },
  ];
  const active = tabs.some((tab) => tab.id === search.tab) ? search.tab : undefined;
  return (
    <div>
      <dl className="hatoba-facts hatoba-facts-wide">
        <div>
          <dt>{t('column.status')}</dt>
          <dd>
            <ServiceState service={service} />
          </dd>
        </div>
        <div>
          <dt>{t('services.tasks')}</dt>
          <dd>
            <TaskSlots service={service} />
          </dd>
        </div>
        <div>
          <dt>{t('service.look-at')}</dt>
          <dd className="hatoba-inline-list">
            <Go to="/map" search={{ node: `${name}~` }}>
              {t('page.map')}
            </Go>
            <Go to="/traces" search={{ filter: serviceCondition({ name, type: '' }), sort: 'slow' }}>
              {t('page.traces')}
            </Go>
          </dd>
        </div>
        <TargetGroupsOf service={service} />
      </dl>
      <Tabs
        tabs={tabs}
        activeTabId={active ?? 'deployments'}
        onChange={({ detail }) =>
          navigate({ search: (before) => ({ ...before, tab: detail.activeTabId }), replace: true })
        }
      />
    </div>
  );
}

/** The deployments of now, and what each of the range did to the service. */
function ServiceDeployments({ cluster, service }: { cluster: string; service: Service }) {
  const t = useText();
  const name = service.serviceName;
  const effects = useLive(
    ['deployment-effects', cluster, name],
    ({ scope, range, signal }) =>
      getDeploymentEffects(scope, { ...withHistory(range), cluster, service: name }, signal),
    { refreshMs: 15_000 },
  );
  return (
    <SpaceBetween size="m">
      <DeploymentStory service={service} />
      <QueryView query={effects}>
        {(found) => <DeploymentEffects title={t('effect.title')} effects={found} empty={t('effect.none')} />}
      </QueryView>
    </SpaceBetween>
  );
}

/** A deployment is looked for longer than traffic is looked at: what was deployed yesterday may still be to blame. */
function withHistory(range: TimeRange): TimeRange {
  return { start: Math.min(range.start, range.end - 86_400_000), end: range.end };
}

function ServiceTasks({ cluster, name }: { cluster: string; name: string }) {
  const t = useText();
  const tasks = useLive(
    ['service-tasks', cluster, name],
    ({ scope, signal }) => tasksOfService(scope, cluster, name, signal),
    { ranged: false },
  );
  return (
    <QueryView query={tasks}>
      {(found) => <TaskTable cluster={cluster} tasks={found} title={t('service.tasks-now-and-before')} />}
    </QueryView>
  );
}
