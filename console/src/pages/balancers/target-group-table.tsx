import { describeTasks, listClusters, listTasks } from '../../api/ecs.ts';
import { useLive } from '../../app/scope.ts';
import { useText } from '../../i18n/text.ts';
import { lastPart } from '../../parts/arn.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { Go } from '../../parts/go.tsx';
import { useAllServices } from '../../parts/service-of.ts';
import type { BalancerReading } from './balancer-page.tsx';
import { HealthCounts, TargetState } from './health-counts.tsx';
import { type AddressedTask, taskBehind } from './task-behind.ts';

/** Which tasks have which address, over all clusters. */
function useTasksByAddress() {
  return useLive(
    ['tasks-by-address'],
    async ({ scope, signal }) => {
      const clusters = (await listClusters(scope, signal)).map(lastPart);
      const found = await Promise.all(
        clusters.map(async (cluster) => {
          const tasks = await describeTasks(scope, cluster, await listTasks(scope, { cluster }, signal), signal);
          return tasks.flatMap((task) =>
            (task.attachments ?? [])
              .flatMap((attachment) => attachment.details ?? [])
              .filter((detail) => detail.name === 'privateIPv4Address' && detail.value)
              .map((detail) => ({
                address: detail.value ?? '',
                task: { cluster, task: lastPart(task.taskArn), group: task.group ?? '' },
              })),
          );
        }),
      );
      const byAddress = new Map<string, AddressedTask[]>();
      for (const { address, task } of found.flat()) {
        byAddress.set(address, [...(byAddress.get(address) ?? []), task]);
      }
      return byAddress;
    },
    { ranged: false },
  );
}

/** The targets of a group: their health, why, and the task behind each. */
export function TargetGroupTable({ group }: { group: BalancerReading['groups'][number] }) {
  const t = useText();
  const tasks = useTasksByAddress();
  const all = useAllServices().data ?? [];
  const services = all
    .filter((service) => service.loadBalancers?.some((one) => one.targetGroupArn === group.arn))
    .map((service) => ({ cluster: lastPart(service.clusterArn), service: service.serviceName }));
  return (
    <DataTable
      title={group.name}
      description={<HealthCounts health={group.health} />}
      items={group.health}
      trackBy={(target) => `${target.id}:${target.port}`}
      empty={t('balancers.no-targets')}
      columns={[
        { id: 'target', header: t('balancers.target'), cell: (target) => `${target.id}:${target.port}` },
        { id: 'state', header: t('task.health'), cell: (target) => <TargetState state={target.state} /> },
        {
          id: 'reason',
          header: t('service.reason'),
          cell: (target) => (
            <span className="hatoba-wrap">{[target.reason, target.description].filter(Boolean).join(': ') || '-'}</span>
          ),
        },
        { id: 'zone', header: t('services.zone'), cell: (target) => target.availabilityZone || '-' },
        {
          id: 'task',
          header: t('services.task'),
          cell: (target) => {
            const found = taskBehind(tasks.data?.get(target.id) ?? [], services);
            return found ? (
              <Go to="/tasks/$cluster/$task" params={{ cluster: found.cluster, task: found.task }}>
                {`${found.group.replace('service:', '')} ${found.task.slice(0, 8)}`}
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
