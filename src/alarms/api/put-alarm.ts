import type { PutCompositeAlarmInput, PutMetricAlarmInput, Tag } from '@aws-sdk/client-cloudwatch';
import type { Metrics } from '../../metrics/index.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Versioned } from '../../stores/state/store.ts';
import type { Traces } from '../../traces/index.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import { checkComputable, checkMetricAlarm, invalidAlarm } from '../check-alarm.ts';
import { childrenOf, parseRule, RuleError } from '../composite-rule.ts';
import { type Alarm, alarmArn, alarmTypeOf, type HistoryItem, initialReason } from '../model.ts';
import { filterOf, tracesNamespace } from '../read-datapoints.ts';
import type { AlarmStore } from '../store.ts';

const childrenMax = 100;

export const putMetricAlarm =
  (
    store: AlarmStore,
    clock: Clock,
    sources: { readonly metrics: Pick<Metrics, 'readData'>; readonly traces: Pick<Traces, 'whyNotCountable'> },
  ) =>
  async (input: PutMetricAlarmInput, context: AccountRegion): Promise<Record<string, never>> => {
    checkMetricAlarm(input);
    if (input.Namespace === tracesNamespace) {
      const problem = await sources.traces.whyNotCountable(context, filterOf(input));
      if (problem) throw invalidAlarm(`FilterExpression: ${problem}`);
    } else await checkComputable(input, context, sources.metrics, clock.now());
    const { Tags, ...configuration } = input;
    await putAlarm(store, clock, context, input.AlarmName ?? '', Tags, { kind: 'metric', configuration });
    return {};
  };

export const putCompositeAlarm =
  (store: AlarmStore, clock: Clock) =>
  async (input: PutCompositeAlarmInput, context: AccountRegion): Promise<Record<string, never>> => {
    if (input.ActionsSuppressor !== undefined) {
      throw invalidAlarm('ActionsSuppressor is not supported.');
    }
    checkRule(input.AlarmRule ?? '');
    const { Tags, ...configuration } = input;
    await putAlarm(store, clock, context, input.AlarmName ?? '', Tags, { kind: 'composite', configuration });
    return {};
  };

function checkRule(text: string): void {
  try {
    const children = new Set(childrenOf(parseRule(text)));
    if (children.size > childrenMax) throw new RuleError(`AlarmRule names more than ${childrenMax} alarms`);
  } catch (error) {
    if (error instanceof RuleError) throw invalidAlarm(error.message);
    throw error;
  }
}

type Configured =
  | Pick<Extract<Alarm, { kind: 'metric' }>, 'kind' | 'configuration'>
  | Pick<Extract<Alarm, { kind: 'composite' }>, 'kind' | 'configuration'>;

/** An update replaces the whole configuration and leaves state and tags as they are. */
async function putAlarm(
  store: AlarmStore,
  clock: Clock,
  scope: AccountRegion,
  name: string,
  tags: readonly Tag[] | undefined,
  configured: Configured,
): Promise<void> {
  const found: Versioned<Alarm> | undefined = await store.find(scope, name);
  if (found && found.value.kind !== configured.kind) {
    throw invalidAlarm(`Alarm ${name} exists and is of the other type.`);
  }
  const at = clock.now().toISOString();
  const alarm = {
    account: scope.account,
    region: scope.region,
    name,
    arn: alarmArn(scope, name),
    tags: found?.value.tags ?? Object.fromEntries((tags ?? []).map((tag) => [tag.Key ?? '', tag.Value ?? ''])),
    configuredAt: at,
    state: found?.value.state ?? {
      value: 'INSUFFICIENT_DATA',
      reason: initialReason,
      reasonData: '',
      updatedAt: at,
      transitionedAt: at,
    },
    ...configured,
  } as Alarm;
  await store.save(alarm, found?.version ?? 'absent', [configurationUpdate(alarm, found ? 'Update' : 'Create', at)]);
}

export function configurationUpdate(
  alarm: Alarm,
  type: 'Create' | 'Update' | 'Delete',
  timestamp: string,
): HistoryItem {
  const past = { Create: 'created', Update: 'updated', Delete: 'deleted' }[type];
  return {
    account: alarm.account,
    region: alarm.region,
    alarmName: alarm.name,
    alarmType: alarmTypeOf(alarm),
    timestamp,
    type: 'ConfigurationUpdate',
    summary: `Alarm "${alarm.name}" ${past}`,
    data: JSON.stringify({ version: '1.0', type, [`${past}Alarm`]: { ...alarm.configuration, alarmArn: alarm.arn } }),
  };
}
