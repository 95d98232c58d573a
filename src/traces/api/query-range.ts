import { awsError } from '../../wire/aws/aws-error.ts';

export interface QueryRange {
  readonly startMs: number;
  readonly endMs: number;
}

/** A time range as every reading operation takes it; as long as the data is kept, not the service's six hours. */
export function readRange(start: Date | undefined, end: Date | undefined): QueryRange {
  if (!start || !end) throw awsError('InvalidRequestException', 'StartTime and EndTime are required.');
  const startMs = start.getTime();
  const endMs = end.getTime();
  if (!Number.isFinite(startMs) || !Number.isFinite(endMs)) {
    throw awsError('InvalidRequestException', 'StartTime and EndTime must be timestamps.');
  }
  if (startMs > endMs) throw awsError('InvalidRequestException', 'StartTime must not be later than EndTime.');
  return { startMs: Math.max(0, startMs), endMs: Math.max(0, endMs) };
}
