import { newHexId } from '../platform/ids.ts';
import type { Change, StateStore, Versioned } from '../stores/state/store.ts';
import type { AccountRegion } from '../wire/aws/call-context.ts';
import type { Alarm, HistoryItem } from './model.ts';

const alarmKind = 'cloudwatch-alarm';
const historyKind = 'cloudwatch-alarm-history';
const historyDays = 14;
const historyItemsMax = 500;

const keyOf = (scope: AccountRegion, name: string): string =>
  `${scope.account}/${scope.region}/${encodeURIComponent(name)}`;

/** Alarms with their state, and what happened to them. */
export class AlarmStore {
  private readonly state: StateStore;

  constructor(state: StateStore) {
    this.state = state;
  }

  find(scope: AccountRegion, name: string): Promise<Versioned<Alarm> | undefined> {
    return this.state.get<Alarm>(alarmKind, keyOf(scope, name));
  }

  /** Of one account and region, or all. */
  list(scope?: AccountRegion): Promise<Versioned<Alarm>[]> {
    return this.state.list<Alarm>(alarmKind, scope ? `${scope.account}/${scope.region}/` : '');
  }

  /** Saves alarm, history and whatever else belongs together. Throws StaleVersionError when somebody was faster. */
  async save(
    alarm: Alarm,
    expect: number | 'absent',
    history: readonly HistoryItem[],
    more: readonly Change[] = [],
  ): Promise<void> {
    const key = keyOf(alarm, alarm.name);
    await this.state.commit([{ kind: alarmKind, key, expect, put: alarm }, ...history.map(historyChange), ...more]);
  }

  async remove(alarms: readonly Versioned<Alarm>[], history: readonly HistoryItem[]): Promise<void> {
    const deletions = alarms.map(({ key }): Change => ({ kind: alarmKind, key, expect: 'any', delete: true }));
    await this.state.commit([...deletions, ...history.map(historyChange)]);
  }

  async addHistory(items: readonly HistoryItem[], more: readonly Change[] = []): Promise<void> {
    await this.state.commit([...items.map(historyChange), ...more]);
  }

  /** Oldest first. */
  async history(scope: AccountRegion, alarmName?: string): Promise<HistoryItem[]> {
    const prefix = alarmName === undefined ? `${scope.account}/${scope.region}/` : `${keyOf(scope, alarmName)}/`;
    const found = await this.state.list<HistoryItem>(historyKind, prefix);
    return found.map(({ value }) => value).sort((left, right) => left.timestamp.localeCompare(right.timestamp));
  }

  /** Forgets what is older than two weeks, and all but the newest items of an alarm. */
  async trimHistory(now: Date): Promise<void> {
    const oldest = new Date(now.getTime() - historyDays * 86_400_000).toISOString();
    const items = await this.state.list<HistoryItem>(historyKind, '');
    const seen = new Map<string, number>();
    const doomed = items.toReversed().filter(({ value }) => {
      const alarm = keyOf(value, value.alarmName);
      const count = (seen.get(alarm) ?? 0) + 1;
      seen.set(alarm, count);
      return value.timestamp < oldest || count > historyItemsMax;
    });
    if (doomed.length === 0) return;
    await this.state.commit(doomed.map(({ key }): Change => ({ kind: historyKind, key, expect: 'any', delete: true })));
  }
}

let historySequence = 0;

// Key order is time order, and within a millisecond the order in which things happened.
const historyChange = (item: HistoryItem): Change => ({
  kind: historyKind,
  key: `${keyOf(item, item.alarmName)}/${item.timestamp}-${String(historySequence++).padStart(12, '0')}-${newHexId(4)}`,
  expect: 'absent',
  put: item,
});
