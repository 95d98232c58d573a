import { expect, test } from 'vitest';
import { placeMarks } from './place-marks.ts';

const window = { from: 10, to: 20 };
const at = (from: number, to = from) => ({ from, to });
const place = (...stretches: { from: number; to: number }[]) => placeMarks(stretches, (one) => one, window);

test('what lies in the window gets its place, what lies outside none, and what reaches in begins at the edge', () => {
  expect(place(at(15), at(9), at(21), at(5, 11)).map(({ share, width }) => [share, width])).toEqual([
    [0, 0.1],
    [0.5, 0],
  ]);
});

test('a hundred thousand become two hundred marks that forget none of them', () => {
  const many = Array.from({ length: 100_000 }, (_, index) => at(10 + index / 10_000));
  const marks = place(...many.slice(0, 50_000), ...many.slice(50_000));
  expect(marks.length).toBeLessThanOrEqual(201);
  expect(marks.reduce((sum, { items }) => sum + items.length, 0)).toBe(100_000);
});

test('a moment has no place in a window without length', () => {
  expect(placeMarks([at(Number.NaN)], (one) => one, window)).toEqual([]);
});
