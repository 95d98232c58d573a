import { formatCount, formatDuration } from '../../i18n/format.ts';
import { useText } from '../../i18n/text.ts';
import { MetricCharts, type MetricLine } from '../../parts/metric-charts.tsx';
import { SidePanel } from '../../parts/side-panel.tsx';

/** The metrics that hatoba publishes of a group every minute. */
export const groupMetrics = [
  'FaultCount',
  'ErrorCount',
  'ThrottleCount',
  'ApproximateTraceCount',
  'ResponseTime',
] as const;

/** What became of the group's traces: how many, how they ended, how long they took. */
export function GroupMetrics({ name, onClose }: { name: string; onClose: () => void }) {
  const t = useText();
  const line = (metric: (typeof groupMetrics)[number], stat: string, label: string): MetricLine => ({
    namespace: 'AWS/X-Ray',
    name: metric,
    dimensions: { GroupName: name },
    stat,
    label,
  });
  return (
    <SidePanel title={t('groups.metrics-of', { name })} onClose={onClose}>
      <MetricCharts
        name={`group ${name}`}
        charts={[
          {
            title: t('groups.traces-per-minute'),
            lines: [line('ApproximateTraceCount', 'Sum', t('page.traces'))],
            format: formatCount,
            period: 60,
          },
          {
            title: t('map.failures-per-minute'),
            lines: [
              line('FaultCount', 'Sum', t('outcome.fault')),
              line('ErrorCount', 'Sum', t('outcome.error')),
              line('ThrottleCount', 'Sum', t('outcome.throttle')),
            ],
            format: formatCount,
            period: 60,
          },
          {
            title: t('column.response-time'),
            lines: [line('ResponseTime', 'p50', t('map.median')), line('ResponseTime', 'p95', 'p95')],
            format: formatDuration,
            period: 60,
          },
        ]}
      />
    </SidePanel>
  );
}
