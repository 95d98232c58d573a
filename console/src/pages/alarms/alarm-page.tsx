import SpaceBetween from '@cloudscape-design/components/space-between';
import { useParams } from '@tanstack/react-router';
import { type Alarm, describeAlarmHistory, describeAlarms } from '../../api/cloudwatch.ts';
import { useLive } from '../../app/scope.ts';
import { formatCount } from '../../i18n/format.ts';
import { useCodeText, useText } from '../../i18n/text.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { Go } from '../../parts/go.tsx';
import { MetricCharts } from '../../parts/metric-charts.tsx';
import { Page } from '../../parts/page.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { Empty } from '../../parts/states.tsx';
import { When } from '../../parts/when.tsx';
import { metricKey } from '../metrics/metric-key.ts';
import { AlarmState } from './alarm-state.tsx';
import { conditionWords } from './condition-words.ts';
import { subjectOf } from './subject-of.ts';

export function AlarmPage() {
  const t = useText();
  const { name } = useParams({ from: '/alarms/$name' });
  const alarm = useLive(
    ['alarm', name],
    async ({ scope, signal }) => (await describeAlarms(scope, { AlarmNames: [name] }, signal))[0] ?? null,
    { ranged: false },
  );
  return (
    <Page title={name} crumbs={[{ text: t('page.alarms'), to: '/alarms' }]}>
      <QueryView query={alarm}>
        {(found) => (found ? <AlarmView alarm={found} /> : <Empty title={t('alarms.not-found')} />)}
      </QueryView>
    </Page>
  );
}

function AlarmView({ alarm }: { alarm: Alarm }) {
  const t = useText();
  const words = useCodeText();
  const history = useLive(
    ['alarm-history', alarm.AlarmName],
    ({ scope, signal }) => describeAlarmHistory(scope, alarm.AlarmName, signal),
    { ranged: false },
  );
  const subject = subjectOf(alarm);
  const treatment = alarm.TreatMissingData ?? 'missing';
  const facts: [string, React.ReactNode][] = [
    [t('alarms.state'), <AlarmState key="state" state={alarm.StateValue} />],
    [t('alarms.since'), <When key="since" at={alarm.StateUpdatedTimestamp} />],
    [t('alarms.condition'), conditionWords(alarm, t)],
    [
      t('metrics.metric'),
      alarm.Namespace && alarm.MetricName ? (
        <Go
          key="metric"
          to="/metrics"
          search={{
            metrics: JSON.stringify([
              metricKey({
                Namespace: alarm.Namespace,
                MetricName: alarm.MetricName,
                Dimensions: alarm.Dimensions ?? [],
              }),
            ]),
            stat: alarm.Statistic ?? alarm.ExtendedStatistic ?? 'Average',
          }}
        >
          {`${alarm.Namespace} ${alarm.MetricName}`}
        </Go>
      ) : (
        '-'
      ),
    ],
    // A composite alarm looks at alarms, not at data.
    ...(alarm.AlarmRule
      ? []
      : [[t('alarms.missing'), words(`missing.${treatment}`, treatment)] satisfies [string, React.ReactNode]]),
    ...(subject
      ? ([
          [
            t('alarms.about'),
            <Go key="about" to={subject.to as '/'} params={subject.params as never} search={subject.search as never}>
              {subject.text}
            </Go>,
          ],
        ] as [string, React.ReactNode][])
      : []),
  ];
  return (
    <SpaceBetween size="m">
      <p className="hatoba-wrap">{alarm.StateReason}</p>
      <dl className="hatoba-facts hatoba-facts-wide">
        {facts.map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {alarm.Namespace && alarm.MetricName && (
        <section className="hatoba-box">
          <MetricCharts
            name={`alarm ${alarm.AlarmName}`}
            charts={[
              {
                title: `${alarm.MetricName} (${alarm.Statistic ?? alarm.ExtendedStatistic ?? ''})`,
                lines: [
                  {
                    namespace: alarm.Namespace,
                    name: alarm.MetricName,
                    dimensions: Object.fromEntries((alarm.Dimensions ?? []).map((one) => [one.Name, one.Value])),
                    stat: alarm.Statistic ?? alarm.ExtendedStatistic ?? 'Average',
                    label: alarm.MetricName,
                  },
                ],
                format: formatCount,
                period: alarm.Period ?? 60,
                ...(alarm.Threshold === undefined ? {} : { threshold: alarm.Threshold }),
              },
            ]}
          />
        </section>
      )}
      <QueryView query={history}>
        {(items) => (
          <DataTable
            title={t('alarms.history')}
            items={items}
            trackBy={(item) => `${item.Timestamp} ${item.HistorySummary}`}
            empty={t('alarms.no-history')}
            columns={[
              { id: 'at', header: t('column.when'), width: 180, cell: (item) => <When at={item.Timestamp} /> },
              {
                id: 'type',
                header: t('column.type'),
                width: 160,
                cell: (item) => words(`alarm-history.${item.HistoryItemType ?? ''}`, item.HistoryItemType ?? '-'),
              },
              {
                id: 'summary',
                header: t('alarms.summary'),
                cell: (item) => <span className="hatoba-wrap">{item.HistorySummary}</span>,
              },
            ]}
          />
        )}
      </QueryView>
    </SpaceBetween>
  );
}
