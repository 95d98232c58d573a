import type { Versioned } from '../stores/state/store.ts';
import type { AlarmStateValue, AlarmSummary } from './index.ts';
import { type Alarm, type AlarmState, actionsFor, alarmTypeOf, type HistoryItem, summaryOf } from './model.ts';
import type { Notifier } from './notifiers/notifier.ts';
import type { AlarmStore } from './store.ts';

export type ChangeAlarmState = (found: Versioned<Alarm>, next: AlarmState) => Promise<void>;
export type TransitionWatcher = (alarm: AlarmSummary, previous: AlarmStateValue) => void;

/** Puts an alarm into a state: alarm, history and notifications in one commit, then the watchers are told. */
export function createChangeAlarmState(
  store: AlarmStore,
  notifier: Notifier,
  watchers: ReadonlySet<TransitionWatcher>,
): ChangeAlarmState {
  return async (found, next) => {
    const previous = found.value;
    const alarm: Alarm = { ...previous, state: next };
    const isTransition = previous.state.value !== next.value;
    const actions = isTransition ? actionsFor(alarm, next.value) : [];
    const notifications = notifier.prepare({ alarm, previous: previous.state }, actions);
    await store.save(
      alarm,
      found.version,
      isTransition ? [stateUpdate(alarm, previous.state)] : [],
      notifications.changes,
    );
    notifications.send();
    if (!isTransition) return;
    const summary = summaryOf(alarm);
    for (const watcher of watchers) watcher(summary, previous.state.value);
  };
}

function stateUpdate(alarm: Alarm, previous: AlarmState): HistoryItem {
  return {
    account: alarm.account,
    region: alarm.region,
    alarmName: alarm.name,
    alarmType: alarmTypeOf(alarm),
    timestamp: alarm.state.updatedAt,
    type: 'StateUpdate',
    summary: `Alarm updated from ${previous.value} to ${alarm.state.value}`,
    data: JSON.stringify({ version: '1.0', oldState: stateData(previous), newState: stateData(alarm.state) }),
  };
}

const stateData = (state: AlarmState) => ({
  stateValue: state.value,
  stateReason: state.reason,
  ...(state.reasonData === '' ? {} : { stateReasonData: parsedOrText(state.reasonData) }),
});

/** SetAlarmState takes any JSON; what is none is kept as text. */
function parsedOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
