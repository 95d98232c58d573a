import { describeAlarms } from '../../api/cloudwatch.ts';
import { useLive } from '../../app/scope.ts';
import { useText } from '../../i18n/text.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { Go } from '../../parts/go.tsx';
import { Page } from '../../parts/page.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { Empty } from '../../parts/states.tsx';
import { When } from '../../parts/when.tsx';
import { AlarmState } from './alarm-state.tsx';
import { conditionWords } from './condition-words.ts';

const urgency: Record<string, number> = { ALARM: 0, INSUFFICIENT_DATA: 1, OK: 2 };

export function AlarmsPage() {
  const t = useText();
  const alarms = useLive(['alarms'], ({ scope, signal }) => describeAlarms(scope, {}, signal), { ranged: false });
  return (
    <Page title={t('page.alarms')}>
      <QueryView query={alarms}>
        {(found) => (
          <DataTable
            title={t('page.alarms')}
            items={found}
            trackBy={(alarm) => alarm.AlarmName}
            filter
            sort={{ column: 'state' }}
            empty={
              <Empty
                title={t('alarms.none')}
                listening
                command="aws cloudwatch put-metric-alarm --alarm-name canary --namespace CloudWatchSynthetics --metric-name SuccessPercent --dimensions Name=CanaryName,Value=web --statistic Average --period 60 --evaluation-periods 1 --threshold 90 --comparison-operator LessThanThreshold"
              />
            }
            columns={[
              {
                id: 'name',
                header: t('column.name'),
                sortingField: 'AlarmName',
                cell: (alarm) => (
                  <Go to="/alarms/$name" params={{ name: alarm.AlarmName }}>
                    {alarm.AlarmName}
                  </Go>
                ),
              },
              {
                id: 'state',
                header: t('alarms.state'),
                sortingComparator: (a, b) => (urgency[a.StateValue ?? ''] ?? 3) - (urgency[b.StateValue ?? ''] ?? 3),
                cell: (alarm) => <AlarmState state={alarm.StateValue} />,
              },
              { id: 'since', header: t('alarms.since'), cell: (alarm) => <When at={alarm.StateUpdatedTimestamp} /> },
              { id: 'condition', header: t('alarms.condition'), cell: (alarm) => conditionWords(alarm, t) },
              {
                id: 'reason',
                header: t('service.reason'),
                cell: (alarm) => <span className="hatoba-wrap">{alarm.StateReason ?? '-'}</span>,
              },
            ]}
          />
        )}
      </QueryView>
    </Page>
  );
}
