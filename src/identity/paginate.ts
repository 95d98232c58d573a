import { awsError } from '../wire/aws/aws-error.ts';

export interface PageRequest {
  readonly Marker?: string | undefined;
  readonly MaxItems?: number | undefined;
}

export interface Page<Item> {
  readonly items: Item[];
  readonly IsTruncated: boolean;
  readonly Marker?: string;
}

/** One page in the order of `keyOf`; the marker names the last item given, so changes in between skip and repeat nothing. */
export function paginate<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  request: PageRequest,
): Page<Item> {
  const after = request.Marker === undefined ? undefined : decodeMarker(request.Marker);
  const rest = items
    .map((item) => ({ item, key: keyOf(item) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .filter(({ key }) => after === undefined || key > after);
  const page = rest.slice(0, request.MaxItems ?? 100);
  const last = page.at(-1);
  return {
    items: page.map(({ item }) => item),
    IsTruncated: page.length < rest.length,
    ...(last && page.length < rest.length && { Marker: encodeMarker(last.key) }),
  };
}

const encodeMarker = (key: string) => Buffer.from(`after:${key}`).toString('base64url');

function decodeMarker(marker: string): string {
  const text = Buffer.from(marker, 'base64url').toString();
  if (!text.startsWith('after:')) throw awsError('InvalidInput', `Invalid Marker: ${marker}`);
  return text.slice('after:'.length);
}
