import type { PutCompositeAlarmInput, PutMetricAlarmInput } from '@aws-sdk/client-cloudwatch';
import type { AccountRegion } from '../wire/aws/call-context.ts';
import type { AlarmStateValue, AlarmSummary } from './index.ts';

/** Where an alarm stands; times are ISO text. */
export interface AlarmState {
  readonly value: AlarmStateValue;
  readonly reason: string;
  /** JSON text, or empty. */
  readonly reasonData: string;
  readonly updatedAt: string;
  readonly transitionedAt: string;
}

interface AlarmBase extends AccountRegion {
  readonly name: string;
  readonly arn: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly configuredAt: string;
  readonly state: AlarmState;
}

export interface MetricAlarm extends AlarmBase {
  readonly kind: 'metric';
  readonly configuration: PutMetricAlarmInput;
}

export interface CompositeAlarm extends AlarmBase {
  readonly kind: 'composite';
  readonly configuration: PutCompositeAlarmInput;
}

export type Alarm = MetricAlarm | CompositeAlarm;

export type HistoryItemType = 'ConfigurationUpdate' | 'StateUpdate' | 'Action';

export interface HistoryItem extends AccountRegion {
  readonly alarmName: string;
  readonly alarmType: 'MetricAlarm' | 'CompositeAlarm';
  readonly timestamp: string;
  readonly type: HistoryItemType;
  readonly summary: string;
  /** JSON text. */
  readonly data: string;
}

/** A change of state, as watchers and notifications see it. */
export interface Transition {
  readonly alarm: Alarm;
  readonly previous: AlarmState;
}

export const initialReason = 'Unchecked: Initial alarm creation';

export const alarmArn = (scope: AccountRegion, name: string): string =>
  `arn:aws:cloudwatch:${scope.region}:${scope.account}:alarm:${name}`;

export const alarmTypeOf = (alarm: Alarm): 'MetricAlarm' | 'CompositeAlarm' =>
  alarm.kind === 'metric' ? 'MetricAlarm' : 'CompositeAlarm';

/** What an alarm does when it enters a state; nothing while its actions are disabled. */
export function actionsFor(alarm: Alarm, state: AlarmStateValue): readonly string[] {
  const { ActionsEnabled, AlarmActions, OKActions, InsufficientDataActions } = alarm.configuration;
  if (ActionsEnabled === false) return [];
  if (state === 'ALARM') return AlarmActions ?? [];
  return (state === 'OK' ? OKActions : InsufficientDataActions) ?? [];
}

export function summaryOf(alarm: Alarm): AlarmSummary {
  const metric = alarm.kind === 'metric' ? alarm.configuration : undefined;
  const first = metric?.Metrics?.find((query) => query.MetricStat)?.MetricStat?.Metric;
  const dimensions = metric?.Dimensions ?? first?.Dimensions ?? [];
  return {
    account: alarm.account,
    region: alarm.region,
    arn: alarm.arn,
    name: alarm.name,
    state: alarm.state.value,
    reason: alarm.state.reason,
    changedAt: new Date(alarm.state.transitionedAt),
    namespace: metric?.Namespace ?? first?.Namespace ?? '',
    dimensions: Object.fromEntries(dimensions.map(({ Name, Value }) => [Name ?? '', Value ?? ''])),
  };
}
