import { awsError } from '../../wire/aws/aws-error.ts';
import type { Handlers } from '../../wire/aws/service-table.ts';
import { forgetEvents, type StreamStatistics, statisticsByStream } from '../event-statistics.ts';
import { groupArn, type LogStream } from '../model.ts';
import { groupNameOf, type LogsDependencies, page } from './shared.ts';

type LogStreamOperations = Pick<
  Handlers<typeof import('@aws-sdk/client-cloudwatch-logs')>,
  'CreateLogStream' | 'DeleteLogStream' | 'DescribeLogStreams'
>;

export function logStreamOperations({ store, telemetry, clock }: LogsDependencies): LogStreamOperations {
  return {
    async CreateLogStream({ logGroupName, logStreamName }, context) {
      await store.getGroup(context, logGroupName!);
      const stream = { name: logStreamName!, logGroupName: logGroupName!, createdAtMs: clock.now().getTime() };
      if (!(await store.createStream(context, stream))) {
        throw awsError('ResourceAlreadyExistsException', 'The specified log stream already exists');
      }
      return {};
    },
    async DeleteLogStream({ logGroupName, logStreamName }, context) {
      const stream = await store.getStream(context, logGroupName!, logStreamName!);
      await forgetEvents({ store, telemetry }, context, stream.logGroupName, stream.name);
      await store.deleteStream(context, stream.logGroupName, stream.name);
      return {};
    },
    async DescribeLogStreams(input, context) {
      const group = await store.getGroup(context, groupNameOf(input, context));
      const byTime = input.orderBy === 'LastEventTime';
      if (byTime && input.logStreamNamePrefix !== undefined) {
        throw awsError('InvalidParameterException', 'Cannot order by LastEventTime with a logStreamNamePrefix.');
      }
      const streams = await store.listStreams(context, group.name, input.logStreamNamePrefix);
      const statisticsOf = (some: readonly LogStream[]) =>
        statisticsByStream(
          telemetry,
          context,
          group.name,
          some.map((stream) => stream.name),
        );
      const known = byTime ? await statisticsOf(streams) : undefined;
      // Keys are turned round for descending order, so that pages go on after the last key either way.
      const keys = sortKeys(streams, (stream) =>
        byTime
          ? `${String(known?.get(stream.name)?.lastEventMs ?? stream.createdAtMs).padStart(16, '0')}:${stream.name}`
          : stream.name,
      );
      const ordered = input.descending ? [...keys].reverse() : keys;
      const { items, nextToken } = pageOfOrdered(ordered, input);
      const statistics = known ?? (await statisticsOf(items));
      return {
        logStreams: items.map((stream) =>
          describeStream(stream, groupArn(group, group.name), statistics.get(stream.name)),
        ),
        ...(nextToken && { nextToken }),
      };
    },
  };
}

interface Keyed {
  readonly key: string;
  readonly stream: LogStream;
}

const sortKeys = (streams: readonly LogStream[], keyOf: (stream: LogStream) => string): Keyed[] =>
  streams
    .map((stream) => ({ key: keyOf(stream), stream }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));

function pageOfOrdered(
  ordered: readonly Keyed[],
  input: { nextToken?: string | undefined; limit?: number | undefined; descending?: boolean | undefined },
): { items: LogStream[]; nextToken?: string } {
  // Ascending rank keeps the order that was chosen here, whatever the keys are.
  const after = input.nextToken === undefined ? undefined : Buffer.from(input.nextToken, 'base64url').toString();
  if (after !== undefined && !after.startsWith('s:')) {
    throw awsError('InvalidParameterException', 'The specified nextToken is invalid.');
  }
  const last = after?.slice(2);
  const rest = ordered.filter(({ key }) => last === undefined || (input.descending ? key < last : key > last));
  const { items } = page(
    rest.map((each, index) => ({ ...each, rank: String(index).padStart(9, '0') })),
    ({ rank }) => rank,
    {
      limit: input.limit,
    },
  );
  const end = items.at(-1);
  return {
    items: items.map(({ stream }) => stream),
    ...(end && items.length < rest.length && { nextToken: Buffer.from(`s:${end.key}`).toString('base64url') }),
  };
}

function describeStream(stream: LogStream, logGroupArn: string, statistics: StreamStatistics | undefined) {
  return {
    logStreamName: stream.name,
    creationTime: stream.createdAtMs,
    ...(statistics && {
      firstEventTimestamp: statistics.firstEventMs,
      lastEventTimestamp: statistics.lastEventMs,
      lastIngestionTime: statistics.lastIngestionMs,
    }),
    uploadSequenceToken: '49039859593654832',
    arn: `${logGroupArn}:log-stream:${stream.name}`,
    storedBytes: 0,
  };
}
