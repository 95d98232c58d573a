import { awsError } from '../wire/aws/aws-error.ts';
import type { LogEvent } from './index.ts';

export const batchBytesMax = 1_048_576;
export const eventOverheadBytes = 26;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const tooOldMs = 14 * dayMs;
const tooNewMs = 2 * hourMs;

export interface RejectedEvents {
  expiredLogEventEndIndex?: number;
  tooOldLogEventEndIndex?: number;
  tooNewLogEventStartIndex?: number;
}

export interface PartitionedBatch {
  readonly accepted: LogEvent[];
  readonly rejected: RejectedEvents | undefined;
}

/**
 * What of a PutLogEvents batch is taken. Throws when the batch as a whole is refused: too big, out of order, or its
 * acceptable events span more than a day.
 */
export function partitionBatch(
  events: readonly LogEvent[],
  oldestKeptMs: number | undefined,
  nowMs: number,
): PartitionedBatch {
  assertBatchSize(events);
  for (let index = 1; index < events.length; index += 1) {
    if (events[index]!.timestampMs < events[index - 1]!.timestampMs) {
      const text = 'Log events in a single PutLogEvents request must be in chronological order.';
      throw awsError('InvalidParameterException', text);
    }
  }
  const firstWhere = (accept: (timestampMs: number) => boolean) => {
    const index = events.findIndex((event) => accept(event.timestampMs));
    return index < 0 ? events.length : index;
  };
  const expiredEnd = oldestKeptMs === undefined ? 0 : firstWhere((timestampMs) => timestampMs >= oldestKeptMs);
  const tooOldEnd = firstWhere((timestampMs) => timestampMs >= nowMs - tooOldMs);
  const tooNewStart = firstWhere((timestampMs) => timestampMs > nowMs + tooNewMs);
  const accepted = events.slice(Math.max(expiredEnd, tooOldEnd), tooNewStart);
  if (accepted.length > 0 && accepted.at(-1)!.timestampMs - accepted[0]!.timestampMs > dayMs) {
    const text = 'The batch of log events in a single PutLogEvents request cannot span more than 24 hours.';
    throw awsError('InvalidParameterException', text);
  }
  const rejected: RejectedEvents = {
    ...(expiredEnd > 0 && { expiredLogEventEndIndex: expiredEnd }),
    ...(tooOldEnd > 0 && { tooOldLogEventEndIndex: tooOldEnd }),
    ...(tooNewStart < events.length && { tooNewLogEventStartIndex: tooNewStart }),
  };
  return { accepted, rejected: Object.keys(rejected).length > 0 ? rejected : undefined };
}

function assertBatchSize(events: readonly LogEvent[]): void {
  let total = 0;
  for (const { message } of events) {
    const bytes = Buffer.byteLength(message) + eventOverheadBytes;
    if (bytes > batchBytesMax) {
      const text = `Log event too large: ${bytes} bytes exceeds limit of ${batchBytesMax}`;
      throw awsError('InvalidParameterException', text);
    }
    total += bytes;
  }
  if (total > batchBytesMax) {
    throw awsError('InvalidParameterException', `Upload too large: ${total} bytes exceeds limit of ${batchBytesMax}`);
  }
}
