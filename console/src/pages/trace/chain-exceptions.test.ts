import { expect, test } from 'vitest';
import { chainExceptions } from './chain-exceptions.ts';
import type { TraceException } from './trace-document.ts';

const nothing = { exceptions: {}, thrownIn: {} };
const types = (chains: ReturnType<typeof chainExceptions>) =>
  chains.map((chain) => chain.map(({ exception }) => exception.type));

test('what caused an exception stands below it, whatever the order they were sent in', () => {
  const exceptions: TraceException[] = [
    { id: 'c', type: 'Timeout' },
    { id: 'a', type: 'OrderFailed', cause: 'b' },
    { id: 'x', type: 'Other' },
    { id: 'b', type: 'QueryFailed', cause: 'c' },
  ];
  expect(types(chainExceptions({ id: 'part', cause: { exceptions } }, nothing))).toEqual([
    ['OrderFailed', 'QueryFailed', 'Timeout'],
    ['Other'],
  ]);
});

test('a cause of another part is fetched from there, and one that nobody sent is said to be missing', () => {
  const elsewhere = {
    exceptions: { r: { id: 'r', type: 'Remote', cause: 's' } },
    thrownIn: { r: 'other', s: 'nowhere' },
  };
  const cause = { exceptions: [{ id: 'a', type: 'Local', cause: 'r' }] };
  expect(chainExceptions({ id: 'part', cause }, elsewhere)).toEqual([
    [
      { exception: cause.exceptions[0], thrownIn: undefined, causeMissing: false },
      { exception: elsewhere.exceptions.r, thrownIn: 'other', causeMissing: true },
    ],
  ]);
  expect(types(chainExceptions({ id: 'part', cause: 'r' }, elsewhere))).toEqual([['Remote']]);
  expect(chainExceptions({ id: 'part', cause: 'constructor' }, elsewhere)).toEqual([]);
});

test('circles end, and nothing is shown twice', () => {
  const exceptions = [
    { id: 'a', type: 'A', cause: 'b' },
    { id: 'b', type: 'B', cause: 'a' },
    { id: 'c', type: 'C', cause: 'c' },
  ];
  expect(types(chainExceptions({ id: 'part', cause: { exceptions } }, nothing))).toEqual([['A', 'B'], ['C']]);
});

test('whatever somebody sent becomes text or is left out', () => {
  const odd = [null, 7, { type: 5, message: { a: 1 }, stack: [null, { line: 'x', path: {} }] }];
  const cause = { exceptions: odd } as never;
  expect(chainExceptions({ id: 'part', cause }, nothing)).toEqual([
    [
      {
        exception: { type: '5', message: '{"a":1}', stack: [{ path: '{}', line: 0, label: '' }] },
        thrownIn: undefined,
        causeMissing: false,
      },
    ],
  ]);
});

test('a message alone is an exception without a name', () => {
  expect(chainExceptions({ id: 'part', cause: { message: 'no' } }, nothing)[0]?.[0]?.exception.message).toBe('no');
  expect(chainExceptions({ id: 'part', cause: undefined }, nothing)).toEqual([]);
});
