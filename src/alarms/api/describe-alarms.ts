import type {
  DescribeAlarmsCommandInput,
  DescribeAlarmsForMetricCommandInput,
  CompositeAlarm as WireCompositeAlarm,
  MetricAlarm as WireMetricAlarm,
} from '@aws-sdk/client-cloudwatch';
import { awsError } from '../../wire/aws/aws-error.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import { childrenOf, parseRule } from '../composite-rule.ts';
import type { Alarm, CompositeAlarm, MetricAlarm } from '../model.ts';
import type { AlarmStore } from '../store.ts';

const pageSizeDefault = 50;

/** Metric alarms only, unless AlarmTypes asks for composite ones, or parents and children of one are asked for. */
export const describeAlarms =
  (store: AlarmStore) => async (input: DescribeAlarmsCommandInput, context: AccountRegion) => {
    const all = (await store.list(context)).map(({ value }) => value);
    const related = relatedTo(all, input);
    const types = input.AlarmTypes ?? (related ? ['MetricAlarm', 'CompositeAlarm'] : ['MetricAlarm']);
    const chosen = all
      .filter((alarm) => types.includes(alarm.kind === 'metric' ? 'MetricAlarm' : 'CompositeAlarm'))
      .filter((alarm) => related === undefined || related.has(alarm.name) || related.has(alarm.arn))
      .filter((alarm) => input.AlarmNames === undefined || input.AlarmNames.includes(alarm.name))
      .filter((alarm) => alarm.name.startsWith(input.AlarmNamePrefix ?? ''))
      .filter((alarm) => input.StateValue === undefined || alarm.state.value === input.StateValue)
      .filter(
        (alarm) =>
          input.ActionPrefix === undefined || actionsOf(alarm).some((action) => action.startsWith(input.ActionPrefix!)),
      )
      .sort((left, right) => (left.name < right.name ? -1 : 1));
    const rest =
      input.NextToken === undefined ? chosen : chosen.filter((alarm) => alarm.name > nameOfToken(input.NextToken!));
    const page = rest.slice(0, input.MaxRecords ?? pageSizeDefault);
    return {
      MetricAlarms: page.filter((alarm) => alarm.kind === 'metric').map(wireMetricAlarm),
      CompositeAlarms: page.filter((alarm) => alarm.kind === 'composite').map(wireCompositeAlarm),
      ...(rest.length > page.length ? { NextToken: Buffer.from(page.at(-1)!.name).toString('base64url') } : {}),
    };
  };

export const describeAlarmsForMetric =
  (store: AlarmStore) => async (input: DescribeAlarmsForMetricCommandInput, context: AccountRegion) => {
    const wanted = dimensionsKey(input.Dimensions);
    const found = (await store.list(context)).flatMap(({ value }) => (value.kind === 'metric' ? [value] : []));
    const matches = found.filter(
      ({ configuration }) =>
        configuration.MetricName === input.MetricName &&
        configuration.Namespace === input.Namespace &&
        dimensionsKey(configuration.Dimensions) === wanted &&
        (input.Statistic === undefined || configuration.Statistic === input.Statistic) &&
        (input.ExtendedStatistic === undefined || configuration.ExtendedStatistic === input.ExtendedStatistic) &&
        (input.Period === undefined || configuration.Period === input.Period) &&
        (input.Unit === undefined || configuration.Unit === input.Unit),
    );
    return { MetricAlarms: matches.map(wireMetricAlarm) };
  };

function relatedTo(all: readonly Alarm[], input: DescribeAlarmsCommandInput): Set<string> | undefined {
  const childrenOfAlarm = (alarm: Alarm) =>
    alarm.kind === 'composite' ? childrenOf(parseRule(alarm.configuration.AlarmRule ?? '')) : [];
  if (input.ChildrenOfAlarmName !== undefined) {
    const parent = all.find((alarm) => alarm.name === input.ChildrenOfAlarmName);
    return new Set(parent ? childrenOfAlarm(parent) : []);
  }
  if (input.ParentsOfAlarmName === undefined) return undefined;
  const child = all.find((alarm) => alarm.name === input.ParentsOfAlarmName);
  const isParent = (alarm: Alarm) => childrenOfAlarm(alarm).some((name) => name === child?.name || name === child?.arn);
  return new Set(all.filter(isParent).map((alarm) => alarm.name));
}

function wireMetricAlarm(alarm: MetricAlarm): WireMetricAlarm {
  const { ActionsEnabled, ...configuration } = alarm.configuration;
  return { ...configuration, ...commonFields(alarm), ActionsEnabled: ActionsEnabled ?? true } as WireMetricAlarm;
}

function wireCompositeAlarm(alarm: CompositeAlarm): WireCompositeAlarm {
  const { ActionsEnabled, ...configuration } = alarm.configuration;
  return { ...configuration, ...commonFields(alarm), ActionsEnabled: ActionsEnabled ?? true } as WireCompositeAlarm;
}

const commonFields = (alarm: Alarm) => ({
  AlarmArn: alarm.arn,
  AlarmConfigurationUpdatedTimestamp: new Date(alarm.configuredAt),
  OKActions: alarm.configuration.OKActions ?? [],
  AlarmActions: alarm.configuration.AlarmActions ?? [],
  InsufficientDataActions: alarm.configuration.InsufficientDataActions ?? [],
  StateValue: alarm.state.value,
  StateReason: alarm.state.reason,
  ...(alarm.state.reasonData === '' ? {} : { StateReasonData: alarm.state.reasonData }),
  StateUpdatedTimestamp: new Date(alarm.state.updatedAt),
  StateTransitionedTimestamp: new Date(alarm.state.transitionedAt),
  ...(alarm.kind === 'metric' && !alarm.configuration.Metrics
    ? { Dimensions: alarm.configuration.Dimensions ?? [] }
    : {}),
});

const actionsOf = (alarm: Alarm): string[] => [
  ...(alarm.configuration.AlarmActions ?? []),
  ...(alarm.configuration.OKActions ?? []),
  ...(alarm.configuration.InsufficientDataActions ?? []),
];

const dimensionsKey = (
  dimensions: readonly { Name?: string | undefined; Value?: string | undefined }[] | undefined,
): string => JSON.stringify((dimensions ?? []).map(({ Name, Value }) => [Name, Value]).sort());

function nameOfToken(token: string): string {
  const name = Buffer.from(token, 'base64url').toString();
  if (name === '') throw awsError('InvalidNextToken', 'The next token specified is invalid.');
  return name;
}
