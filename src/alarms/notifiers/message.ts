import type { InsightUpdate } from '../../traces/index.ts';
import { type Alarm, type AlarmState, alarmTypeOf, type Transition } from '../model.ts';
import { awsTime } from '../state-reason.ts';

interface Waiting {
  readonly id: string;
  readonly actionArn: string;
  readonly createdAt: string;
}

export interface AlarmNotification extends Waiting {
  readonly alarm: Alarm;
  readonly previous: AlarmState;
}

export interface InsightNotification extends Waiting {
  readonly insight: InsightUpdate;
}

/** What one target is told, as it waits in the outbox. */
export type Notification = AlarmNotification | InsightNotification;

/** The event that EventBridge delivers; generic webhooks get it as their body. */
export function eventMessage({ insight }: InsightNotification): Record<string, unknown> {
  const { id, source, detailType, account, region, time, resources, detail } = insight;
  return { version: '0', id, 'detail-type': detailType, source, account, time, region, resources, detail };
}

/** The message that CloudWatch publishes to a topic; generic webhooks get it as their body. */
export function alarmMessage({ alarm, previous }: Transition): Record<string, unknown> {
  const { configuration } = alarm;
  return {
    AlarmName: alarm.name,
    AlarmDescription: configuration.AlarmDescription ?? null,
    AWSAccountId: alarm.account,
    AlarmConfigurationUpdatedTimestamp: awsTime(new Date(alarm.configuredAt)),
    NewStateValue: alarm.state.value,
    NewStateReason: alarm.state.reason,
    StateChangeTime: awsTime(new Date(alarm.state.updatedAt)),
    Region: alarm.region,
    AlarmArn: alarm.arn,
    OldStateValue: previous.value,
    OKActions: configuration.OKActions ?? [],
    AlarmActions: configuration.AlarmActions ?? [],
    InsufficientDataActions: configuration.InsufficientDataActions ?? [],
    ...(alarm.kind === 'metric' ? { Trigger: triggerOf(alarm) } : { AlarmRule: alarm.configuration.AlarmRule }),
    AlarmType: alarmTypeOf(alarm),
  };
}

function triggerOf(alarm: Extract<Alarm, { kind: 'metric' }>): Record<string, unknown> {
  const { configuration } = alarm;
  const metric = configuration.Metrics
    ? { Metrics: configuration.Metrics }
    : {
        MetricName: configuration.MetricName,
        Namespace: configuration.Namespace,
        ...(configuration.Statistic
          ? { StatisticType: 'Statistic', Statistic: configuration.Statistic.toUpperCase() }
          : { StatisticType: 'ExtendedStatistic', ExtendedStatistic: configuration.ExtendedStatistic }),
        Unit: configuration.Unit ?? null,
        Dimensions: (configuration.Dimensions ?? []).map(({ Name, Value }) => ({ value: Value, name: Name })),
        Period: configuration.Period,
      };
  return {
    ...metric,
    EvaluationPeriods: configuration.EvaluationPeriods,
    ...(configuration.DatapointsToAlarm === undefined ? {} : { DatapointsToAlarm: configuration.DatapointsToAlarm }),
    ComparisonOperator: configuration.ComparisonOperator,
    Threshold: configuration.Threshold,
    TreatMissingData: configuration.TreatMissingData ?? 'missing',
    EvaluateLowSampleCountPercentile: configuration.EvaluateLowSampleCountPercentile ?? '',
  };
}
