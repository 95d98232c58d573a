import { describeTasks, listClusters, listTasks } from '../../api/ecs.ts';
import { useLive } from '../../app/scope.ts';
import { useText } from '../../i18n/text.ts';
import { lastPart } from '../../parts/arn.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { Go } from '../../parts/go.tsx';
import type { BalancerReading } from './balancer-page.tsx';
import { HealthCounts, TargetState } from './health-counts.tsx';

/** Which task has which address, over all clusters. */
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
              .map((detail): [string, { cluster: string; task: string; group: string }] => [
                detail.value ?? '',
                { cluster, task: lastPart(task.taskArn), group: task.group ?? '' },
              ]),
          );
        }),
      );
      return new Map(found.flat());
    },
    { ranged: false },
  );
}

/** The targets of a group: their health, why, and the task behind each. */
export function TargetGroupTable({ group }: { group: BalancerReading['groups'][number] }) {
  const t = useText();
  const tasks = useTasksByAddress();
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
            const found = tasks.data?.get(target.id);
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
