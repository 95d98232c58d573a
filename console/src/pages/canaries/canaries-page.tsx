import { describeCanaries, getCanaryRuns } from '../../api/synthetics.ts';
import { useLive } from '../../app/scope.ts';
import { useText } from '../../i18n/text.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { Go } from '../../parts/go.tsx';
import { Page } from '../../parts/page.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { Empty } from '../../parts/states.tsx';
import { When } from '../../parts/when.tsx';
import { toBarRuns } from './canary-runs.ts';
import { CanaryState } from './canary-state.tsx';
import { RunBars } from './run-bars.tsx';

export function CanariesPage() {
  const t = useText();
  const canaries = useLive(
    ['canaries'],
    async ({ scope, signal }) =>
      Promise.all(
        (await describeCanaries(scope, signal)).map(async (canary) => ({
          ...canary,
          runs: toBarRuns(await getCanaryRuns(scope, canary.Name, signal)),
        })),
      ),
    { ranged: false },
  );
  return (
    <Page title={t('page.canaries')}>
      <QueryView query={canaries}>
        {(found) => (
          <DataTable
            title={t('page.canaries')}
            items={found}
            trackBy={(canary) => canary.Name}
            empty={
              <Empty title={t('canary.none')} command="npx hatoba demo" listening>
                {t('canary.none-hint')}
              </Empty>
            }
            columns={[
              {
                id: 'name',
                header: t('column.name'),
                sortingField: 'Name',
                cell: (canary) => (
                  <Go to="/canaries/$name" params={{ name: canary.Name }}>
                    {canary.Name}
                  </Go>
                ),
              },
              { id: 'last', header: t('canary.last'), cell: (canary) => <CanaryState runs={canary.runs} /> },
              { id: 'runs', header: t('canary.runs'), cell: (canary) => <RunBars runs={canary.runs} /> },
              { id: 'at', header: t('canary.last-at'), cell: (canary) => <When at={canary.runs[0]?.atMs} /> },
              { id: 'schedule', header: t('canary.schedule'), cell: (canary) => canary.Schedule?.Expression ?? '-' },
              { id: 'state', header: t('column.status'), cell: (canary) => canary.Status?.State ?? '-' },
            ]}
          />
        )}
      </QueryView>
    </Page>
  );
}
