import type { Alarm } from '../../api/cloudwatch.ts';
import type { Translate } from '../../i18n/text.ts';

const signs: Record<string, string> = {
  GreaterThanOrEqualToThreshold: '≥',
  GreaterThanThreshold: '>',
  LessThanThreshold: '<',
  LessThanOrEqualToThreshold: '≤',
};

/** `SuccessPercent < 90 for 1 of 1 datapoints within 1 minute`, or a composite alarm's rule. */
export function conditionWords(alarm: Alarm, t: Translate): string {
  if (alarm.AlarmRule) return alarm.AlarmRule;
  const periods = alarm.EvaluationPeriods ?? 1;
  return t('alarms.condition-words', {
    metric: alarm.MetricName ?? alarm.Metrics?.find((query) => query.ReturnData !== false)?.Expression ?? '',
    sign: signs[alarm.ComparisonOperator ?? ''] ?? alarm.ComparisonOperator ?? '',
    threshold: alarm.Threshold ?? '-',
    count: alarm.DatapointsToAlarm ?? periods,
    periods,
    seconds: (alarm.Period ?? 60) * periods,
  });
}
