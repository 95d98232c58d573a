import SpaceBetween from '@cloudscape-design/components/space-between';
import { getThinning, type ThinnedDay } from '../../api/thinning.ts';
import { useLive } from '../../app/scope.ts';
import { formatBytes, formatCount, formatShare } from '../../i18n/format.ts';
import { useText } from '../../i18n/text.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { GroupRemovals } from './group-removals.tsx';
import { ThinningPolicyForm } from './thinning-policy-form.tsx';

const reasons = ['problem', 'slow', 'rare', 'grouped', 'sampled'] as const;

/** Keep everything, thin later: what is kept of old traces, what that saved, and why the rest stayed. */
export function Thinning() {
  const t = useText();
  const thinning = useLive(['thinning'], ({ scope, signal }) => getThinning(scope, signal), {
    ranged: false,
    refreshMs: 30_000,
  });
  return (
    <QueryView query={thinning}>
      {({ policy, totals, days, ...rest }) => (
        <SpaceBetween size="m">
          <ThinningPolicyForm key={JSON.stringify(policy)} policy={policy} />
          <DataTable
            title={t('thinning.savings')}
            description={t('thinning.totals', {
              thinned: formatCount(totals.thinned),
              traces: formatCount(totals.traces),
              share: formatShare(totals.thinned, totals.traces),
              saved: formatBytes(totals.savedBytes),
            })}
            items={days}
            trackBy={(day) => day.day}
            empty={t('thinning.no-days', { hours: policy.hotHours })}
            pageSize={31}
            columns={[
              { id: 'day', header: t('thinning.day'), cell: (day) => day.day },
              { id: 'traces', header: t('page.traces'), cell: (day) => formatCount(day.traces) },
              ...reasons.map((reason) => ({
                id: reason,
                header: t(`thinning.${reason}`),
                cell: (day: ThinnedDay) => formatCount(day.kept[reason]),
              })),
              {
                id: 'thinned',
                header: t('settings.thinned'),
                cell: (day) => `${formatCount(day.thinned)} (${formatShare(day.thinned, day.traces)})`,
              },
              {
                id: 'saved',
                header: t('thinning.saved'),
                cell: (day) =>
                  day.isDone
                    ? `${formatBytes(day.bytesBefore)} → ${formatBytes(day.bytesAfter)}`
                    : t('thinning.running'),
              },
            ]}
          />
          <GroupRemovals totals={totals} {...rest} />
        </SpaceBetween>
      )}
    </QueryView>
  );
}
