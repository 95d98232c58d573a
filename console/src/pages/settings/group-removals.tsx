import type { RemovedDay, Thinning } from '../../api/thinning.ts';
import { formatBytes, formatCount } from '../../i18n/format.ts';
import { useText } from '../../i18n/text.ts';
import { DataTable } from '../../parts/data-table.tsx';

/** Retention of groups: for how long each keeps its traces, and what that removed of which day. */
export function GroupRemovals({
  groupKeepDays,
  retentionDays,
  removals,
  totals,
}: Pick<Thinning, 'groupKeepDays' | 'retentionDays' | 'removals' | 'totals'>) {
  const t = useText();
  const kept = Object.entries(groupKeepDays).map(([group, days]) => `${group}: ${t('logs.days', { count: days })}`);
  const countOf = ({ groups }: RemovedDay) =>
    Object.entries(groups)
      .filter(([, count]) => count > 0)
      .map(([group, count]) => `${group || t('thinning.no-group')}: ${formatCount(count)}`)
      .join(', ');
  return (
    <DataTable
      title={t('thinning.removals')}
      description={
        kept.length === 0
          ? t('thinning.no-group-days', { days: retentionDays })
          : t('thinning.removals-of', {
              groups: kept.join(', '),
              days: retentionDays,
              removed: formatCount(totals.removed),
              saved: formatBytes(totals.removedBytes),
            })
      }
      items={removals}
      trackBy={(day) => day.day}
      empty={t('thinning.no-removals')}
      pageSize={31}
      columns={[
        { id: 'day', header: t('thinning.day'), cell: (day) => day.day },
        { id: 'removed', header: t('settings.removed'), cell: (day) => formatCount(day.removed) },
        { id: 'groups', header: t('map.groups'), cell: countOf },
        {
          id: 'saved',
          header: t('thinning.saved'),
          cell: (day) => (day.isDone ? `−${formatBytes(day.savedBytes)}` : t('thinning.running')),
        },
      ]}
    />
  );
}
