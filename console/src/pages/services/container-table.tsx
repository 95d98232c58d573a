import type { Container } from '../../api/ecs.ts';
import { useCodeText, useText } from '../../i18n/text.ts';
import { DataTable } from '../../parts/data-table.tsx';

export function ContainerTable({ containers }: { containers: readonly Container[] }) {
  const t = useText();
  const words = useCodeText();
  return (
    <DataTable
      title={t('task.containers')}
      items={containers}
      trackBy={(container) => container.name}
      empty={t('task.no-containers')}
      columns={[
        { id: 'name', header: t('column.name'), cell: (container) => container.name },
        {
          id: 'status',
          header: t('column.status'),
          cell: (container) => words(`task-status.${container.lastStatus ?? ''}`, container.lastStatus ?? '-'),
        },
        {
          id: 'health',
          header: t('task.health'),
          cell: (container) => words(`health.${container.healthStatus ?? ''}`, container.healthStatus ?? '-'),
        },
        {
          id: 'image',
          header: t('task.image'),
          cell: (container) => <span className="hatoba-wrap">{container.image ?? '-'}</span>,
        },
        { id: 'exit', header: t('task.exit-code'), cell: (container) => container.exitCode ?? '-' },
        {
          id: 'reason',
          header: t('service.reason'),
          cell: (container) => <span className="hatoba-wrap">{container.reason ?? '-'}</span>,
        },
        {
          id: 'runtime',
          header: t('task.runtime-id'),
          cell: (container) => <span className="hatoba-mono hatoba-wrap">{container.runtimeId ?? '-'}</span>,
        },
      ]}
    />
  );
}
