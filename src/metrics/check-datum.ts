import type { MetricDatum as WireDatum } from '@aws-sdk/client-cloudwatch';
import { awsError } from '../wire/aws/aws-error.ts';
import type { MetricDatum } from './index.ts';
import { dimensionsOfList } from './model.ts';

const valueMax = 2 ** 360;
const pastMs = 14 * 86_400_000;
const futureMs = 2 * 3_600_000;

/** A datum of PutMetricData as we keep it; throws what CloudWatch answers for a bad one. */
export function checkDatum(datum: WireDatum, index: number, now: Date): MetricDatum {
  const at = `MetricData.member.${index + 1}`;
  const forms = [datum.Value, datum.StatisticValues, datum.Values].filter((form) => form !== undefined).length;
  if (forms === 0) {
    throw awsError('MissingRequiredParameterException', `The parameter ${at}.Value is required.`);
  }
  if (forms > 1) {
    throw awsError(
      'InvalidParameterCombinationException',
      `The parameters ${at}.Value, ${at}.Values and ${at}.StatisticValues are mutually exclusive and you have specified more than one.`,
    );
  }
  return {
    name: datum.MetricName ?? '',
    dimensions: checkedDimensions(datum, at),
    timestampMs: checkedTimestamp(datum.Timestamp, at, now),
    ...checkedValues(datum, at),
    unit: datum.Unit ?? 'None',
    storageResolutionSeconds: checkedResolution(datum.StorageResolution, at),
  };
}

function checkedDimensions(datum: WireDatum, at: string): Record<string, string> {
  const dimensions = dimensionsOfList(datum.Dimensions);
  if (Object.keys(dimensions).length !== (datum.Dimensions ?? []).length) {
    throw awsError('InvalidParameterValueException', `No duplicate dimension names allowed in ${at}.Dimensions.`);
  }
  return dimensions;
}

function checkedTimestamp(timestamp: Date | undefined, at: string, now: Date): number {
  const timestampMs = timestamp?.getTime() ?? now.getTime();
  const tooOld = timestampMs < now.getTime() - pastMs;
  if (tooOld || timestampMs > now.getTime() + futureMs) {
    throw awsError(
      'InvalidParameterValueException',
      `The parameter ${at}.Timestamp must specify a time ${tooOld ? 'no more than two weeks in the past' : 'no more than two hours in the future'}.`,
    );
  }
  return timestampMs;
}

function checkedResolution(resolution: number | undefined, at: string): 1 | 60 {
  if (resolution === undefined || resolution === 60) return 60;
  if (resolution === 1) return 1;
  throw awsError('InvalidParameterValueException', `The parameter ${at}.StorageResolution must be 1 or 60.`);
}

function checkedValues(datum: WireDatum, at: string): Pick<MetricDatum, 'value' | 'values' | 'counts' | 'statistics'> {
  const check = (value: number | undefined, what: string): number => {
    if (value === undefined || !Number.isFinite(value) || Math.abs(value) > valueMax) {
      throw awsError('InvalidParameterValueException', `The value ${value} for parameter ${at}.${what} is invalid.`);
    }
    return value;
  };
  if (datum.Value !== undefined) return { value: check(datum.Value, 'Value') };
  const set = datum.StatisticValues;
  if (set) {
    return {
      statistics: {
        sampleCount: check(set.SampleCount, 'StatisticValues.SampleCount'),
        sum: check(set.Sum, 'StatisticValues.Sum'),
        minimum: check(set.Minimum, 'StatisticValues.Minimum'),
        maximum: check(set.Maximum, 'StatisticValues.Maximum'),
      },
    };
  }
  const values = datum.Values ?? [];
  if (datum.Counts && datum.Counts.length !== values.length) {
    throw awsError('InvalidParameterValueException', `${at}.Values and ${at}.Counts must have the same length.`);
  }
  if (values.length > 150) {
    throw awsError('InvalidParameterValueException', `The collection ${at}.Values must not have more than 150 values.`);
  }
  return {
    values: values.map((value) => check(value, 'Values')),
    ...(datum.Counts ? { counts: datum.Counts.map((count) => check(count, 'Counts')) } : {}),
  };
}
