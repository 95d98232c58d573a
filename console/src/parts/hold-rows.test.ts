import { describe, expect, test } from 'vitest';
import { holdRows } from './hold-rows.ts';

const row = (key: string, value: number) => ({ key, value });
const keyOf = (item: { key: string }) => item.key;

describe('holdRows', () => {
  test('rows stay in their order with their newest values; new ones wait', () => {
    const held = [row('b', 1), row('a', 1)];
    const now = [row('c', 2), row('a', 2), row('b', 2)];
    expect(holdRows(held, now, now, keyOf)).toEqual({ rows: [row('b', 2), row('a', 2)], waiting: 1 });
  });

  test('a row that is gone stays as it was, one that is on another page now is renewed', () => {
    const held = [row('a', 1), row('b', 1)];
    const page = [row('c', 2), row('d', 2)];
    expect(holdRows(held, page, [...page, row('b', 2)], keyOf)).toEqual({
      rows: [row('a', 1), row('b', 2)],
      waiting: 2,
    });
  });
});
