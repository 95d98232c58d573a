import type { SetAlarmStateCommandInput } from '@aws-sdk/client-cloudwatch';
import type { Clock } from '../../platform/clock.ts';
import type { Versioned } from '../../stores/state/store.ts';
import { awsError } from '../../wire/aws/aws-error.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import type { Handlers } from '../../wire/aws/service-table.ts';
import type { ChangeAlarmState } from '../change-alarm-state.ts';
import { invalidAlarm } from '../check-alarm.ts';
import { childrenOf, parseRule } from '../composite-rule.ts';
import { enter } from '../judge-alarm.ts';
import type { Alarm } from '../model.ts';
import type { AlarmStore } from '../store.ts';
import { configurationUpdate } from './put-alarm.ts';

type Operations = Pick<
  Handlers<typeof import('@aws-sdk/client-cloudwatch')>,
  | 'EnableAlarmActions'
  | 'DisableAlarmActions'
  | 'DeleteAlarms'
  | 'TagResource'
  | 'UntagResource'
  | 'ListTagsForResource'
>;

/** Holds until the next evaluation finds otherwise; the actions run as for any transition. */
export const setAlarmState =
  (store: AlarmStore, clock: Clock, changeState: ChangeAlarmState) =>
  async (input: SetAlarmStateCommandInput, context: AccountRegion): Promise<Record<string, never>> => {
    const found = await needAlarm(store, context, input.AlarmName ?? '');
    const reasonData = input.StateReasonData ?? '';
    if (reasonData !== '' && !isJson(reasonData))
      throw awsError('InvalidFormatFault', 'StateReasonData is not valid JSON.');
    const next = enter(input.StateValue as Alarm['state']['value'], input.StateReason ?? '', reasonData, clock.now());
    const stays = found.value.state.value === next.value;
    await changeState(found, stays ? { ...next, transitionedAt: found.value.state.transitionedAt } : next);
    return {};
  };

export const changeAlarmHandlers = (store: AlarmStore, clock: Clock): Operations => {
  const setActions = async (names: readonly string[] | undefined, context: AccountRegion, ActionsEnabled: boolean) => {
    for (const name of names ?? []) {
      const found = await store.find(context, name);
      // Names that do not exist are passed over, as CloudWatch does.
      if (!found) continue;
      const alarm = { ...found.value, configuration: { ...found.value.configuration, ActionsEnabled } } as Alarm;
      await store.save(alarm, found.version, [configurationUpdate(alarm, 'Update', clock.now().toISOString())]);
    }
    return {};
  };
  return {
    EnableAlarmActions: (input, context) => setActions(input.AlarmNames, context, true),
    DisableAlarmActions: (input, context) => setActions(input.AlarmNames, context, false),

    async DeleteAlarms(input, context) {
      const names = new Set(input.AlarmNames ?? []);
      const found = await Promise.all([...names].map((name) => store.find(context, name)));
      const missing = [...names].find((_, index) => !found[index]);
      if (missing !== undefined) throw awsError('ResourceNotFound', `Alarm ${missing} does not exist.`);
      const doomed = found.flatMap((alarm) => alarm ?? []);
      const others = (await store.list(context)).filter(({ value }) => !names.has(value.name));
      refuseReferenced(doomed, others);
      const at = clock.now().toISOString();
      await store.remove(
        doomed,
        doomed.map(({ value }) => configurationUpdate(value, 'Delete', at)),
      );
      return {};
    },

    async TagResource(input, context) {
      const added = Object.fromEntries((input.Tags ?? []).map((tag) => [tag.Key ?? '', tag.Value ?? '']));
      await changeTags(store, context, input.ResourceARN, (tags) => ({ ...tags, ...added }));
      return {};
    },

    async UntagResource(input, context) {
      const removed = new Set(input.TagKeys ?? []);
      const keep = (tags: Alarm['tags']) =>
        Object.fromEntries(Object.entries(tags).filter(([key]) => !removed.has(key)));
      await changeTags(store, context, input.ResourceARN, keep);
      return {};
    },

    async ListTagsForResource(input, context) {
      const found = await needAlarmByArn(store, context, input.ResourceARN);
      return { Tags: Object.entries(found.value.tags).map(([Key, Value]) => ({ Key, Value })) };
    },
  };
};

/** A composite alarm that another one still names cannot go: circles are broken by changing a rule first. */
function refuseReferenced(doomed: readonly Versioned<Alarm>[], others: readonly Versioned<Alarm>[]): void {
  for (const { value } of doomed) {
    if (value.kind !== 'composite') continue;
    const parent = others.find(({ value: other }) => {
      const children = other.kind === 'composite' ? childrenOf(parseRule(other.configuration.AlarmRule ?? '')) : [];
      return children.includes(value.name) || children.includes(value.arn);
    });
    if (parent) {
      throw invalidAlarm(`Alarm ${value.name} is used by composite alarm ${parent.value.name}.`);
    }
  }
}

const tagsMax = 50;

async function changeTags(
  store: AlarmStore,
  scope: AccountRegion,
  arn: string | undefined,
  change: (tags: Alarm['tags']) => Alarm['tags'],
): Promise<void> {
  const found = await needAlarmByArn(store, scope, arn);
  const tags = change(found.value.tags);
  if (Object.keys(tags).length > tagsMax) throw invalidAlarm(`A resource has at most ${tagsMax} tags.`);
  await store.save({ ...found.value, tags }, found.version, []);
}

function needAlarmByArn(store: AlarmStore, scope: AccountRegion, arn: string | undefined): Promise<Versioned<Alarm>> {
  return needAlarm(store, scope, /:alarm:(.+)$/s.exec(arn ?? '')?.[1] ?? '', 'ResourceNotFoundException');
}

async function needAlarm(
  store: AlarmStore,
  scope: AccountRegion,
  name: string,
  code = 'ResourceNotFound',
): Promise<Versioned<Alarm>> {
  const found = name === '' ? undefined : await store.find(scope, name);
  if (!found) throw awsError(code, `Alarm ${name} does not exist.`);
  return found;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
