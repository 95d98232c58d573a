import type { Metrics } from '../../metrics/index.ts';
import type { Clock } from '../../platform/clock.ts';
import { newUuid } from '../../platform/ids.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Change, StateStore } from '../../stores/state/store.ts';
import type { InsightUpdate } from '../../traces/index.ts';
import { alarmTypeOf, type HistoryItem, type Transition } from '../model.ts';
import type { AlarmStore } from '../store.ts';
import { deliver, type NotificationTarget } from './deliver.ts';
import type { InsightNotification, Notification } from './message.ts';

export interface NotifierOptions {
  readonly state: StateStore;
  readonly store: AlarmStore;
  readonly metrics: Metrics;
  readonly targets: readonly NotificationTarget[];
  readonly clock: Clock;
  readonly logger: Logger;
  /** First wait after a failed try; doubles up to a minute. For tests. */
  readonly retryMs?: number;
}

const kind = 'cloudwatch-alarm-notification';
const waitingMax = 1_000;
const retryMsMax = 60_000;
const giveUpMs = 3_600_000;

/**
 * Delivers alarm actions whose ARN ends in a configured target's name, and insights to every target. A notification is committed with the transition
 * that caused it and removed when it is delivered or given up, so a crash delivers it later (at least once). Each target
 * has its own line, in order: OK never overtakes ALARM.
 */
export class Notifier {
  private readonly options: NotifierOptions;
  private readonly stopping = new AbortController();
  private readonly lines = new Map<string, { waiting: Notification[]; worker: Promise<void> | undefined }>();

  constructor(options: NotifierOptions) {
    this.options = options;
  }

  /** Sends what a process before us left behind. */
  async start(): Promise<void> {
    const left = await this.options.state.list<Notification>(kind, '');
    for (const { value } of left.toSorted((a, b) => (a.value.createdAt < b.value.createdAt ? -1 : 1)))
      this.enqueue(value);
  }

  async stop(): Promise<void> {
    this.stopping.abort(new Error('stopped'));
    await Promise.all([...this.lines.values()].map((line) => line.worker));
  }

  /** The changes that belong into the transition's commit, and what to call after it. */
  prepare(transition: Transition, actions: readonly string[]): { changes: Change[]; send: () => void } {
    const createdAt = this.options.clock.now().toISOString();
    const notifications = actions
      // Scaling policies and deployments watch transitions themselves.
      .filter((actionArn) => !actionArn.startsWith('arn:aws:autoscaling:'))
      .map((actionArn): Notification => ({ id: newUuid(), actionArn, createdAt, ...transition }));
    return {
      changes: notifications.map((notification) => ({
        kind,
        key: notification.id,
        expect: 'absent',
        put: notification,
      })),
      send: () => {
        for (const notification of notifications) this.enqueue(notification);
      },
    };
  }

  /**
   * Tells every target of an insight. Resolves when that is sure to happen: it waits in the state store, then. The same
   * update told again has the same ids.
   */
  async tell(insight: InsightUpdate): Promise<void> {
    const createdAt = this.options.clock.now().toISOString();
    const notifications = this.options.targets.map(
      ({ name }): Notification => ({
        id: `${insight.id}/${name}`,
        actionArn: `arn:aws:sns:${insight.region}:${insight.account}:${name}`,
        createdAt,
        insight,
      }),
    );
    if (notifications.length === 0) return;
    await this.options.state.commit(
      notifications.map((notification) => ({ kind, key: notification.id, expect: 'any', put: notification })),
    );
    for (const notification of notifications) this.enqueue(notification);
  }

  private enqueue(notification: Notification): void {
    const line = this.lines.get(notification.actionArn) ?? { waiting: [], worker: undefined };
    this.lines.set(notification.actionArn, line);
    if (line.waiting.length >= waitingMax) {
      // The first one is being delivered.
      const [overflow] = line.waiting.splice(1, 1) as [Notification];
      this.finish(overflow, `Failed to execute action ${overflow.actionArn}`, `more than ${waitingMax} wait`).catch(
        () => {},
      );
    }
    line.waiting.push(notification);
    line.worker ??= this.work(notification.actionArn);
  }

  private async work(actionArn: string): Promise<void> {
    const line = this.lines.get(actionArn)!;
    while (line.waiting.length > 0 && !this.stopping.signal.aborted) {
      const notification = line.waiting[0]!;
      try {
        await this.deliverOrGiveUp(notification);
      } catch (error) {
        if (!this.stopping.signal.aborted)
          this.options.logger.error({ actionArn, error: String(error) }, 'alarm action');
        break;
      }
      if (line.waiting[0] === notification) line.waiting.shift();
    }
    // Here, not when the promise is done: what came in between would wait for the one after it.
    line.worker = undefined;
  }

  private async deliverOrGiveUp(notification: Notification): Promise<void> {
    const { clock, logger, targets, retryMs = 1_000 } = this.options;
    const { actionArn } = notification;
    const target = targets.find((candidate) => actionArn.endsWith(`:${candidate.name}`));
    if (!target)
      return this.finish(notification, `Failed to execute action ${actionArn}`, 'no such notification target');
    for (let attempt = 0; ; attempt += 1) {
      const delivery = await deliver(target, notification, this.stopping.signal);
      if (delivery.result === 'delivered')
        return this.finish(notification, `Successfully executed action ${actionArn}`);
      const age = clock.now().getTime() - new Date(notification.createdAt).getTime();
      if (delivery.result === 'refused' || age > giveUpMs) {
        logger.warn({ actionArn, reason: delivery.reason }, 'alarm action failed');
        return this.finish(notification, `Failed to execute action ${actionArn}`, delivery.reason);
      }
      const backOffMs = Math.min(retryMs * 2 ** attempt, retryMsMax);
      await clock.sleep(Math.max(delivery.afterMs ?? 0, backOffMs), this.stopping.signal);
    }
  }

  private async finish(notification: Notification, summary: string, error?: string): Promise<void> {
    if ('insight' in notification) return this.finishInsight(notification, error === undefined);
    const { alarm, actionArn } = notification;
    const item: HistoryItem = {
      account: alarm.account,
      region: alarm.region,
      alarmName: alarm.name,
      alarmType: alarmTypeOf(alarm),
      timestamp: this.options.clock.now().toISOString(),
      type: 'Action',
      summary,
      data: JSON.stringify({
        actionState: error === undefined ? 'Succeeded' : 'Failed',
        notificationResource: actionArn,
        stateUpdateTimestamp: new Date(alarm.state.updatedAt).getTime(),
        ...(error === undefined ? {} : { error }),
      }),
    };
    await this.options.store.addHistory([item], [{ kind, key: notification.id, expect: 'any', delete: true }]);
  }

  /** Insights have no history of alarms: what became of their notifications is counted. */
  private async finishInsight({ id, insight }: InsightNotification, isDelivered: boolean): Promise<void> {
    await this.options.state.commit([{ kind, key: id, expect: 'any', delete: true }]);
    this.options.metrics.record(insight, 'AWS/Events', [
      {
        name: isDelivered ? 'Invocations' : 'FailedInvocations',
        dimensions: { EventSource: insight.source },
        timestampMs: this.options.clock.now().getTime(),
        value: 1,
        unit: 'Count',
      },
    ]);
  }
}
