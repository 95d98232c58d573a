import type { Task } from '../../api/ecs.ts';
import { useText } from '../../i18n/text.ts';
import { familyAndRevision, lastPart } from '../../parts/arn.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { Go } from '../../parts/go.tsx';
import { When } from '../../parts/when.tsx';
import { TaskState } from './task-state.tsx';

interface TaskTableProps {
  cluster: string;
  tasks: readonly Task[];
  title?: string;
}

export function TaskTable({ cluster, tasks, title }: TaskTableProps) {
  const t = useText();
  return (
    <DataTable
      title={title ?? t('services.tasks')}
      items={tasks}
      trackBy={(task) => task.taskArn}
      filter={tasks.length > 10}
      sort={{ column: 'created', descending: true }}
      empty={t('services.no-tasks')}
      columns={[
        {
          id: 'id',
          header: t('services.task'),
          cell: (task) => (
            <Go
              to="/tasks/$cluster/$task"
              params={{ cluster, task: lastPart(task.taskArn) }}
              className="hatoba-mono"
              title={task.taskArn}
            >
              {lastPart(task.taskArn).slice(0, 12)}
            </Go>
          ),
        },
        {
          id: 'state',
          header: t('column.status'),
          sortingField: 'lastStatus',
          cell: (task) => <TaskState task={task} />,
        },
        {
          id: 'definition',
          header: t('services.task-definition'),
          cell: (task) => {
            const { family, revision } = familyAndRevision(task.taskDefinitionArn);
            return (
              <Go to="/task-definitions/$family/$revision" params={{ family, revision }}>{`${family}:${revision}`}</Go>
            );
          },
        },
        { id: 'zone', header: t('services.zone'), cell: (task) => task.availabilityZone ?? '-' },
        {
          id: 'created',
          header: t('services.created'),
          sortingComparator: (a, b) => (a.createdAt ?? 0) - (b.createdAt ?? 0),
          cell: (task) => <When at={task.createdAt} />,
        },
        {
          id: 'reason',
          header: t('services.why-stopped'),
          cell: (task) => <span className="hatoba-wrap">{task.stoppedReason ?? '-'}</span>,
        },
      ]}
    />
  );
}
