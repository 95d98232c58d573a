import type { MetricDataQuery, Series } from '../api/cloudwatch.ts';
import { getMetricData } from '../api/cloudwatch.ts';
import { useLive, useTimeRange } from '../app/scope.ts';
import { periodSeconds } from '../app/time-range.ts';
import { Chart } from './chart.tsx';
import { ErrorBox } from './states.tsx';

export interface MetricLine {
  namespace: string;
  name: string;
  dimensions: Record<string, string>;
  stat: string;
  label: string;
}

export interface MetricChart {
  title: string;
  lines: MetricLine[];
  format: (value: number) => string;
  threshold?: number;
  least?: number;
  /** Seconds; by default what suits the range. */
  period?: number;
}

/** Several charts from one GetMetricData call. */
export function MetricCharts({ name, charts }: { name: string; charts: readonly MetricChart[] }) {
  const { now } = useTimeRange();
  const data = useLive(['metrics', name, JSON.stringify(charts)], async ({ scope, range, signal }) => {
    const queries = charts.flatMap((chart, at) =>
      chart.lines.map(
        (line, index): MetricDataQuery => ({
          Id: `m${at}_${index}`,
          Label: line.label,
          MetricStat: {
            Metric: {
              Namespace: line.namespace,
              MetricName: line.name,
              Dimensions: Object.entries(line.dimensions).map(([Name, Value]) => ({ Name, Value })),
            },
            Period: chart.period ?? periodSeconds(range),
            Stat: line.stat,
          },
        }),
      ),
    );
    return { series: await getMetricData(scope, queries, range, signal), range };
  });
  const range = data.data?.range ?? now();
  const seriesOf = (chart: MetricChart, at: number): Series[] =>
    chart.lines.map((line, index) => {
      const id = `m${at}_${index}`;
      return data.data?.series.find((one) => one.id === id) ?? { id, label: line.label, times: [], values: [] };
    });
  return (
    <>
      {data.error && <ErrorBox error={data.error} onRetry={() => data.refetch()} />}
      <div className="hatoba-charts">
        {charts.map((chart, at) => (
          <Chart
            key={chart.title}
            title={chart.title}
            series={seriesOf(chart, at)}
            range={range}
            format={chart.format}
            group={name}
            loading={data.isPending}
            {...(chart.threshold === undefined ? {} : { threshold: chart.threshold })}
            {...(chart.least === undefined ? {} : { least: chart.least })}
          />
        ))}
      </div>
    </>
  );
}
