import type { Change, StateStore, Versioned } from '../../stores/state/store.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import type { InsightEventRecord, InsightRecord, InsightUpdate } from './model.ts';

const insightKind = 'xray-insight';
const eventKind = 'xray-insight-event';
const updateKind = 'xray-insight-update';
const keptMs = 30 * 86_400_000;
const untoldMs = 86_400_000;
const eventsMax = 500;

/** Insights, what happened to them, and updates that still have to be told. Written only while something is wrong. */
export class InsightStore {
  private readonly state: StateStore;

  constructor(state: StateStore) {
    this.state = state;
  }

  find(scope: AccountRegion, id: string): Promise<Versioned<InsightRecord> | undefined> {
    return this.state.get<InsightRecord>(insightKind, keyOf(scope, id));
  }

  /** Of one account and region, or all. */
  list(scope?: AccountRegion): Promise<Versioned<InsightRecord>[]> {
    return this.state.list<InsightRecord>(insightKind, scope ? keyOf(scope, '') : '');
  }

  /** Oldest first. */
  async events(scope: AccountRegion, id: string): Promise<InsightEventRecord[]> {
    const found = await this.state.list<InsightEventRecord>(eventKind, `${keyOf(scope, id)}/`);
    return found.map(({ value }) => value);
  }

  /** An insight, with what has happened to it and what has to be told of it, all or nothing. */
  async save(
    insight: InsightRecord,
    expect: number | 'absent',
    event?: InsightEventRecord,
    update?: InsightUpdate,
  ): Promise<void> {
    const key = keyOf(insight, insight.id);
    const changes: Change[] = [{ kind: insightKind, key, expect, put: insight }];
    if (event) changes.push({ kind: eventKind, key: `${key}/${timeKey(event.atMs)}`, expect: 'any', put: event });
    if (update)
      changes.push({ kind: updateKind, key: `${timeKey(insight.updatedMs)}/${update.id}`, expect: 'any', put: update });
    await this.state.commit(changes);
  }

  /** Updates that nobody has confirmed, oldest first. */
  pendingUpdates(): Promise<Versioned<InsightUpdate>[]> {
    return this.state.list<InsightUpdate>(updateKind, '');
  }

  async confirmUpdate(key: string): Promise<void> {
    await this.state.commit([{ kind: updateKind, key, expect: 'any', delete: true }]);
  }

  /** Forgets insights that were closed 30 days ago, and all but the newest events of one. */
  async trim(nowMs: number): Promise<void> {
    const doomed: Change[] = [];
    const insights = await this.list();
    const forgotten = new Set<string>();
    for (const { key, value } of insights) {
      if (value.state !== 'CLOSED' || value.updatedMs >= nowMs - keptMs) continue;
      forgotten.add(key);
      doomed.push({ kind: insightKind, key, expect: 'any', delete: true });
    }
    const seen = new Map<string, number>();
    for (const { key } of (await this.state.list(eventKind, '')).toReversed()) {
      const insight = key.slice(0, key.lastIndexOf('/'));
      const count = (seen.get(insight) ?? 0) + 1;
      seen.set(insight, count);
      if (forgotten.has(insight) || count > eventsMax)
        doomed.push({ kind: eventKind, key, expect: 'any', delete: true });
    }
    // Nobody listens, or not for a day: too late to be told.
    for (const { key, value } of await this.pendingUpdates()) {
      if (Date.parse(value.time) < nowMs - untoldMs)
        doomed.push({ kind: updateKind, key, expect: 'any', delete: true });
    }
    if (doomed.length > 0) await this.state.commit(doomed);
  }
}

const keyOf = ({ account, region }: AccountRegion, id: string): string => `${account}/${region}/${id}`;

/** Key order is time order. */
const timeKey = (ms: number): string => String(ms).padStart(15, '0');
