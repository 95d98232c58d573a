import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { describeAlarms } from '../../api/cloudwatch.ts';
import { type CanaryRunWithSteps, getCanarySteps } from '../../api/hatoba.ts';
import { type Canary, getCanary, startCanary, stopCanary } from '../../api/synthetics.ts';
import { useLive, useScope } from '../../app/scope.ts';
import { formatBytes, formatDuration, formatPercent } from '../../i18n/format.ts';
import { useText } from '../../i18n/text.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { Go } from '../../parts/go.tsx';
import { MetricCharts } from '../../parts/metric-charts.tsx';
import { Page } from '../../parts/page.tsx';
import { QueryView } from '../../parts/query-view.tsx';
import { ErrorBox } from '../../parts/states.tsx';
import { When } from '../../parts/when.tsx';
import { CanaryState } from './canary-state.tsx';
import { RunBars } from './run-bars.tsx';

export function CanaryPage() {
  const t = useText();
  const { name } = useParams({ from: '/canaries/$name' });
  const canary = useLive(['canary', name], ({ scope, signal }) => getCanary(scope, name, signal), { ranged: false });
  return (
    <Page
      title={name}
      crumbs={[{ text: t('page.canaries'), to: '/canaries' }]}
      actions={canary.data ? <StartStop canary={canary.data} /> : null}
    >
      <QueryView query={canary}>{(found) => <CanaryView canary={found} />}</QueryView>
    </Page>
  );
}

function CanaryView({ canary }: { canary: Canary }) {
  const t = useText();
  const name = canary.Name;
  const runs = useLive(['canary-steps', name], ({ scope, signal }) => getCanarySteps(scope, name, signal), {
    ranged: false,
  });
  const alarms = useLive(['alarms'], ({ scope, signal }) => describeAlarms(scope, {}, signal), { ranged: false });
  const about = (alarms.data ?? []).filter((alarm) =>
    alarm.Dimensions?.some((one) => one.Name === 'CanaryName' && one.Value === name),
  );
  const bars = (runs.data ?? []).map((run) => ({
    passed: run.passed,
    atMs: run.startedMs,
    durationMs: run.completedMs - run.startedMs,
    reason: run.reason,
  }));
  const line = (metric: string, stat: string) => ({
    namespace: 'CloudWatchSynthetics',
    name: metric,
    dimensions: { CanaryName: name },
    stat,
    label: metric,
  });
  return (
    <SpaceBetween size="m">
      <dl className="hatoba-facts hatoba-facts-wide">
        <div>
          <dt>{t('canary.last')}</dt>
          <dd>
            <CanaryState runs={bars} />
          </dd>
        </div>
        <div>
          <dt>{t('canary.runs')}</dt>
          <dd>
            <RunBars runs={bars} />
          </dd>
        </div>
        <div>
          <dt>{t('canary.schedule')}</dt>
          <dd>{canary.Schedule?.Expression ?? '-'}</dd>
        </div>
        <div>
          <dt>{t('page.alarms')}</dt>
          <dd className="hatoba-inline-list">
            {about.map((alarm) => (
              <Go key={alarm.AlarmName} to="/alarms/$name" params={{ name: alarm.AlarmName }}>
                {alarm.AlarmName}
              </Go>
            ))}
            {about.length === 0 && '-'}
          </dd>
        </div>
      </dl>
      <section className="hatoba-box">
        <MetricCharts
          name={`canary ${name}`}
          charts={[
            {
              title: t('canary.success'),
              lines: [line('SuccessPercent', 'Average')],
              format: formatPercent,
              period: 60,
              least: 100,
            },
            {
              title: t('trace.duration'),
              lines: [line('Duration', 'Average')],
              format: (value) => formatDuration(value / 1000),
              period: 60,
            },
          ]}
        />
      </section>
      <QueryView query={runs}>{(found) => <RunTable runs={found} />}</QueryView>
    </SpaceBetween>
  );
}

function RunTable({ runs }: { runs: readonly CanaryRunWithSteps[] }) {
  const t = useText();
  return (
    <DataTable
      title={t('canary.runs')}
      items={runs}
      trackBy={(run) => run.id}
      empty={t('canary.no-run')}
      pageSize={20}
      columns={[
        { id: 'at', header: t('column.started'), cell: (run) => <When at={run.startedMs} /> },
        {
          id: 'result',
          header: t('canary.result'),
          cell: (run) => (
            <StatusIndicator wrapText={false} type={run.passed ? 'success' : 'error'}>
              {run.passed ? t('canary.passed') : t('canary.failed')}
            </StatusIndicator>
          ),
        },
        {
          id: 'duration',
          header: t('trace.duration'),
          cell: (run) => formatDuration((run.completedMs - run.startedMs) / 1000),
        },
        {
          id: 'steps',
          header: t('canary.steps'),
          cell: (run) => (
            <ul className="hatoba-plain-list">
              {run.steps.map((step) => (
                <li key={`${step.url} ${step.durationMs}`}>
                  {`${step.status ?? '-'} ${step.url} · ${formatDuration(step.durationMs / 1000)} · ${formatBytes(step.bytes)} `}
                  {step.error}
                  {step.traceId && (
                    <Go to="/traces/$traceId" params={{ traceId: step.traceId }}>
                      {t('logs.to-trace')}
                    </Go>
                  )}
                </li>
              ))}
            </ul>
          ),
        },
        {
          id: 'reason',
          header: t('service.reason'),
          cell: (run) => <span className="hatoba-wrap">{run.reason || '-'}</span>,
        },
      ]}
    />
  );
}

function StartStop({ canary }: { canary: Canary }) {
  const t = useText();
  const scope = useScope();
  const client = useQueryClient();
  const running = canary.Status?.State === 'RUNNING';
  const change = useMutation({
    mutationFn: () => (running ? stopCanary(scope, canary.Name) : startCanary(scope, canary.Name)),
    onSuccess: () => client.invalidateQueries(),
  });
  return (
    <SpaceBetween size="xs">
      <Button loading={change.isPending} onClick={() => change.mutate()}>
        {running ? t('canary.stop') : t('canary.start')}
      </Button>
      {change.error && <ErrorBox error={change.error} />}
    </SpaceBetween>
  );
}
