import type { MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import type { Metrics } from '../metrics/index.ts';
import type { Traces } from '../traces/index.ts';
import { AwsError } from '../wire/aws/aws-error.ts';
import { evaluationRange } from './evaluate-alarm.ts';
import type { MetricAlarm } from './model.ts';

export interface AlarmDatapoint {
  readonly timestampMs: number;
  readonly value: number | undefined;
  readonly sampleCount: number | undefined;
}

/** Namespace of alarms on traces: on how many a filter expression selects in a period. */
export const tracesNamespace = 'Hatoba/Traces';
const filterDimension = 'FilterExpression';

/** The filter expression of an alarm on traces. */
export const filterOf = ({ Dimensions }: Pick<MetricAlarm['configuration'], 'Dimensions'>): string =>
  Dimensions?.find(({ Name }) => Name === filterDimension)?.Value ?? '';

const alarmsPerReadMax = 200;

export const periodOf = (alarm: MetricAlarm): number =>
  alarm.configuration.Period ??
  alarm.configuration.Metrics?.find((query) => query.MetricStat)?.MetricStat?.Period ??
  60;

interface Sources {
  readonly metrics: Metrics;
  readonly traces: Traces;
}

type Datapoints = Map<MetricAlarm, AlarmDatapoint[]>;

/**
 * The evaluation range of each alarm, oldest first, ending at `end`. Alarms on single metrics of the same account, region
 * and range are read together. Alarms whose data cannot be read are absent and told to `onFailure`: no other alarm may
 * suffer from them, and no data is not the same as missing data.
 */
export async function readDatapoints(
  alarms: readonly MetricAlarm[],
  end: Date,
  sources: Sources,
  onFailure: (alarms: readonly MetricAlarm[], error: unknown) => void,
): Promise<Datapoints> {
  const found: Datapoints = new Map();
  const groups = new Map<string, MetricAlarm[]>();
  for (const alarm of alarms) {
    const { Namespace, Metrics: queries, EvaluationPeriods } = alarm.configuration;
    const isAlone = Namespace === tracesNamespace || queries !== undefined;
    const key = isAlone ? alarm.arn : [alarm.account, alarm.region, periodOf(alarm), EvaluationPeriods].join(' ');
    groups.set(key, [...(groups.get(key) ?? []), alarm]);
  }
  const read = async (group: readonly MetricAlarm[]): Promise<void> => {
    try {
      await readGroup(group, end, sources, found);
    } catch (error) {
      // One of them asks for what does not exist: the others are read without it.
      if (error instanceof AwsError && group.length > 1) for (const alarm of group) await read([alarm]);
      else onFailure(group, error);
    }
  };
  for (const group of groups.values()) {
    for (let start = 0; start < group.length; start += alarmsPerReadMax) {
      await read(group.slice(start, start + alarmsPerReadMax));
    }
  }
  return found;
}

async function readGroup(
  group: readonly MetricAlarm[],
  end: Date,
  { metrics, traces }: Sources,
  found: Datapoints,
): Promise<void> {
  const first = group[0]!;
  if (first.configuration.Namespace === tracesNamespace) found.set(first, await readTraceCounts(first, end, traces));
  else if (first.configuration.Metrics) found.set(first, await readMaths(first, end, metrics));
  else await readTogether(group, end, metrics, found);
}

async function readTogether(
  group: readonly MetricAlarm[],
  end: Date,
  metrics: Metrics,
  found: Datapoints,
): Promise<void> {
  const first = group[0]!;
  const queries = group.flatMap((alarm, index): MetricDataQuery[] => {
    const { configuration } = alarm;
    const stat = {
      Metric: {
        Namespace: configuration.Namespace,
        MetricName: configuration.MetricName,
        Dimensions: configuration.Dimensions,
      },
      Period: periodOf(alarm),
      ...(configuration.Unit === undefined ? {} : { Unit: configuration.Unit }),
    };
    const name = configuration.Statistic ?? configuration.ExtendedStatistic ?? 'Average';
    return [
      { Id: `v${index}`, MetricStat: { ...stat, Stat: name } },
      { Id: `n${index}`, MetricStat: { ...stat, Stat: 'SampleCount' } },
    ];
  });
  const results = await metrics.readData(first, queries, startOf(first, end), end);
  const byId = new Map(
    results.map((result) => [result.id, new Map(result.points.map((point) => [point.timestampMs, point.value]))]),
  );
  for (const [index, alarm] of group.entries()) {
    const [values, counts] = [byId.get(`v${index}`), byId.get(`n${index}`)];
    found.set(
      alarm,
      gridOf(alarm, end).map((timestampMs) => ({
        timestampMs,
        value: values?.get(timestampMs),
        sampleCount: counts?.get(timestampMs),
      })),
    );
  }
}

/** The one query that returns data is what the alarm watches. */
async function readMaths(alarm: MetricAlarm, end: Date, metrics: Metrics): Promise<AlarmDatapoint[]> {
  const queries = alarm.configuration.Metrics ?? [];
  const results = await metrics.readData(alarm, queries, startOf(alarm, end), end);
  const values = new Map(results[0]?.points.map((point) => [point.timestampMs, point.value]));
  return gridOf(alarm, end).map((timestampMs) => ({
    timestampMs,
    value: values.get(timestampMs),
    sampleCount: undefined,
  }));
}

async function readTraceCounts(alarm: MetricAlarm, end: Date, traces: Traces): Promise<AlarmDatapoint[]> {
  const filter = filterOf(alarm.configuration);
  const minutes = await traces.countTraces(alarm, filter, startOf(alarm, end), end).catch(async (error: unknown) => {
    // A filter that cannot be counted any more (a group that is gone) has no data; a store that is away tells nothing.
    if ((await traces.whyNotCountable(alarm, filter)) === undefined) throw error;
    return undefined;
  });
  const periodMs = periodOf(alarm) * 1000;
  return gridOf(alarm, end).map((timestampMs) => {
    if (!minutes) return { timestampMs, value: undefined, sampleCount: undefined };
    const inside = minutes.filter(
      (minute) => minute.timestampMs >= timestampMs && minute.timestampMs < timestampMs + periodMs,
    );
    const value = inside.reduce((sum, minute) => sum + minute.count, 0);
    return { timestampMs, value, sampleCount: value };
  });
}

function startOf(alarm: MetricAlarm, end: Date): Date {
  const periods = evaluationRange(alarm.configuration.EvaluationPeriods ?? 1);
  return new Date(end.getTime() - periods * periodOf(alarm) * 1000);
}

function gridOf(alarm: MetricAlarm, end: Date): number[] {
  const start = startOf(alarm, end).getTime();
  const periodMs = periodOf(alarm) * 1000;
  return Array.from({ length: Math.round((end.getTime() - start) / periodMs) }, (_, index) => start + index * periodMs);
}
