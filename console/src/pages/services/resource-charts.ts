import { formatBytes, formatCount, formatPercent } from '../../i18n/format.ts';
import type { Translate } from '../../i18n/text.ts';
import type { MetricChart, MetricLine } from '../../parts/metric-charts.tsx';

const megabytes = (value: number) => formatBytes(value * 1_048_576);
const rate = (value: number) => `${formatBytes(value)}/s`;

/** CPU and memory of each container of a task, a line for each. */
export function containerCharts(
  t: Translate,
  dimensions: Record<string, string>,
  containers: readonly string[],
): MetricChart[] {
  const lines = (name: string): MetricLine[] =>
    containers.map((container) => ({
      namespace: 'ECS/ContainerInsights',
      name,
      dimensions: { ...dimensions, ContainerName: container },
      stat: 'Average',
      label: container,
    }));
  return [
    { title: t('metric.container-cpu'), lines: lines('ContainerCpuUtilized'), format: formatCount },
    { title: t('metric.container-memory'), lines: lines('ContainerMemoryUtilized'), format: megabytes },
  ];
}

/** CPU, memory, network and storage of whatever the dimensions name, as Container Insights has them. */
export function resourceCharts(t: Translate, dimensions: Record<string, string>): MetricChart[] {
  const line = (name: string, label: string, stat = 'Average'): MetricLine => ({
    namespace: 'ECS/ContainerInsights',
    name,
    dimensions,
    stat,
    label,
  });
  const share = (name: string): MetricLine[] => [
    { namespace: 'AWS/ECS', name, dimensions, stat: 'Average', label: t('metric.average') },
    { namespace: 'AWS/ECS', name, dimensions, stat: 'Maximum', label: t('metric.maximum') },
  ];
  const utilization: MetricChart[] =
    'TaskId' in dimensions
      ? []
      : [
          { title: t('metric.cpu-utilization'), lines: share('CPUUtilization'), format: formatPercent },
          { title: t('metric.memory-utilization'), lines: share('MemoryUtilization'), format: formatPercent },
        ];
  return [
    ...utilization,
    {
      title: t('metric.cpu'),
      lines: [line('CpuUtilized', t('metric.used')), line('CpuReserved', t('metric.reserved'))],
      format: formatCount,
    },
    {
      title: t('metric.memory'),
      lines: [line('MemoryUtilized', t('metric.used')), line('MemoryReserved', t('metric.reserved'))],
      format: megabytes,
    },
    {
      title: t('metric.network'),
      lines: [line('NetworkRxBytes', t('metric.received')), line('NetworkTxBytes', t('metric.sent'))],
      format: rate,
    },
    {
      title: t('metric.storage'),
      lines: [line('StorageReadBytes', t('metric.read')), line('StorageWriteBytes', t('metric.written'))],
      format: rate,
    },
  ];
}
