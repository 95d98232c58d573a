import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type PagePosition, Paging } from './paged-call.ts';

const scope = { account: '000000000000', region: 'us-east-1' };
const refused = expect.objectContaining({ code: 'InvalidRequestException', message: 'NextToken is invalid.' });

/** Walks a list that `change` alters before each page. */
function walk(size: number, lists: readonly (readonly string[])[]): string[] {
  const paging = new Paging(size);
  const seen: string[] = [];
  let NextToken: string | undefined;
  for (let page = 0; page === 0 || NextToken; page += 1) {
    const list = lists[Math.min(page, lists.length - 1)]!;
    const call = paging.open('GetGroups', NextToken ? { NextToken } : {}, scope, 100);
    const { items, next } = call.cut(list, (item) => item);
    expect(items.length).toBeLessThanOrEqual(size);
    expect(items).toEqual(list.filter((item) => items.includes(item)));
    expect((next.NextToken ?? '').length).toBeLessThanOrEqual(2000);
    seen.push(...items);
    ({ NextToken } = next);
  }
  return seen;
}

test('whatever comes and goes between two pages, what stays comes once and nothing comes twice', () => {
  const name = fc
    .tuple(fc.constantFrom('', 'long'.repeat(12)), fc.string({ unit: 'binary', maxLength: 3 }))
    .map(([head, tail]) => head + tail);
  const lists = fc.array(fc.uniqueArray(name, { maxLength: 12 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 4 }),
      fc.uniqueArray(name, { maxLength: 12 }),
      lists,
      (size, kept, others) => {
        const seen = walk(
          size,
          others.map((list) => [...new Set([...list, ...kept])]),
        );
        expect(new Set(seen).size).toBe(seen.length);
        expect(kept.filter((item) => !seen.includes(item))).toEqual([]);
      },
    ),
  );
});

test('long names that begin alike are told apart by tokens of a hundred characters', () => {
  const names = Array.from({ length: 30 }, (_, index) => `${'policy-'.repeat(17)}${index}`);
  const paging = new Paging(1);
  const call = paging.open('ListResourcePolicies', {}, scope, 100);
  expect(call.cut(names, (name) => name).next.NextToken!.length).toBeLessThanOrEqual(100);
  expect(walk(1, [names]).sort()).toEqual([...names].sort());
});

test('a page has as many items as the least of what the operation, the caller and the settings allow', () => {
  const list = Array.from({ length: 9 }, (_, index) => String(index));
  const sizeOf = (paging: Paging, input: { MaxResults?: number }) =>
    paging.open('GetInsightSummaries', input, scope, 5).cut(list, (item) => item).items.length;
  expect(sizeOf(new Paging(), {})).toBe(5);
  expect(sizeOf(new Paging(), { MaxResults: 3 })).toBe(3);
  expect(sizeOf(new Paging(), { MaxResults: 7 })).toBe(5);
  expect(sizeOf(new Paging(2), { MaxResults: 3 })).toBe(2);
});

const asked: { NextToken?: string; StartTime: Date; EndTime: Date; FilterExpression: string } = {
  StartTime: new Date(1_000_000),
  EndTime: new Date(2_000_000),
  FilterExpression: 'ok',
};

test('a token holds for the question that it came with, in whatever order, sampled or not, and while time goes on', () => {
  const paging = new Paging();
  const position = { after: 'x', asOfMs: 5, nowMs: 6, processed: 7 };
  const { NextToken } = paging.open('GetTraceSummaries', asked, scope, 100).next(position);
  const { StartTime, ...rest } = { ...asked, EndTime: new Date(2_000_500) };
  const again = {
    ...rest,
    Sampling: true,
    SamplingStrategy: { Value: 0.5 },
    NextToken,
    StartTime,
    GroupName: undefined,
  };
  expect(paging.open('GetTraceSummaries', again, scope, 100).position).toEqual(position);
  const others: [string, object, typeof scope][] = [
    ['GetServiceGraph', asked, scope],
    ['GetTraceSummaries', { ...asked, FilterExpression: 'fault' }, scope],
    ['GetTraceSummaries', asked, { ...scope, account: '111111111111' }],
    ['GetTraceSummaries', asked, { ...scope, region: 'eu-west-1' }],
  ];
  for (const [operation, input, of] of others) {
    expect(() => paging.open(operation, { ...input, NextToken }, of, 100)).toThrow(refused);
  }
});

test('a token with any other text in it is refused', () => {
  const paging = new Paging();
  const { NextToken } = paging.open('GetTraceSummaries', asked, scope, 100).next({ after: 'x', asOfMs: 5 });
  const read = (token: string) => paging.open('GetTraceSummaries', { ...asked, NextToken: token }, scope, 100);
  for (let index = 0; index < NextToken.length; index += 1) {
    const other = NextToken[index] === 'A' ? 'B' : 'A';
    expect(() => read(NextToken.slice(0, index) + other + NextToken.slice(index + 1))).toThrow(refused);
    if (index > 0) expect(() => read(NextToken.slice(0, index))).toThrow(refused);
  }
  expect(() => read(`${NextToken}A`)).toThrow(refused);
});

test.each([
  {},
  { after: 1 },
  { after: 'x', asOfMs: -1 },
  { after: 'x', nowMs: 9e15 },
  { after: 'x', processed: '7' },
  null,
])('a token that somebody made up is refused: %j', (position) => {
  const paging = new Paging();
  const { NextToken } = paging.open('GetGroups', {}, scope, 100).next(position as PagePosition);
  expect(() => paging.open('GetGroups', { NextToken }, scope, 100)).toThrow(refused);
});
