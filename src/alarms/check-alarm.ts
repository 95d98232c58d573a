import type { MetricDataQuery, PutMetricAlarmInput } from '@aws-sdk/client-cloudwatch';
import type { Metrics } from '../metrics/index.ts';
import { AwsError, awsError } from '../wire/aws/aws-error.ts';
import type { AccountRegion } from '../wire/aws/call-context.ts';

const comparisonOperators = new Set([
  'GreaterThanThreshold',
  'GreaterThanOrEqualToThreshold',
  'LessThanThreshold',
  'LessThanOrEqualToThreshold',
]);
const missingDataTreatments = new Set(['breaching', 'notBreaching', 'ignore', 'missing']);
const secondsMax = 86_400;
const longSecondsMax = 7 * 86_400;
const metricsMax = 10;

/** CloudWatch answers so for every alarm that cannot be; its model does not name the code. */
export const invalidAlarm = (message: string) => awsError('ValidationError', message, 400);

/** Throws what CloudWatch answers for an alarm that cannot be. */
export function checkMetricAlarm(input: PutMetricAlarmInput): void {
  if (input.EvaluationCriteria !== undefined)
    throw invalidAlarm('Alarms on queries (EvaluationCriteria) are not supported.');
  if (input.ThresholdMetricId !== undefined || !comparisonOperators.has(input.ComparisonOperator ?? '')) {
    throw invalidAlarm(`Alarms on anomaly detection (${input.ComparisonOperator}) are not supported.`);
  }
  if (input.Threshold === undefined || !Number.isFinite(input.Threshold))
    throw invalidAlarm('Threshold must be a number.');
  if (input.Metrics === undefined) checkSingleMetric(input);
  else checkMaths(input);
  const periods = input.EvaluationPeriods ?? 0;
  if (input.DatapointsToAlarm !== undefined && input.DatapointsToAlarm > periods) {
    throw invalidAlarm('DatapointsToAlarm must be less than or equal to EvaluationPeriods');
  }
  if (input.TreatMissingData !== undefined && !missingDataTreatments.has(input.TreatMissingData)) {
    throw invalidAlarm(`Option ${input.TreatMissingData} is not supported for missing data treatment behavior.`);
  }
  const period = input.Period ?? input.Metrics?.find((query) => query.MetricStat)?.MetricStat?.Period ?? 60;
  if (periods * period > (period >= 3_600 ? longSecondsMax : secondsMax)) {
    throw invalidAlarm(
      'Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400).',
    );
  }
}

function checkSingleMetric(input: PutMetricAlarmInput): void {
  if (!input.MetricName) throw invalidAlarm('MetricName must not be null');
  if (!input.Namespace) throw invalidAlarm('Namespace must not be null');
  if ((input.Statistic === undefined) === (input.ExtendedStatistic === undefined)) {
    throw invalidAlarm('Exactly one of Statistic and ExtendedStatistic must be specified.');
  }
  checkPeriod(input.Period);
}

function checkMaths(input: PutMetricAlarmInput): void {
  const queries = input.Metrics ?? [];
  const single = (['MetricName', 'Namespace', 'Dimensions', 'Period', 'Statistic', 'ExtendedStatistic'] as const).find(
    (member) => input[member] !== undefined,
  );
  if (single) throw invalidAlarm(`${single} should not be set if list of Metrics is set.`);
  if (queries.filter((query) => query.ReturnData !== false).length !== 1) {
    throw invalidAlarm('Exactly one element of the metrics list should return data.');
  }
  const stats = queries.flatMap((query) => query.MetricStat ?? []);
  if (stats.length > metricsMax) throw invalidAlarm(`Metrics must not have more than ${metricsMax} metrics.`);
  if (queries.some((query) => /\bSEARCH\s*\(/i.test(query.Expression ?? '')))
    throw invalidAlarm('SEARCH cannot be used in alarms.');
  if (new Set(stats.map((stat) => stat.Period)).size > 1)
    throw invalidAlarm('All metrics of an alarm must have the same period.');
  for (const stat of stats) checkPeriod(stat.Period);
}

function checkPeriod(period: number | undefined): void {
  const isPeriod = period !== undefined && ([10, 20, 30].includes(period) || (period > 0 && period % 60 === 0));
  if (!isPeriod) throw invalidAlarm('Period must be 10, 20, 30 or a multiple of 60.');
}

/**
 * Computes an alarm's metric over no time at all, so that what can never be computed is refused here: an alarm that is
 * never evaluated would look like one that is well.
 */
export async function checkComputable(
  input: PutMetricAlarmInput,
  scope: AccountRegion,
  metrics: Pick<Metrics, 'readData'>,
  now: Date,
): Promise<void> {
  const queries = input.Metrics ?? [singleQuery(input)];
  const minute = new Date(Math.floor(now.getTime() / 60_000) * 60_000);
  const results = await metrics.readData(scope, queries, minute, minute).catch((error: unknown) => {
    throw error instanceof AwsError ? invalidAlarm(error.message) : error;
  });
  if (results.length !== 1) throw invalidAlarm('The element of Metrics that returns data must be one time series.');
}

const singleQuery = (input: PutMetricAlarmInput): MetricDataQuery => ({
  Id: 'm1',
  MetricStat: {
    Metric: { Namespace: input.Namespace, MetricName: input.MetricName, Dimensions: input.Dimensions },
    Period: input.Period,
    Stat: input.Statistic ?? input.ExtendedStatistic,
  },
});
