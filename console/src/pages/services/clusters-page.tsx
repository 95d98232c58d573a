import SpaceBetween from '@cloudscape-design/components/space-between';
import { describeClusters, listClusters } from '../../api/ecs.ts';
import { useLive } from '../../app/scope.ts';
import { useText } from '../../i18n/text.ts';
import { lastPart } from '../../parts/arn.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { Go } from '../../parts/go.tsx';
import { Page } from '../../parts/page.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { useAllServices } from '../../parts/service-of.ts';
import { Empty } from '../../parts/states.tsx';
import { ServiceTable } from './service-table.tsx';

export function ClustersPage() {
  const t = useText();
  const clusters = useLive(
    ['clusters'],
    async ({ scope, signal }) => describeClusters(scope, (await listClusters(scope, signal)).map(lastPart), signal),
    { ranged: false },
  );
  const services = useAllServices();
  const nothing = (
    <Empty title={t('services.no-clusters')} command="aws ecs create-cluster --cluster-name default" listening />
  );
  return (
    <Page title={t('page.services')}>
      <SpaceBetween size="l">
        <QueryView query={clusters}>
          {(found) => (
            <DataTable
              title={t('services.clusters')}
              items={found}
              trackBy={(cluster) => cluster.clusterArn}
              empty={nothing}
              columns={[
                {
                  id: 'name',
                  header: t('column.name'),
                  sortingField: 'clusterName',
                  cell: (cluster) => (
                    <Go to="/services/$cluster" params={{ cluster: cluster.clusterName }}>
                      {cluster.clusterName}
                    </Go>
                  ),
                },
                { id: 'status', header: t('column.status'), cell: (cluster) => cluster.status ?? '-' },
                { id: 'services', header: t('page.services'), cell: (cluster) => cluster.activeServicesCount ?? 0 },
                { id: 'running', header: t('services.running'), cell: (cluster) => cluster.runningTasksCount ?? 0 },
                { id: 'pending', header: t('services.pending'), cell: (cluster) => cluster.pendingTasksCount ?? 0 },
              ]}
            />
          )}
        </QueryView>
        <QueryView query={services}>{(found) => <ServiceTable services={found} withCluster />}</QueryView>
      </SpaceBetween>
    </Page>
  );
}
