import type { Service } from '../../api/ecs.ts';
import { useText } from '../../i18n/text.ts';
import { familyAndRevision, lastPart } from '../../parts/arn.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { Go } from '../../parts/go.tsx';
import { Empty } from '../../parts/states.tsx';
import { ServiceState } from './service-state.tsx';
import { TaskSlots } from './task-slots.tsx';

interface ServiceTableProps {
  services: readonly Service[];
  withCluster?: boolean;
}

export function ServiceTable({ services, withCluster = false }: ServiceTableProps) {
  const t = useText();
  return (
    <DataTable
      title={t('page.services')}
      items={services.filter((service) => service.status !== 'INACTIVE')}
      trackBy={(service) => service.serviceArn}
      filter
      sort={{ column: 'name' }}
      empty={
        <Empty
          title={t('services.none')}
          command="aws ecs create-service --cluster default --service-name web --task-definition web --desired-count 1"
          listening
        />
      }
      columns={[
        {
          id: 'name',
          header: t('column.name'),
          sortingField: 'serviceName',
          cell: (service) => (
            <Go
              to="/services/$cluster/$service"
              params={{ cluster: lastPart(service.clusterArn), service: service.serviceName }}
            >
              {service.serviceName}
            </Go>
          ),
        },
        ...(withCluster
          ? [
              {
                id: 'cluster',
                header: t('services.cluster'),
                cell: (service: Service) => (
                  <Go to="/services/$cluster" params={{ cluster: lastPart(service.clusterArn) }}>
                    {lastPart(service.clusterArn)}
                  </Go>
                ),
              },
            ]
          : []),
        { id: 'state', header: t('column.status'), cell: (service) => <ServiceState service={service} /> },
        { id: 'tasks', header: t('services.tasks'), cell: (service) => <TaskSlots service={service} /> },
        {
          id: 'definition',
          header: t('services.task-definition'),
          cell: (service) => {
            const { family, revision } = familyAndRevision(service.taskDefinition);
            return (
              <Go to="/task-definitions/$family/$revision" params={{ family, revision }}>{`${family}:${revision}`}</Go>
            );
          },
        },
        {
          id: 'event',
          header: t('services.last-event'),
          cell: (service) => <span className="hatoba-wrap">{service.events?.[0]?.message ?? '-'}</span>,
        },
      ]}
    />
  );
}
