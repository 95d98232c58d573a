import { formatCount, formatDuration } from '../../i18n/format.ts';
import type { Translate } from '../../i18n/text.ts';
import type { MetricChart } from '../../parts/metric-charts.tsx';

/** The dimensions as CloudWatch has them: the ends of the ARNs, `app/<name>/<id>` and `targetgroup/<name>/<id>`. */
export const balancerDimension = (arn: string): string => arn.split(':loadbalancer/')[1] ?? arn;
export const targetGroupDimension = (arn: string): string => arn.slice(arn.lastIndexOf(':') + 1);

/** Requests, response times and answers of a load balancer, or of one of its target groups. */
export function balancerCharts(t: Translate, dimensions: Record<string, string>): MetricChart[] {
  const line = (name: string, label: string, stat: string) => ({
    namespace: 'AWS/ApplicationELB',
    name,
    dimensions,
    stat,
    label,
  });
  return [
    {
      title: t('metric.requests'),
      lines: [line('RequestCount', t('metric.requests'), 'Sum')],
      format: formatCount,
      period: 60,
    },
    {
      title: t('metric.target-time'),
      lines: [line('TargetResponseTime', 'p50', 'p50'), line('TargetResponseTime', 'p95', 'p95')],
      format: (seconds) => formatDuration(seconds),
      period: 60,
    },
    {
      title: t('metric.responses'),
      lines: [
        line('HTTPCode_Target_2XX_Count', '2xx', 'Sum'),
        line('HTTPCode_Target_4XX_Count', '4xx', 'Sum'),
        line('HTTPCode_Target_5XX_Count', '5xx', 'Sum'),
        // The load balancer's own answers belong to no target group.
        ...('TargetGroup' in dimensions ? [] : [line('HTTPCode_ELB_5XX_Count', t('metric.elb-5xx'), 'Sum')]),
      ],
      format: formatCount,
      period: 60,
    },
  ];
}
