import type {
  GetMetricDataCommandInput,
  GetMetricDataCommandOutput,
  MetricDataResult,
} from '@aws-sdk/client-cloudwatch';
import { awsError } from '../../wire/aws/aws-error.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import type { Metrics } from '../index.ts';
import type { DataResult } from '../read-data.ts';
import { decodePageToken, encodePageToken } from './page-token.ts';

const datapointsMax = 100_800;
const queriesMax = 500;

export const getMetricData =
  (readData: Metrics['readData']) =>
  async (
    input: GetMetricDataCommandInput,
    context: AccountRegion,
  ): Promise<Omit<GetMetricDataCommandOutput, '$metadata'>> => {
    const queries = input.MetricDataQueries ?? [];
    const [start, end] = [input.StartTime, input.EndTime];
    if (!start || !end) throw awsError('MissingRequiredParameterException', 'StartTime and EndTime are required.');
    if (start >= end) {
      throw awsError(
        'InvalidParameterValueException',
        'The parameter StartTime must be less than the parameter EndTime.',
      );
    }
    if (queries.length > queriesMax) {
      throw awsError(
        'InvalidParameterValueException',
        `MetricDataQueries must not have more than ${queriesMax} items.`,
      );
    }
    for (const [index, query] of queries.entries()) {
      if ((query.MetricStat === undefined) === (query.Expression === undefined)) {
        throw awsError(
          'InvalidParameterCombinationException',
          `MetricDataQueries.member.${index + 1} needs MetricStat or Expression, not both.`,
        );
      }
      if (queries.findIndex((other) => other.Id === query.Id) !== index) {
        throw awsError(
          'InvalidParameterValueException',
          `The value ${query.Id} for parameter Id is used more than once.`,
        );
      }
    }
    const results = await readData(context, queries, start, end);
    return page(results, input);
  };

/** Datapoints in the order asked for, newest first by default, cut into pages of MaxDatapoints over all results. */
function page(
  results: readonly DataResult[],
  input: GetMetricDataCommandInput,
): { MetricDataResults: MetricDataResult[]; NextToken?: string; Messages: [] } {
  const skip = input.NextToken === undefined ? 0 : Number(decodePageToken<{ skip: number }>(input.NextToken).skip);
  const limit = Math.min(input.MaxDatapoints ?? datapointsMax, datapointsMax);
  const descending = input.ScanBy !== 'TimestampAscending';
  let position = 0;
  const output: MetricDataResult[] = [];
  for (const result of results) {
    const ordered = descending ? result.points.toReversed() : result.points;
    const points = ordered.slice(Math.max(skip - position, 0), Math.max(skip + limit - position, 0));
    position += ordered.length;
    const isComplete = position <= skip + limit;
    output.push({
      Id: result.id,
      Label: result.label,
      Timestamps: points.map((point) => new Date(point.timestampMs)),
      Values: points.map((point) => point.value),
      StatusCode: isComplete ? 'Complete' : 'PartialData',
    });
  }
  const more = position > skip + limit;
  return {
    MetricDataResults: output,
    ...(more ? { NextToken: encodePageToken({ skip: skip + limit }) } : {}),
    Messages: [],
  };
}
