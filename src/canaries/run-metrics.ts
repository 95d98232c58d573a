import type { MetricDatum } from '../metrics/index.ts';
import type { CanaryRunRecord } from './model.ts';

/**
 * Datapoints of one run, namespace CloudWatchSynthetics, at the time the run started. `Failed` exists only for failed
 * runs, as in the service: alarms belong on SuccessPercent.
 */
export function runMetrics(run: CanaryRunRecord): MetricDatum[] {
  const at = (name: string, value: number, unit: string, dimensions: Record<string, string>): MetricDatum => ({
    name,
    value,
    unit,
    dimensions,
    timestampMs: run.startedMs,
  });
  const canary = { CanaryName: run.canaryName };
  const count = (matches: (status: number | undefined) => boolean) =>
    run.steps.filter((step) => matches(step.status)).length;
  const data = [
    at('SuccessPercent', run.passed ? 100 : 0, 'Percent', canary),
    at('Duration', run.completedMs - run.startedMs, 'Milliseconds', canary),
    at(
      '2xx',
      count((status) => status !== undefined && status >= 200 && status < 300),
      'Count',
      canary,
    ),
    at(
      '4xx',
      count((status) => status !== undefined && status >= 400 && status < 500),
      'Count',
      canary,
    ),
    at(
      '5xx',
      count((status) => status !== undefined && status >= 500),
      'Count',
      canary,
    ),
    at(
      'Failed requests',
      count((status) => status === undefined),
      'Count',
      canary,
    ),
  ];
  if (!run.passed) data.push(at('Failed', 1, 'Count', canary), at('Failed', 1, 'Count', {}));
  run.steps.forEach((step, index) => {
    const dimensions = { ...canary, StepName: `step${index + 1}` };
    data.push(
      at('SuccessPercent', step.error === undefined ? 100 : 0, 'Percent', dimensions),
      at('Duration', step.durationMs, 'Milliseconds', dimensions),
    );
  });
  return data;
}
