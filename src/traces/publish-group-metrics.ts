import type { Group } from '@aws-sdk/client-xray';
import type { Metrics } from '../metrics/index.ts';
import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { StateStore } from '../stores/state/store.ts';
import type { TelemetryStore } from '../stores/telemetry/store.ts';
import { groupKind, readGroupExpressions } from './api/groups.ts';
import { countTracesByMinute } from './find-traces.ts';

const minuteMs = 60_000;
/** Segments come late; a minute is counted when it has been over for this long. */
const settleMs = 60_000;

/** Publishes, every minute, how many traces each group holds: metric ApproximateTraceCount of namespace AWS/X-Ray. */
export async function publishGroupMetrics(
  deps: { telemetry: TelemetryStore; state: StateStore; metrics: Metrics; clock: Clock; logger: Logger },
  signal: AbortSignal,
): Promise<void> {
  const { clock, logger } = deps;
  while (!signal.aborted) {
    try {
      await clock.sleep(minuteMs - (clock.now().getTime() % minuteMs), signal);
      const endMs = Math.floor((clock.now().getTime() - settleMs) / minuteMs) * minuteMs;
      await publishMinute(deps, endMs - minuteMs);
    } catch (error) {
      if (!signal.aborted) logger.warn({ error }, 'counts of trace groups');
    }
  }
}

/** One minute's counts of every group; a group whose filter cannot be counted is left out, with a metric of its own. */
export async function publishMinute(
  deps: { telemetry: TelemetryStore; state: StateStore; metrics: Metrics },
  startMs: number,
): Promise<void> {
  for (const { key, value: group } of await deps.state.list<Group>(groupKind)) {
    const [account, region] = key.split('/');
    if (!account || !region || !group.FilterExpression || !group.GroupName) continue;
    const scope = { account, region };
    const datum = { dimensions: { GroupName: group.GroupName }, timestampMs: startMs, unit: 'Count' };
    try {
      const counts = await countTracesByMinute(deps.telemetry, {
        ...scope,
        startMs,
        endMs: startMs + minuteMs,
        rangeType: 'TraceId',
        filterExpression: group.FilterExpression,
        groups: await readGroupExpressions(deps.state, scope),
      });
      const value = counts.reduce((sum, { count }) => sum + count, 0);
      deps.metrics.record(scope, 'AWS/X-Ray', [{ ...datum, name: 'ApproximateTraceCount', value }]);
    } catch {
      deps.metrics.record(scope, 'AWS/X-Ray', [{ ...datum, name: 'GroupFilterErrors', value: 1 }]);
    }
  }
}
