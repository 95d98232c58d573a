import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cellWidth, cut, fit, wrap } from './fit.ts';

test('characters of Japanese take two cells, accents none', () => {
  expect(['abc', '注文', 'e\u0301', '🚀'].map(cellWidth)).toEqual([3, 4, 1, 2]);
  expect([fit('注文を確定', 7), fit('ab', 4), fit('ab', 4, 'right')]).toEqual(['注文を…', 'ab  ', '  ab']);
});

test('a line that fits is not touched, others are broken between words and within long ones', () => {
  expect(wrap('a  b\n\tc', 20, '  ')).toEqual(['  a  b', '  \tc']);
  expect(wrap('one two three four', 12, '  ')).toEqual(['  one two', '  three four']);
  expect(wrap('x'.repeat(25), 10, '')).toEqual(['xxxxxxxxxx', 'xxxxxxxxxx', 'xxxxx']);
});

test('nothing is ever wider than asked, and no letter is lost', () => {
  const text = fc.string({ unit: fc.constantFrom('a', ' ', '注', '文', 'é', '🚀', '-') });
  fc.assert(
    fc.property(text, fc.integer({ min: 10, max: 60 }), (value, cells) => {
      expect(cellWidth(cut(value, cells))).toBeLessThanOrEqual(cells);
      expect(cellWidth(fit(value, cells))).toBe(cells);
      const lines = wrap(value, cells, '');
      for (const line of lines) expect(cellWidth(line)).toBeLessThanOrEqual(cells);
      expect(lines.join('').replace(/\s/g, '')).toBe(value.replace(/\s/g, ''));
    }),
  );
});
