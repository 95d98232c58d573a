import type { Group } from '@aws-sdk/client-xray';
import type { MetricDatum, Metrics } from '../metrics/index.ts';
import type { Clock } from '../platform/clock.ts';
import { EveryMinute } from '../platform/every-minute.ts';
import type { Logger } from '../platform/logger.ts';
import type { StateStore } from '../stores/state/store.ts';
import type { TelemetryStore } from '../stores/telemetry/store.ts';
import type { AccountRegion } from '../wire/aws/call-context.ts';
import { groupKind, listGroups, readGroupExpressions } from './api/groups.ts';
import { FilterExpressionError } from './filter/expression.ts';
import { countTraceOutcomes, type TraceOutcomes } from './find-traces.ts';
import { readBusyScopes } from './insights/node-minutes.ts';

const minuteMs = 60_000;
/** Segments come late; a minute is counted when it has been over for this long. */
const settleMs = 60_000;

interface GroupMetricsDeps {
  readonly telemetry: TelemetryStore;
  readonly state: StateStore;
  readonly metrics: Metrics;
  readonly logger: Pick<Logger, 'warn'>;
}

/** More minutes than this are not made up for. */
const missedMinutesMax = 10;

/**
 * Publishes, every minute, what became of the traces of each group: ApproximateTraceCount, FaultCount, ErrorCount,
 * ThrottleCount and ResponseTime of namespace AWS/X-Ray, dimension GroupName.
 */
export function publishGroupMetrics(deps: GroupMetricsDeps & { clock: Clock }): EveryMinute {
  return new EveryMinute(
    async (fromMs, toMs) => {
      const firstMs = Math.max(fromMs, toMs - missedMinutesMax * minuteMs);
      for (let startMs = firstMs; startMs < toMs; startMs += minuteMs) await publishMinute(deps, startMs);
    },
    {
      clock: deps.clock,
      delayMs: settleMs,
      onError: (error) => deps.logger.warn({ error }, 'metrics of trace groups'),
    },
  );
}

/**
 * One minute of every group. One whose filter cannot be counted is left out, with a metric of its own; one that could
 * not be read, with a warning.
 */
export async function publishMinute(deps: GroupMetricsDeps, startMs: number): Promise<void> {
  const { telemetry, state, metrics, logger } = deps;
  for (const scope of await findScopes(deps, startMs)) {
    for (const { value: group } of await listGroups(state, scope)) {
      const base = { dimensions: { GroupName: group.GroupName! }, timestampMs: startMs, unit: 'Count' };
      try {
        const outcomes = await countTraceOutcomes(telemetry, {
          ...scope,
          startMs,
          endMs: startMs + minuteMs,
          rangeType: 'TraceId',
          filterExpression: group.FilterExpression ?? '',
          groups: await readGroupExpressions(state, scope),
        });
        metrics.record(scope, 'AWS/X-Ray', toData(outcomes, base));
      } catch (error) {
        if (error instanceof FilterExpressionError) {
          metrics.record(scope, 'AWS/X-Ray', [{ ...base, name: 'GroupFilterErrors', value: 1 }]);
        } else {
          logger.warn({ error, ...scope, group: group.GroupName }, 'a minute of a trace group is not published');
        }
      }
    }
  }
}

/** Where something came in, and where somebody has made a group: its counts are zero, then. */
async function findScopes({ telemetry, state }: GroupMetricsDeps, startMs: number): Promise<AccountRegion[]> {
  const busy = await readBusyScopes(telemetry, startMs, startMs + minuteMs);
  const named = (await state.list<Group>(groupKind)).map(({ key }) => {
    const [account = '', region = ''] = key.split('/');
    return { account, region };
  });
  const scopes = new Map([...busy, ...named].map((scope) => [`${scope.account}/${scope.region}`, scope]));
  return [...scopes.values()];
}

function toData(
  outcomes: readonly TraceOutcomes[],
  base: { dimensions: Record<string, string>; timestampMs: number; unit: string },
): MetricDatum[] {
  const count = (isOne: (outcome: TraceOutcomes) => boolean): number =>
    outcomes.filter(isOne).reduce((sum, outcome) => sum + outcome.count, 0);
  const data: MetricDatum[] = [
    { ...base, name: 'ApproximateTraceCount', value: count(() => true) },
    { ...base, name: 'FaultCount', value: count(({ fault }) => fault) },
    { ...base, name: 'ErrorCount', value: count(({ error }) => error) },
    { ...base, name: 'ThrottleCount', value: count(({ throttle }) => throttle) },
  ];
  if (outcomes.length > 0) {
    const values = outcomes.map(({ bucket }) => bucket);
    const counts = outcomes.map((outcome) => outcome.count);
    data.push({ ...base, unit: 'Seconds', name: 'ResponseTime', values, counts });
  }
  return data;
}
