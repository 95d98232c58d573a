import Button from '@cloudscape-design/components/button';
import SegmentedControl from '@cloudscape-design/components/segmented-control';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { type Group, getGroups, updateGroup } from '../../api/groups.ts';
import { getInsightSummaries, type Insight } from '../../api/insights.ts';
import { useLive, useScope } from '../../app/scope.ts';
import { formatDuration } from '../../i18n/format.ts';
import { useText } from '../../i18n/text.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { Go } from '../../parts/go.tsx';
import { InsightSentence } from '../../parts/insight-sentence.tsx';
import { Page } from '../../parts/page.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { Empty, ErrorBox } from '../../parts/states.tsx';
import { When } from '../../parts/when.tsx';
import { ImpactWords } from './impact-words.tsx';
import { InsightState } from './insight-state.tsx';

/** Insights of every group over the range: what left its expected band, since when, and whom it hit. */
export function InsightsPage() {
  const t = useText();
  const search = useSearch({ from: '/insights' });
  const navigate = useNavigate({ from: '/insights' });
  const state = search.state === 'ACTIVE' || search.state === 'CLOSED' ? search.state : 'all';
  const found = useLive(['insights', state], async ({ scope, range, signal }) => {
    const groups = await getGroups(scope, signal);
    const states = state === 'all' ? undefined : [state];
    const perGroup = await Promise.all(
      groups.map((group) =>
        getInsightSummaries(scope, { ...range, group: group.GroupName, ...(states ? { states } : {}) }, signal),
      ),
    );
    return { groups, insights: perGroup.flat() };
  });
  return (
    <Page
      title={t('page.insights')}
      description={t('insights.hint')}
      actions={
        <SegmentedControl
          selectedId={state}
          label={t('insights.state')}
          options={[
            { id: 'all', text: t('insights.all') },
            { id: 'ACTIVE', text: t('insight-state.ACTIVE') },
            { id: 'CLOSED', text: t('insight-state.CLOSED') },
          ]}
          onChange={({ detail }) =>
            navigate({
              search: (before) => ({ ...before, state: detail.selectedId === 'all' ? undefined : detail.selectedId }),
              replace: true,
            })
          }
        />
      }
    >
      <QueryView query={found}>
        {({ groups, insights }) => (
          <SpaceBetween size="m">
            <InsightTable insights={insights} groups={groups} />
            <SwitchedOff groups={groups} />
          </SpaceBetween>
        )}
      </QueryView>
    </Page>
  );
}

function InsightTable({ insights, groups }: { insights: readonly Insight[]; groups: readonly Group[] }) {
  const t = useText();
  const watched = groups
    .filter((group) => group.InsightsConfiguration?.InsightsEnabled)
    .map((group) => group.GroupName);
  return (
    <DataTable
      title={t('page.insights')}
      items={insights}
      trackBy={(insight) => insight.InsightId ?? ''}
      sort={{ column: 'start', descending: true }}
      filter
      empty={
        watched.length > 0 ? (
          <Empty title={t('insights.none')}>{t('insights.none-hint', { groups: watched.join(', ') })}</Empty>
        ) : (
          <Empty
            title={t('insights.off')}
            command="aws xray update-group --group-name Default --insights-configuration InsightsEnabled=true"
          >
            {t('insights.off-hint')}
          </Empty>
        )
      }
      columns={[
        { id: 'state', header: t('insights.state'), cell: (insight) => <InsightState state={insight.State} /> },
        {
          id: 'cause',
          minWidth: 140,
          header: t('insights.root-cause'),
          sortingComparator: (a, b) => (nameOf(a) < nameOf(b) ? -1 : 1),
          cell: (insight) => (
            <Go to="/insights/$insightId" params={{ insightId: insight.InsightId ?? '' }} className="hatoba-primary">
              {nameOf(insight) || '-'}
            </Go>
          ),
        },
        {
          id: 'summary',
          header: t('insights.summary'),
          cell: (insight) => <InsightSentence insight={insight} />,
        },
        {
          id: 'start',
          header: t('column.started'),
          sortingComparator: (a, b) => (a.StartTime ?? 0) - (b.StartTime ?? 0),
          cell: (insight) => <When at={insight.StartTime} />,
        },
        { id: 'length', header: t('insights.length'), cell: (insight) => lengthOf(insight) },
        {
          id: 'impact',
          header: t('insights.client-impact'),
          cell: (insight) => <ImpactWords impact={insight.ClientRequestImpactStatistics} />,
        },
        { id: 'group', header: t('insights.group'), cell: (insight) => insight.GroupName ?? '-' },
      ]}
    />
  );
}

const nameOf = (insight: Insight): string => insight.RootCauseServiceId?.Name ?? '';

function lengthOf({ StartTime, EndTime, LastUpdateTime }: Insight): string {
  const end = EndTime ?? LastUpdateTime;
  return StartTime === undefined || end === undefined ? '-' : formatDuration(Math.round(end - StartTime));
}

/** Groups that nobody watches, and the button that changes it. */
function SwitchedOff({ groups }: { groups: readonly Group[] }) {
  const t = useText();
  const scope = useScope();
  const client = useQueryClient();
  const turnOn = useMutation({
    mutationFn: (group: Group) =>
      updateGroup(scope, {
        GroupName: group.GroupName,
        InsightsConfiguration: { InsightsEnabled: true, NotificationsEnabled: true },
      }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['insights'] }),
  });
  const off = groups.filter((group) => !group.InsightsConfiguration?.InsightsEnabled);
  if (off.length === 0) return null;
  return (
    <section className="hatoba-box">
      <div className="hatoba-label">{t('insights.not-watched')}</div>
      {off.map((group) => (
        <div key={group.GroupName} className="hatoba-pair-line">
          <span>
            {group.GroupName} <span className="hatoba-soft">{group.FilterExpression || t('map.show-all')}</span>
          </span>
          <Button loading={turnOn.isPending} onClick={() => turnOn.mutate(group)}>
            {t('insights.watch', { group: group.GroupName })}
          </Button>
        </div>
      ))}
      {turnOn.error && <ErrorBox error={turnOn.error} />}
    </section>
  );
}
