import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { awsError } from '../../wire/aws/aws-error.ts';
import type { Handlers } from '../../wire/aws/service-table.ts';
import { decodeEventId, type EventPosition, encodeEventId } from '../event-id.ts';
import { parseFilterPattern } from '../filter/filter-pattern.ts';
import type { StoredLogEvent } from '../index.ts';
import { type EventRange, positionOf, readEvents } from '../read-events.ts';
import { noSuchStream } from '../store.ts';
import { groupNameOf, type LogsDependencies, oldestKeptMs } from './shared.ts';

type FilterLogEvents = Pick<Handlers<typeof import('@aws-sdk/client-cloudwatch-logs')>, 'FilterLogEvents'>;
type Input = Parameters<NonNullable<FilterLogEvents['FilterLogEvents']>>[0];

const eventsMax = 10_000;
const pageBytesMax = 1_048_576;
/** A page ends when it has looked at this much, found or not; its token goes on from there. */
const scanBytesMax = 64 * 1_048_576;
const scanMs = 5_000;
/** Others get their turn after this much was looked at: an expression takes its time with each character. */
const turnBytes = 64 * 1024;
const chunk = { eventsMax: 10_000, bytesMax: 8 * 1_048_576, newestFirst: false };

export function filterLogEventsOperation({ store, telemetry, clock }: LogsDependencies): FilterLogEvents {
  return {
    async FilterLogEvents(input, context) {
      if (input.logStreamNames && input.logStreamNamePrefix !== undefined) {
        const text = 'LogStreamName prefix and LogStreamNames are mutually exclusive parameters.';
        throw awsError('InvalidParameterException', text);
      }
      if (input.startTime !== undefined && input.endTime !== undefined && input.startTime > input.endTime) {
        throw awsError('InvalidParameterException', 'startTime must not be later than endTime.');
      }
      const group = await store.getGroup(context, groupNameOf(input, context));
      for (const stream of input.logStreamNames ?? []) {
        if (!(await store.findStream(context, group.name, stream))) throw noSuchStream();
      }
      const pattern = parseFilterPattern(input.filterPattern ?? '');
      const fingerprint = fingerprintOf(input, group.name);
      const range: EventRange = {
        account: context.account,
        region: context.region,
        logGroupName: group.name,
        logStreamNames: input.logStreamNames,
        logStreamNamePrefix: input.logStreamNamePrefix,
        startMs: Math.max(input.startTime ?? 0, oldestKeptMs(group, clock.now().getTime()) ?? 0),
        // Both ends are inclusive here, unlike in GetLogEvents.
        endMs: input.endTime === undefined ? undefined : input.endTime + 1,
        containing: pattern.requiredTexts,
      };

      const found: StoredLogEvent[] = [];
      const limit = input.limit ?? eventsMax;
      const deadlineMs = clock.monotonicMs() + scanMs;
      let after: EventPosition | undefined =
        input.nextToken === undefined ? undefined : parseToken(input.nextToken, fingerprint);
      let foundBytes = 0;
      let scannedBytes = 0;
      let sinceTurnBytes = 0;
      for (;;) {
        // Without a pattern every event counts, so no more than the page is read.
        const rest = limit - found.length;
        const eventsWanted = input.filterPattern ? chunk.eventsMax : Math.min(rest, chunk.eventsMax);
        const events = await readEvents(
          telemetry,
          { ...range, after },
          { ...chunk, eventsMax: eventsWanted },
          context.signal,
        );
        for (const event of events) {
          const bytes = Buffer.byteLength(event.message) + 26;
          const matches = pattern.match(event.message) !== undefined;
          if (matches && found.length > 0 && foundBytes + bytes > pageBytesMax) return answer(after);
          after = positionOf(event);
          scannedBytes += bytes;
          sinceTurnBytes += bytes;
          if (matches) {
            found.push(event);
            foundBytes += bytes;
          }
          if (found.length === limit || clock.monotonicMs() >= deadlineMs) return answer(after);
          if (sinceTurnBytes < turnBytes) continue;
          sinceTurnBytes = 0;
          await nextTurn();
          context.signal.throwIfAborted();
        }
        if (events.length === 0) return answer(undefined);
        if (scannedBytes >= scanBytesMax || clock.monotonicMs() >= deadlineMs) return answer(after);
      }

      function answer(next: EventPosition | undefined) {
        return {
          events: found.map((event) => ({
            logStreamName: event.logStreamName,
            timestamp: event.timestampMs,
            message: event.message,
            ingestionTime: event.ingestionTimeMs,
            eventId: event.eventId,
          })),
          searchedLogStreams: [],
          ...(next && { nextToken: `${fingerprint}${encodeEventId(next)}` }),
        };
      }
    },
  };
}

/** A token belongs to the search that it came from. */
function fingerprintOf(input: Input, group: string): string {
  const { logStreamNames, logStreamNamePrefix, startTime, endTime, filterPattern } = input;
  return createHash('sha256')
    .update(JSON.stringify([group, logStreamNames, logStreamNamePrefix, startTime, endTime, filterPattern ?? '']))
    .digest('hex')
    .slice(0, 16);
}

function parseToken(token: string, fingerprint: string): EventPosition {
  const position = token.startsWith(fingerprint) ? decodeEventId(token.slice(fingerprint.length)) : undefined;
  if (!position) throw awsError('InvalidParameterException', 'The specified nextToken is invalid.');
  return position;
}
