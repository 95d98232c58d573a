import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { deleteGroup, type Group, getGroups } from '../../api/groups.ts';
import { getThinning } from '../../api/thinning.ts';
import { useLive, useScope } from '../../app/scope.ts';
import { useText } from '../../i18n/text.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { quoted } from '../../parts/filter-text.ts';
import { Go } from '../../parts/go.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { ErrorBox } from '../../parts/states.tsx';
import { GroupAlarmDialog } from './group-alarm-dialog.tsx';
import { GroupDialog } from './group-dialog.tsx';
import { GroupMetrics } from './group-metrics.tsx';

type Open = { what: 'edit'; group?: Group } | { what: 'alarm'; group: Group } | null;

/** Groups: filter expressions with a name, each with metrics, and alarms on them. */
export function Groups() {
  const t = useText();
  const scope = useScope();
  const client = useQueryClient();
  const search = useSearch({ from: '/settings' });
  const navigate = useNavigate({ from: '/settings' });
  const [open, setOpen] = useState<Open>(null);
  const groups = useLive(['groups'], ({ scope, signal }) => getGroups(scope, signal), { ranged: false });
  const thinning = useLive(['thinning'], ({ scope, signal }) => getThinning(scope, signal), { ranged: false });
  const keepDays = thinning.data?.groupKeepDays ?? {};
  const remove = useMutation({
    mutationFn: (name: string) => deleteGroup(scope, name),
    onSuccess: () => client.invalidateQueries({ queryKey: ['groups'] }),
  });
  const choose = (name: string | undefined) =>
    navigate({ search: (before) => ({ ...before, group: name }), replace: true });
  return (
    <SpaceBetween size="m">
      {remove.error && <ErrorBox error={remove.error} />}
      <QueryView query={groups}>
        {(found) => (
          <DataTable
            title={t('map.groups')}
            description={t('groups.hint')}
            actions={<Button onClick={() => setOpen({ what: 'edit' })}>{t('groups.create')}</Button>}
            items={found}
            trackBy={(group) => group.GroupName}
            empty="-"
            columns={[
              {
                id: 'name',
                header: t('column.name'),
                minWidth: 130,
                cell: (group) => (
                  <Button variant="inline-link" onClick={() => choose(group.GroupName)}>
                    {group.GroupName}
                  </Button>
                ),
              },
              {
                id: 'filter',
                header: t('traces.filter'),
                cell: (group) => (
                  <span className="hatoba-mono hatoba-wrap">{group.FilterExpression || t('map.show-all')}</span>
                ),
              },
              {
                id: 'insights',
                header: t('page.insights'),
                cell: (group) => t(group.InsightsConfiguration?.InsightsEnabled ? 'groups.on' : 'groups.off'),
              },
              {
                id: 'keep',
                header: t('groups.kept'),
                cell: (group) => {
                  const days = keepDays[group.GroupName];
                  const problem = thinning.data?.groupProblems[group.GroupName];
                  if (problem !== undefined) return t('groups.keep-problem', { reason: problem });
                  return days === undefined ? t('groups.kept-as-others') : t('logs.days', { count: days });
                },
              },
              { id: 'look', header: t('service.look-at'), cell: (group) => <Ways group={group} /> },
              {
                id: 'actions',
                header: t('balancers.actions'),
                cell: (group) => (
                  <SpaceBetween size="xs" direction="horizontal">
                    <Button variant="inline-link" onClick={() => setOpen({ what: 'edit', group })}>
                      {t('action.edit')}
                    </Button>
                    <Button variant="inline-link" onClick={() => setOpen({ what: 'alarm', group })}>
                      {t('groups.create-alarm')}
                    </Button>
                    {group.GroupName !== 'Default' && (
                      <Button variant="inline-link" onClick={() => remove.mutate(group.GroupName)}>
                        {t('action.delete')}
                      </Button>
                    )}
                  </SpaceBetween>
                ),
              },
            ]}
          />
        )}
      </QueryView>
      {search.group && <GroupMetrics name={search.group} onClose={() => choose(undefined)} />}
      {open?.what === 'edit' && (
        <GroupDialog
          group={open.group}
          keepDays={open.group && keepDays[open.group.GroupName]}
          retentionDays={thinning.data?.retentionDays}
          onClose={() => setOpen(null)}
        />
      )}
      {open?.what === 'alarm' && <GroupAlarmDialog group={open.group} onClose={() => setOpen(null)} />}
    </SpaceBetween>
  );
}

function Ways({ group }: { group: Group }) {
  const t = useText();
  const isDefault = group.GroupName === 'Default';
  return (
    <span className="hatoba-inline-list">
      <Go to="/map" search={isDefault ? {} : { show: `group:${group.GroupName}` }}>
        {t('page.map')}
      </Go>
      <Go to="/traces" search={isDefault ? {} : { filter: `group.name = ${quoted(group.GroupName)}` }}>
        {t('page.traces')}
      </Go>
    </span>
  );
}
