import { useSearch } from '@tanstack/react-router';
import { describeLogGroups } from '../../api/logs.ts';
import { useLive } from '../../app/scope.ts';
import { formatBytes } from '../../i18n/format.ts';
import { useText } from '../../i18n/text.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { Go } from '../../parts/go.tsx';
import { Page } from '../../parts/page.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { Empty } from '../../parts/states.tsx';
import { When } from '../../parts/when.tsx';
import { GroupView } from './group-view.tsx';

export function LogsPage() {
  const t = useText();
  const { group, stream } = useSearch({ from: '/logs' });
  if (!group) return <GroupsPage />;
  return (
    <Page
      title={stream ?? group}
      crumbs={[
        { text: t('page.logs'), to: '/logs' },
        ...(stream ? [{ text: group, to: '/logs', search: { group } }] : []),
      ]}
    >
      <GroupView key={`${group} ${stream ?? ''}`} group={group} stream={stream} />
    </Page>
  );
}

function GroupsPage() {
  const t = useText();
  const groups = useLive(['log-groups'], ({ scope, signal }) => describeLogGroups(scope, signal), { ranged: false });
  return (
    <Page title={t('page.logs')}>
      <QueryView query={groups}>
        {(found) => (
          <DataTable
            title={t('logs.groups')}
            items={found}
            trackBy={(group) => group.logGroupName}
            filter
            sort={{ column: 'name' }}
            empty={
              <Empty
                title={t('logs.no-groups')}
                command="aws logs create-log-group --log-group-name /ecs/web"
                listening
              >
                {t('logs.no-groups-hint')}
              </Empty>
            }
            columns={[
              {
                id: 'name',
                header: t('logs.group'),
                sortingField: 'logGroupName',
                cell: (group) => (
                  <Go to="/logs" search={{ group: group.logGroupName }}>
                    {group.logGroupName}
                  </Go>
                ),
              },
              {
                id: 'retention',
                header: t('logs.retention'),
                cell: (group) =>
                  group.retentionInDays ? t('logs.days', { count: group.retentionInDays }) : t('logs.no-expiry'),
              },
              {
                id: 'size',
                header: t('logs.size'),
                sortingField: 'storedBytes',
                cell: (group) => formatBytes(group.storedBytes),
              },
              { id: 'created', header: t('services.created'), cell: (group) => <When at={group.creationTime} /> },
            ]}
          />
        )}
      </QueryView>
    </Page>
  );
}
