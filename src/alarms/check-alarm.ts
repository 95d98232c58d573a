import type { PutMetricAlarmInput } from '@aws-sdk/client-cloudwatch';
import { awsError } from '../wire/aws/aws-error.ts';

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

const invalid = (message: string) => awsError('InvalidParameterValueException', message);
const combination = (message: string) => awsError('InvalidParameterCombinationException', message);

/** Throws what CloudWatch answers for an alarm that cannot be. */
export function checkMetricAlarm(input: PutMetricAlarmInput): void {
  if (input.EvaluationCriteria !== undefined)
    throw invalid('Alarms on queries (EvaluationCriteria) are not supported.');
  if (input.ThresholdMetricId !== undefined || !comparisonOperators.has(input.ComparisonOperator ?? '')) {
    throw invalid(`Alarms on anomaly detection (${input.ComparisonOperator}) are not supported.`);
  }
  if (input.Threshold === undefined || !Number.isFinite(input.Threshold)) throw invalid('Threshold must be a number.');
  if (input.Metrics === undefined) checkSingleMetric(input);
  else checkMaths(input);
  const periods = input.EvaluationPeriods ?? 0;
  if (input.DatapointsToAlarm !== undefined && input.DatapointsToAlarm > periods) {
    throw invalid('DatapointsToAlarm must not be greater than EvaluationPeriods.');
  }
  if (input.TreatMissingData !== undefined && !missingDataTreatments.has(input.TreatMissingData)) {
    throw invalid(`Option ${input.TreatMissingData} is not supported for missing data treatment behavior.`);
  }
  const period = input.Period ?? input.Metrics?.find((query) => query.MetricStat)?.MetricStat?.Period ?? 60;
  if (periods * period > (period >= 3_600 ? longSecondsMax : secondsMax)) {
    throw invalid('Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400).');
  }
}

function checkSingleMetric(input: PutMetricAlarmInput): void {
  if (!input.MetricName || !input.Namespace)
    throw combination('MetricName and Namespace, or Metrics, must be specified.');
  if ((input.Statistic === undefined) === (input.ExtendedStatistic === undefined)) {
    throw combination('Exactly one of Statistic and ExtendedStatistic must be specified.');
  }
  checkPeriod(input.Period);
}

function checkMaths(input: PutMetricAlarmInput): void {
  const queries = input.Metrics ?? [];
  if (input.MetricName !== undefined || input.Statistic !== undefined || input.Period !== undefined) {
    throw combination('Metrics cannot be combined with MetricName, Statistic or Period.');
  }
  if (queries.filter((query) => query.ReturnData !== false).length !== 1) {
    throw invalid('Exactly one element of Metrics must return data.');
  }
  const stats = queries.flatMap((query) => query.MetricStat ?? []);
  if (stats.length > metricsMax) throw invalid(`Metrics must not have more than ${metricsMax} metrics.`);
  if (queries.some((query) => /\bSEARCH\s*\(/i.test(query.Expression ?? '')))
    throw invalid('SEARCH cannot be used in alarms.');
  if (new Set(stats.map((stat) => stat.Period)).size > 1)
    throw invalid('All metrics of an alarm must have the same period.');
  for (const stat of stats) checkPeriod(stat.Period);
}

function checkPeriod(period: number | undefined): void {
  const isPeriod = period !== undefined && ([10, 20, 30].includes(period) || (period > 0 && period % 60 === 0));
  if (!isPeriod) throw invalid('Period must be 10, 20, 30 or a multiple of 60.');
}
