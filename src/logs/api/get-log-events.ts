import { awsError } from '../../wire/aws/aws-error.ts';
import type { Handlers } from '../../wire/aws/service-table.ts';
import { decodeEventId, type EventPosition, encodeEventId } from '../event-id.ts';
import { positionOf, readEvents } from '../read-events.ts';
import { groupNameOf, type LogsDependencies, oldestKeptMs } from './shared.ts';

type GetLogEvents = Pick<Handlers<typeof import('@aws-sdk/client-cloudwatch-logs')>, 'GetLogEvents'>;

const eventsMax = 10_000;
const bytesMax = 1_048_576;
const beginning: EventPosition = { timestampMs: 0, sequence: 0n };

interface Token {
  readonly direction: 'f' | 'b';
  readonly position: EventPosition;
}

export function getLogEventsOperation({ store, telemetry, clock }: LogsDependencies): GetLogEvents {
  return {
    async GetLogEvents(input, context) {
      const group = await store.getGroup(context, groupNameOf(input, context));
      await store.getStream(context, group.name, input.logStreamName!);
      const token = input.nextToken === undefined ? undefined : parseToken(input.nextToken);
      const newestFirst = token ? token.direction === 'b' : !input.startFromHead;
      const kept = oldestKeptMs(group, clock.now().getTime());
      const read = await readEvents(
        telemetry,
        {
          account: context.account,
          region: context.region,
          logGroupName: group.name,
          logStreamNames: [input.logStreamName!],
          startMs: Math.max(input.startTime ?? 0, kept ?? 0),
          endMs: input.endTime,
          ...(token?.direction === 'f' && { after: token.position }),
          ...(token?.direction === 'b' && { before: token.position }),
        },
        { eventsMax: input.limit ?? eventsMax, bytesMax, newestFirst },
        context.signal,
      );
      const events = newestFirst ? read.reverse() : read;
      // An empty page gives back the token that was sent, in both directions: that is how clients see the end.
      const first = events[0] ? positionOf(events[0]) : (token?.position ?? beginning);
      const last = events.length > 0 ? positionOf(events.at(-1)!) : (token?.position ?? beginning);
      return {
        events: events.map(({ timestampMs, message, ingestionTimeMs }) => ({
          timestamp: timestampMs,
          message,
          ingestionTime: ingestionTimeMs,
        })),
        nextForwardToken: formatToken({ direction: 'f', position: last }),
        nextBackwardToken: formatToken({ direction: 'b', position: first }),
      };
    },
  };
}

const formatToken = ({ direction, position }: Token) => `${direction}/${encodeEventId(position)}/s`;

function parseToken(text: string): Token {
  const [, direction, id] = /^([fb])\/(\d{56})\/s$/.exec(text) ?? [];
  const position = id && decodeEventId(id);
  if (!position) throw awsError('InvalidParameterException', 'The specified nextToken is invalid.');
  return { direction: direction as Token['direction'], position };
}
