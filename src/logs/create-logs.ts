import type { Metrics } from '../metrics/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { StateStore } from '../stores/state/store.ts';
import type { TelemetryStore } from '../stores/telemetry/store.ts';
import type { AccountRegion } from '../wire/aws/call-context.ts';
import type { OperationHandler } from '../wire/aws/service-table.ts';
import { filterLogEventsOperation } from './api/filter-log-events.ts';
import { getLogEventsOperation } from './api/get-log-events.ts';
import { logGroupOperations } from './api/log-groups.ts';
import { logStreamOperations } from './api/log-streams.ts';
import { metricFilterOperations } from './api/metric-filters.ts';
import { putLogEventsOperation } from './api/put-log-events.ts';
import { oldestKeptMs } from './api/shared.ts';
import { EventAppender } from './append-events.ts';
import { deleteExpiredEvents } from './event-statistics.ts';
import { toTraceHex } from './find-trace-id.ts';
import type { Logs } from './index.ts';
import { MetricFilterRunner } from './metric-filter-runner.ts';
import { readEventsOfTrace } from './read-events.ts';
import { OutputFollower } from './receive/follow-output.ts';
import { logsResources } from './resources.ts';
import { logsRoutes } from './routes.ts';
import { LogsStore } from './store.ts';
import { selectTailed } from './tail.ts';

const retentionSweepMs = 3_600_000;

export interface LogsPlaneDependencies extends AccountRegion {
  readonly state: StateStore;
  readonly telemetry: TelemetryStore;
  /** Where metric filters send their data; without it they are kept but make none. */
  readonly metrics?: Pick<Metrics, 'record'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export function createLogs({ state, telemetry, metrics, clock, logger, ...home }: LogsPlaneDependencies): Logs {
  const store = new LogsStore(state);
  const appender = new EventAppender(telemetry, clock, logger);
  const dependencies = { store, telemetry, appender, clock };
  const metricFilters = metrics && new MetricFilterRunner(store, metrics, clock, logger);
  const stopping = new AbortController();
  const followers = new Set<OutputFollower>();

  async function sweepRetention(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        for (const group of await store.listAllGroups()) {
          const kept = oldestKeptMs(group, clock.now().getTime());
          if (kept !== undefined) await deleteExpiredEvents(telemetry, group, group.name, kept);
        }
      } catch (error) {
        if (!stopping.signal.aborted) logger.warn({ error: String(error) }, 'log retention');
      }
      await clock.sleep(retentionSweepMs, stopping.signal).catch(() => {});
    }
  }

  const logs: Logs = {
    services: [
      {
        service: 'logs',
        handlers: {
          ...logGroupOperations(dependencies),
          ...logStreamOperations(dependencies),
          ...putLogEventsOperation(dependencies),
          ...getLogEventsOperation(dependencies),
          ...filterLogEventsOperation(dependencies),
          ...metricFilterOperations(dependencies),
        } as Record<string, OperationHandler>,
        resources: logsResources,
      },
    ],
    get routes() {
      return logsRoutes(logs, home);
    },
    async start() {
      metricFilters?.start(appender);
      void sweepRetention();
    },
    async stop() {
      stopping.abort(new Error('the logs plane has stopped'));
      await Promise.all([...followers].map((follower) => follower.stop()));
      metricFilters?.stop();
    },
    ensureLogStream: (scope, logGroupName, logStreamName) =>
      store.ensureStream(scope, logGroupName, logStreamName, clock.now().getTime()),
    async logGroupExists(scope, logGroupName) {
      return (await store.findGroup(scope, logGroupName)) !== undefined;
    },
    append: (scope, logGroupName, logStreamName, events, workload) =>
      appender.append(scope, logGroupName, logStreamName, events, { acknowledged: true, workload }),
    followTaskOutput(output) {
      const follower = new OutputFollower(output, { store, telemetry, appender, clock, logger });
      followers.add(follower);
      void follower.ended.finally(() => followers.delete(follower));
      return { finish: () => follower.finish() };
    },
    tail(selector, onEvents) {
      const select = selectTailed(selector);
      return appender.observe((batch) => {
        const events = select(batch);
        if (events.length > 0) onEvents(events);
      });
    },
    eventsOfTrace: (scope, { traceId, startMs, endMs, taskArns }, limit) =>
      readEventsOfTrace(telemetry, scope, { traceHex: toTraceHex(traceId), startMs, endMs, taskArns }, limit),
  };
  return logs;
}
