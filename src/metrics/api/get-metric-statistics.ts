import type {
  Datapoint,
  GetMetricStatisticsCommandInput,
  GetMetricStatisticsCommandOutput,
} from '@aws-sdk/client-cloudwatch';
import type { TelemetryStore } from '../../stores/telemetry/store.ts';
import { awsError } from '../../wire/aws/aws-error.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import { alignStart } from '../align-start.ts';
import { computeStatistic, needsValues, parseStatistic } from '../compute-statistic.ts';
import { type Aggregate, dimensionsOfList } from '../model.ts';
import { isPeriod } from '../read-data.ts';
import { readSeries } from '../store.ts';

const datapointsMax = 1440;

export const getMetricStatistics =
  (telemetry: TelemetryStore) =>
  async (
    input: GetMetricStatisticsCommandInput,
    context: AccountRegion,
  ): Promise<Omit<GetMetricStatisticsCommandOutput, '$metadata'>> => {
    const range = checkedRange(input);
    const names = [...(input.Statistics ?? []), ...(input.ExtendedStatistics ?? [])];
    if (names.length === 0) {
      throw awsError(
        'InvalidParameterCombinationException',
        'At least one of the parameters Statistics and ExtendedStatistics must be specified.',
      );
    }
    const statistics = names.map((name) => {
      const statistic = parseStatistic(name);
      if (!statistic)
        throw awsError(
          'InvalidParameterValueException',
          `The value ${name} for parameter ExtendedStatistics is invalid.`,
        );
      return { name, statistic };
    });
    const identity = {
      namespace: input.Namespace ?? '',
      name: input.MetricName ?? '',
      dimensions: dimensionsOfList(input.Dimensions),
      ...(input.Unit === undefined ? {} : { unit: input.Unit }),
    };
    const withValues = statistics.some(({ statistic }) => needsValues(statistic));
    const [periods] = await readSeries(telemetry, context, [identity], range, withValues);
    const extended = new Set(input.ExtendedStatistics ?? []);
    const datapointOf = ([timestampMs, aggregate]: [number, Aggregate]): Datapoint => {
      const values = statistics.map(({ name, statistic }) => [name, computeStatistic(aggregate, statistic)] as const);
      const known = values.filter(([, value]) => value !== undefined);
      const ofExtended = known.filter(([name]) => extended.has(name));
      return {
        Timestamp: new Date(timestampMs),
        ...Object.fromEntries(known.filter(([name]) => !extended.has(name))),
        ...(ofExtended.length > 0
          ? { ExtendedStatistics: Object.fromEntries(ofExtended) as Record<string, number> }
          : {}),
        Unit: input.Unit ?? aggregate.unit ?? 'None',
      } as Datapoint;
    };
    return { Label: identity.name, Datapoints: [...periods!].map(datapointOf) };
  };

function checkedRange(input: GetMetricStatisticsCommandInput) {
  const [start, end, periodSeconds] = [input.StartTime, input.EndTime, input.Period ?? 0];
  if (!start || !end || start >= end) {
    throw awsError(
      'InvalidParameterValueException',
      'The parameter StartTime must be less than the parameter EndTime.',
    );
  }
  if (!isPeriod(periodSeconds)) {
    throw awsError(
      'InvalidParameterValueException',
      'The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60.',
    );
  }
  const startMs = alignStart(start, periodSeconds);
  const datapoints = Math.ceil((end.getTime() - startMs) / (periodSeconds * 1000));
  if (datapoints > datapointsMax) {
    throw awsError(
      'InvalidParameterCombinationException',
      `You have requested up to ${datapoints} datapoints, which exceeds the limit of ${datapointsMax}. You may reduce the datapoints requested by increasing Period, or decreasing the time range.`,
    );
  }
  return { startMs, endMs: end.getTime(), periodSeconds };
}
