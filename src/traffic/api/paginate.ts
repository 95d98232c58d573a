import { awsError } from '../../wire/aws/aws-error.ts';

/** One page of `items` from the place that `marker` names. The marker is opaque to callers: a position, in base64. */
export function paginate<Item>(
  items: readonly Item[],
  marker: string | undefined,
  pageSize: number,
  invalidCode = 'ValidationError',
): { page: Item[]; next: string | undefined } {
  const start = marker === undefined || marker === '' ? 0 : Number(Buffer.from(marker, 'base64').toString());
  if (!Number.isInteger(start) || start < 0) throw awsError(invalidCode, 'The marker is not valid.');
  const end = start + pageSize;
  return {
    page: items.slice(start, end),
    next: end < items.length ? Buffer.from(String(end)).toString('base64') : undefined,
  };
}
