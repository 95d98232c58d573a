import { childrenOf, evaluateRule, parseRule } from './composite-rule.ts';
import { type ComparisonOperator, evaluateAlarm, isLowSample, type MissingData } from './evaluate-alarm.ts';
import type { Alarm, AlarmState, CompositeAlarm, MetricAlarm } from './model.ts';
import { type AlarmDatapoint, periodOf } from './read-datapoints.ts';
import { stateReason, stateReasonData } from './state-reason.ts';

/** What an alarm's state becomes, or undefined when it stays. Pure: data, alarm and time decide. */
export function judgeMetricAlarm(
  alarm: MetricAlarm,
  points: readonly AlarmDatapoint[],
  now: Date,
): AlarmState | undefined {
  const { configuration } = alarm;
  const rule = {
    threshold: configuration.Threshold ?? 0,
    operator: configuration.ComparisonOperator as ComparisonOperator,
    evaluationPeriods: configuration.EvaluationPeriods ?? 1,
    datapointsToAlarm: configuration.DatapointsToAlarm,
    missingData: missingDataOf(alarm),
  };
  const latest = points.findLast((point) => point.value !== undefined);
  const percentile = /^p([\d.]+)$/.exec(configuration.ExtendedStatistic ?? '')?.[1];
  if (configuration.EvaluateLowSampleCountPercentile === 'ignore' && percentile !== undefined && latest) {
    if (isLowSample(Number(percentile), latest.sampleCount ?? 0)) return undefined;
  }
  const verdict = evaluateAlarm(rule, points);
  if (verdict.state === 'keep' || verdict.state === alarm.state.value) return undefined;
  const reasonData = stateReasonData({
    queryDate: now,
    statistic: configuration.Statistic ?? configuration.ExtendedStatistic ?? 'Expression',
    periodSeconds: periodOf(alarm),
    unit: configuration.Unit,
    points,
    evaluationPeriods: rule.evaluationPeriods,
    threshold: rule.threshold,
  });
  return enter(verdict.state, stateReason(rule, verdict, alarm.state.value), reasonData, now);
}

/** DynamoDB's metrics always keep the state when data are missing, as in CloudWatch. */
const missingDataOf = (alarm: MetricAlarm): MissingData =>
  alarm.configuration.Namespace === 'AWS/DynamoDB'
    ? 'ignore'
    : ((alarm.configuration.TreatMissingData ?? 'missing') as MissingData);

const dateText = new Intl.DateTimeFormat('en-GB', {
  weekday: 'long',
  day: '2-digit',
  month: 'long',
  year: 'numeric',
  timeZone: 'UTC',
});

/** A composite alarm's next state from those of all alarms of its account and region. */
export function judgeCompositeAlarm(
  alarm: CompositeAlarm,
  others: ReadonlyMap<string, Alarm>,
  now: Date,
): AlarmState | undefined {
  const rule = parseRule(alarm.configuration.AlarmRule ?? 'FALSE');
  const find = (nameOrArn: string) => others.get(nameOrArn);
  const value = evaluateRule(rule, (name) => find(name)?.state.value) ? 'ALARM' : 'OK';
  if (value === alarm.state.value) return undefined;
  const children = childrenOf(rule).flatMap((name) => find(name) ?? []);
  // What changed last is what made the rule change.
  const cause = children.toSorted((left, right) =>
    left.state.transitionedAt < right.state.transitionedAt ? 1 : -1,
  )[0];
  const reason = cause
    ? `${cause.arn} transitioned to ${cause.state.value} at ${longTime(new Date(cause.state.transitionedAt))}`
    : `${alarm.arn} was created and its alarm rule evaluates to ${value}`;
  const triggering = children
    .filter((child) => child.state.value === 'ALARM')
    .map((child) => ({
      arn: child.arn,
      state: { value: child.state.value, timestamp: child.state.transitionedAt.replace('Z', '+0000') },
    }));
  return enter(value, reason, JSON.stringify({ triggeringAlarms: triggering }), now);
}

function longTime(at: Date): string {
  const parts = Object.fromEntries(dateText.formatToParts(at).map((part) => [part.type, part.value]));
  return `${parts.weekday} ${parts.day} ${parts.month}, ${parts.year} ${at.toISOString().slice(11, 19)} UTC`;
}

export function enter(value: AlarmState['value'], reason: string, reasonData: string, now: Date): AlarmState {
  const at = now.toISOString();
  return { value, reason, reasonData, updatedAt: at, transitionedAt: at };
}
