import type { Metrics } from '../metrics/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import { retriedWhenStale } from '../stores/state/retried-when-stale.ts';
import type { StateStore } from '../stores/state/store.ts';
import type { Traces } from '../traces/index.ts';
import type { AccountRegion } from '../wire/aws/call-context.ts';
import type { Handlers, Plane, ServiceTable } from '../wire/aws/service-table.ts';
import { AlarmLoop } from './alarm-loop.ts';
import { changeAlarmHandlers, setAlarmState } from './api/change-alarms.ts';
import { describeAlarmHistory } from './api/describe-alarm-history.ts';
import { describeAlarms, describeAlarmsForMetric } from './api/describe-alarms.ts';
import { putCompositeAlarm, putMetricAlarm } from './api/put-alarm.ts';
import { createChangeAlarmState, type TransitionWatcher } from './change-alarm-state.ts';
import { summaryOf } from './model.ts';
import type { NotificationTarget } from './notifiers/deliver.ts';
import { Notifier } from './notifiers/notifier.ts';
import { AlarmStore } from './store.ts';

export type AlarmStateValue = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

export interface AlarmSummary extends AccountRegion {
  readonly arn: string;
  readonly name: string;
  readonly state: AlarmStateValue;
  readonly reason: string;
  readonly changedAt: Date;
  readonly namespace: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** The door of the alarms plane. Its operations belong to the service `cloudwatch`, next to those of metrics. */
export interface Alarms extends Plane {
  readonly services: readonly ServiceTable[];
  alarms(scope: AccountRegion): Promise<AlarmSummary[]>;
  /** State transitions, newest last; alarms act on nothing themselves. Returns the way to stop it. */
  watch(onTransition: (alarm: AlarmSummary, previous: AlarmStateValue) => void): () => void;
}

export type { NotificationTarget } from './notifiers/deliver.ts';

export interface AlarmsDependencies {
  readonly state: StateStore;
  readonly metrics: Metrics;
  readonly traces: Traces;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Targets of alarm actions: an action whose ARN ends in `:<name>` goes to the target of that name. */
  readonly notifications: readonly NotificationTarget[];
}

export function createAlarms(deps: AlarmsDependencies): Alarms {
  const { state, metrics, traces, clock, logger } = deps;
  const store = new AlarmStore(state);
  const watchers = new Set<TransitionWatcher>();
  const notifier = new Notifier({ state, store, metrics, targets: deps.notifications, clock, logger });
  const changeState = createChangeAlarmState(store, notifier, watchers);
  let stopWatching = () => {};
  const loop = new AlarmLoop({ store, metrics, traces, clock, logger, changeState });

  const handlers: Handlers<typeof import('@aws-sdk/client-cloudwatch')> = {
    ...changeAlarmHandlers(store, clock),
    PutMetricAlarm: putMetricAlarm(store, clock, { metrics, traces }),
    PutCompositeAlarm: putCompositeAlarm(store, clock),
    DescribeAlarms: describeAlarms(store),
    DescribeAlarmsForMetric: describeAlarmsForMetric(store),
    DescribeAlarmHistory: describeAlarmHistory(store),
    SetAlarmState: setAlarmState(store, clock, changeState),
  };

  return {
    services: [{ service: 'cloudwatch', handlers: retriedWhenStale(handlers) }],
    alarms: async (scope) => (await store.list(scope)).map(({ value }) => summaryOf(value)),
    watch(onTransition) {
      watchers.add(onTransition);
      return () => watchers.delete(onTransition);
    },
    async start() {
      await notifier.start();
      stopWatching = traces.watchInsights((update) => notifier.tell(update));
      loop.start();
    },
    async stop() {
      stopWatching();
      await loop.stop();
      await notifier.stop();
    },
  };
}
