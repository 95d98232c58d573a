import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Checkbox from '@cloudscape-design/components/checkbox';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Modal from '@cloudscape-design/components/modal';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { createGroup, type Group, updateGroup } from '../../api/groups.ts';
import { putThinning } from '../../api/thinning.ts';
import { getTraceSummaries } from '../../api/xray.ts';
import { useScope } from '../../app/scope.ts';
import { formatCount } from '../../i18n/format.ts';
import { useText } from '../../i18n/text.ts';
import { ErrorBox } from '../../parts/states.tsx';
import { countFacets } from '../traces/count-facets.ts';
import { FilterBar, syntaxErrorOf } from '../traces/filter-bar.tsx';

const hourMs = 3_600_000;

interface GroupDialogProps {
  group: Group | undefined;
  /** For how long all of its traces are kept; undefined: as all others. */
  keepDays: number | undefined;
  /** For how long all others are; undefined while that is not known. */
  retentionDays: number | undefined;
  onClose: () => void;
}

/** Creates a group, or changes one; of the built-in group only insights can be turned on and off. */
export function GroupDialog({ group, keepDays, retentionDays, onClose }: GroupDialogProps) {
  const t = useText();
  const scope = useScope();
  const client = useQueryClient();
  const [name, setName] = useState('');
  const [filter, setFilter] = useState(group?.FilterExpression ?? '');
  const [isMade, setMade] = useState(group !== undefined);
  const [insights, setInsights] = useState(group?.InsightsConfiguration?.InsightsEnabled ?? true);
  const [notify, setNotify] = useState(group?.InsightsConfiguration?.NotificationsEnabled ?? true);
  const [keep, setKeep] = useState(keepDays === undefined ? '' : String(keepDays));
  const isDefault = group?.GroupName === 'Default';
  const days = keep.trim() === '' ? null : Number(keep);
  const valid = (group !== undefined || name !== '') && (days === null || (Number.isInteger(days) && days >= 1));
  const save = useMutation({
    mutationFn: async () => {
      const change: Group = {
        GroupName: group?.GroupName ?? name,
        ...(isDefault ? {} : { FilterExpression: filter }),
        InsightsConfiguration: { InsightsEnabled: insights, NotificationsEnabled: insights && notify },
      };
      await (isMade ? updateGroup(scope, change) : createGroup(scope, change));
      // The retention may be refused: then the group is there, and saving again changes it.
      setMade(true);
      if (days !== (keepDays ?? null)) await putThinning(scope, { groupKeepDays: { [change.GroupName]: days } });
    },
    onSuccess: async () => {
      onClose();
      await client.invalidateQueries({ queryKey: ['groups'] });
      await client.invalidateQueries({ queryKey: ['thinning'] });
    },
  });
  return (
    <Modal
      visible
      size="large"
      onDismiss={onClose}
      header={group ? t('groups.edit', { name: group.GroupName }) : t('groups.create')}
      closeAriaLabel={t('action.close')}
      footer={
        <Box float="right">
          <SpaceBetween size="xs" direction="horizontal">
            <Button onClick={onClose}>{t('action.cancel')}</Button>
            <Button variant="primary" disabled={!valid} loading={save.isPending} onClick={() => save.mutate()}>
              {t('action.save')}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        {!group && (
          <FormField label={t('column.name')} constraintText={t('groups.name-rule')}>
            <Input value={name} disabled={isMade} onChange={({ detail }) => setName(detail.value)} />
          </FormField>
        )}
        {!isDefault && <FilterField filter={filter} onFilter={setFilter} />}
        <Checkbox checked={insights} onChange={({ detail }) => setInsights(detail.checked)}>
          {t('groups.insights')}
        </Checkbox>
        {insights && (
          <Checkbox checked={notify} onChange={({ detail }) => setNotify(detail.checked)}>
            {t('groups.notify')}
          </Checkbox>
        )}
        <FormField
          label={t('groups.keep-days')}
          constraintText={t('groups.keep-days-hint', { days: retentionDays ?? '-' })}
          stretch
        >
          <Input value={keep} inputMode="numeric" onChange={({ detail }) => setKeep(detail.value)} />
        </FormField>
        {save.error && <ErrorBox error={save.error} />}
      </SpaceBetween>
    </Modal>
  );
}

/** The expression, with what it selects of the last hour's traces once it is run. */
function FilterField({ filter: initial, onFilter }: { filter: string; onFilter: (filter: string) => void }) {
  const t = useText();
  const scope = useScope();
  const [filter, setFilter] = useState(initial);
  const found = useQuery({
    queryKey: ['group-preview', scope.account, scope.region, filter],
    queryFn: ({ signal }) => {
      const end = Date.now();
      return getTraceSummaries(scope, { start: end - hourMs, end, filter }, signal);
    },
    placeholderData: (before) => before,
    retry: false,
  });
  const traces = found.data?.TraceSummaries ?? [];
  const facets = useMemo(() => countFacets(traces), [found.data]);
  return (
    <FormField label={t('traces.filter')} stretch>
      <FilterBar
        filter={filter}
        facets={facets}
        error={found.error}
        onType={onFilter}
        onRun={(run) => {
          setFilter(run);
          onFilter(run);
        }}
      />
      {found.error && syntaxErrorOf(found.error) === undefined && <ErrorBox error={found.error} />}
      {!found.error && found.data && (
        <Box color="text-body-secondary">
          {t(found.data.NextToken ? 'groups.matches-more' : 'groups.matches', { count: formatCount(traces.length) })}
        </Box>
      )}
    </FormField>
  );
}
