import { expect, test } from 'vitest';
import { formatSeconds, formatShare, safeText } from './style.ts';
import { formatTable } from './table.ts';

test('a table aligns text to the left and numbers to the right', () => {
  expect(
    formatTable(
      ['name', 'calls'],
      [
        ['bff', 1200],
        ['backend1', 7],
      ],
    ),
  ).toBe('name      calls\nbff        1200\nbackend1      7');
});

test('numbers carry three significant digits and a unit', () => {
  expect([0.000012, 0.01234, 5.0249, 125].map(formatSeconds)).toEqual(['12 µs', '12.3 ms', '5.02 s', '2 min 5 s']);
  expect([formatShare(1, 3), formatShare(0, 0)]).toEqual(['33.3 %', '-']);
});

test('escape sequences of others are shown and not sent to the terminal', () => {
  expect(safeText('a\u001b[31mred\u202e')).toBe('a\\u001b[31mred\\u202e');
});
