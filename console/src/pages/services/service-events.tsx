import type { Service } from '../../api/ecs.ts';
import { useText } from '../../i18n/text.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { When } from '../../parts/when.tsx';

export function ServiceEvents({ events }: { events: NonNullable<Service['events']> }) {
  const t = useText();
  return (
    <DataTable
      title={t('service.events')}
      items={events}
      trackBy={(event) => event.id}
      filter
      empty={t('service.no-events')}
      columns={[
        { id: 'at', header: t('column.when'), width: 180, cell: (event) => <When at={event.createdAt} /> },
        {
          id: 'message',
          header: t('column.message'),
          cell: (event) => <span className="hatoba-wrap">{event.message}</span>,
        },
      ]}
    />
  );
}
