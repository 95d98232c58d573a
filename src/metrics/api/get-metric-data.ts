import type {
  GetMetricDataCommandInput,
  GetMetricDataCommandOutput,
  MetricDataResult,
} from '@aws-sdk/client-cloudwatch';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import type { Metrics } from '../index.ts';
import { type DataResult, validationError } from '../read-data.ts';
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
    if (!start || !end) throw validationError('StartTime and EndTime are required.');
    if (start > end) throw validationError('The parameter EndTime must be greater than StartTime.');
    if (start.getTime() === end.getTime()) {
      throw validationError('The parameter StartTime must not equal parameter EndTime.');
    }
    if (queries.length > queriesMax) {
      throw validationError(`MetricDataQueries must not have more than ${queriesMax} items.`);
    }
    const ids = new Set<string | undefined>();
    for (const [index, query] of queries.entries()) {
      if ((query.MetricStat === undefined) === (query.Expression === undefined)) {
        throw validationError(`MetricDataQueries.member.${index + 1} needs MetricStat or Expression, not both.`);
      }
      if (ids.has(query.Id)) throw validationError(`The value ${query.Id} for parameter Id is used more than once.`);
      ids.add(query.Id);
    }
    const results = await readData(context, queries, start, end);
    return page(results, input);
  };

const isPosition = (token: { skip?: unknown }): token is { skip: number } =>
  Number.isSafeInteger(token.skip) && Number(token.skip) >= 0;

/** Datapoints in the order asked for, newest first by default, cut into pages of MaxDatapoints over all results. */
function page(
  results: readonly DataResult[],
  input: GetMetricDataCommandInput,
): { MetricDataResults: MetricDataResult[]; NextToken?: string; Messages: [] } {
  const skip = input.NextToken === undefined ? 0 : decodePageToken(input.NextToken, isPosition).skip;
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
