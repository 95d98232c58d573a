import SpaceBetween from '@cloudscape-design/components/space-between';
import { useParams } from '@tanstack/react-router';
import { describeServices, describeTasks, listServices, listTasks } from '../../api/ecs.ts';
import { useLive } from '../../app/scope.ts';
import { useText } from '../../i18n/text.ts';
import { MetricCharts } from '../../parts/metric-charts.tsx';
import { Page } from '../../parts/page.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { resourceCharts } from './resource-charts.ts';
import { ServiceTable } from './service-table.tsx';
import { TaskTable } from './task-table.tsx';

export function ClusterPage() {
  const t = useText();
  const { cluster } = useParams({ from: '/services/$cluster' });
  const services = useLive(
    ['services', cluster],
    async ({ scope, signal }) => describeServices(scope, cluster, await listServices(scope, cluster, signal), signal),
    { ranged: false },
  );
  const tasks = useLive(
    ['tasks', cluster],
    async ({ scope, signal }) => describeTasks(scope, cluster, await listTasks(scope, { cluster }, signal), signal),
    { ranged: false },
  );
  return (
    <Page title={cluster} crumbs={[{ text: t('page.services'), to: '/services' }]} description={t('services.cluster')}>
      <SpaceBetween size="l">
        <QueryView query={services}>{(found) => <ServiceTable services={found} />}</QueryView>
        <QueryView query={tasks}>{(found) => <TaskTable cluster={cluster} tasks={found} />}</QueryView>
        <section className="hatoba-box">
          <MetricCharts name={`cluster ${cluster}`} charts={resourceCharts(t, { ClusterName: cluster })} />
        </section>
      </SpaceBetween>
    </Page>
  );
}
