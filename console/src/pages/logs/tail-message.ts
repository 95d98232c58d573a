import type { StoredLogEvent } from '../../api/hatoba.ts';

export interface TailLine {
  key: string;
  timestampMs: number;
  message: string;
  stream: string;
}

/** The lines of one tail message, which is a list of stored events. */
export function readTailMessage(data: unknown): TailLine[] {
  if (!Array.isArray(data)) return [];
  return (data as StoredLogEvent[]).map((event) => ({
    key: event.eventId,
    timestampMs: event.timestampMs,
    message: event.message,
    stream: event.logStreamName,
  }));
}
