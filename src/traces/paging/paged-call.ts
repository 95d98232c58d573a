import { createHash } from 'node:crypto';
import { awsError } from '../../wire/aws/aws-error.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';

/** Where the page before ended. */
export interface PagePosition extends PageMoment {
  /** What its last item is sorted by. */
  readonly after: string;
  /** What the first page said of all of them. */
  readonly processed?: number;
}

/** Epoch milliseconds of the first page: what was stored then, and what time it was. */
export interface PageMoment {
  readonly asOfMs?: number;
  readonly nowMs?: number;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** Goes into the answer as it is; without a token on the last page. */
  readonly next: { readonly NextToken?: string };
}

interface PagedInput {
  readonly NextToken?: string | undefined;
  readonly MaxResults?: number | undefined;
}

const sumLength = 12;
/** A token of GetGroups or ListResourcePolicies may have 100 characters, a policy's name 128. */
const keyLengthMax = 44;
const keyHeadLength = 28;
/**
 * Grafana halves its sampling value from page to page; how many items a page has may change, too. And who asks for the
 * last hour in a loop asks for another hour each time: items are in the order of their keys whatever the range is.
 */
const unbound: ReadonlySet<string> = new Set([
  'NextToken',
  'MaxResults',
  'Sampling',
  'SamplingStrategy',
  'StartTime',
  'EndTime',
]);

/** What pages of every operation with a NextToken are cut by. `pageSizeMax` makes pages smaller than they usually are. */
export class Paging {
  private readonly pageSizeMax: number;

  constructor(pageSizeMax = Number.POSITIVE_INFINITY) {
    this.pageSizeMax = pageSizeMax;
  }

  /** A call that asks for a page of at most `sizeMax` items. Throws InvalidRequestException for a token of another call. */
  open(operation: string, input: PagedInput, { account, region }: AccountRegion, sizeMax: number): PagedCall {
    const asked = Object.entries(input).filter(([name, value]) => !unbound.has(name) && value !== undefined);
    const request = JSON.stringify([operation, account, region, asked.sort(([a], [b]) => (a < b ? -1 : 1))]);
    const size = Math.min(sizeMax, input.MaxResults ?? sizeMax, this.pageSizeMax);
    return new PagedCall(request, input.NextToken, size);
  }
}

/** One page of a walk. Its token says where the page ended, and holds for the same question only. */
export class PagedCall {
  /** Items on this page at most. */
  readonly size: number;
  /** Undefined on the first page. */
  readonly position: PagePosition | undefined;
  private readonly request: string;

  constructor(request: string, token: string | undefined, size: number) {
    this.request = request;
    this.size = size;
    this.position = token ? readToken(request, token) : undefined;
  }

  /**
   * The next items by the order of their keys, which are unique; on the page they stand as they were given. Whatever is
   * added or removed between two pages, every other item comes exactly once.
   */
  cut<Item>(items: readonly Item[], keyOf: (item: Item) => string, moment: PageMoment = {}): Page<Item> {
    const keys = items.map((item) => shorten(keyOf(item)));
    const after = this.position?.after;
    const left = [...new Set(keys)].filter((key) => after === undefined || key > after).sort();
    const chosen = new Set(left.slice(0, this.size));
    const last = left[chosen.size - 1];
    return {
      items: items.filter((_, index) => chosen.has(keys[index]!)),
      next: last !== undefined && left.length > chosen.size ? this.next({ after: last, ...moment }) : {},
    };
  }

  /** The token of the page after one that ends here. */
  next(position: PagePosition): { NextToken: string } {
    const text = Buffer.from(JSON.stringify(position)).toString('base64url');
    return { NextToken: `${checksum(this.request, text)}${text}` };
  }
}

/** Sorts later times first. */
export const newestFirstKey = (ms: number): string => String(1e15 - ms).padStart(16, '0');

function readToken(request: string, token: string): PagePosition {
  const text = token.slice(sumLength);
  try {
    const position: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    if (token.slice(0, sumLength) === checksum(request, text) && isPosition(position)) return position;
  } catch {
    // Answered below, as any other text that is no token of this call.
  }
  throw awsError('InvalidRequestException', 'NextToken is invalid.');
}

/** Anyone can make a checksum: what it stands for is looked at all the same. */
function isPosition(value: unknown): value is PagePosition {
  if (typeof value !== 'object' || value === null) return false;
  const { after, asOfMs = 0, nowMs = 0, processed = 0 } = value as Record<string, unknown>;
  return typeof after === 'string' && [asOfMs, nowMs, processed].every(isCount);
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) < 1e13;

const checksum = (request: string, text: string): string =>
  createHash('sha256').update(`${request}\n${text}`).digest('base64url').slice(0, sumLength);

/** Long keys that begin alike are sorted by their hashes: any order does that stays the same. */
function shorten(key: string): string {
  if (key.length <= keyLengthMax) return key;
  const hash = createHash('sha256').update(key).digest('base64url');
  return key.slice(0, keyHeadLength) + hash.slice(0, keyLengthMax - keyHeadLength);
}
