import { expect, test } from 'vitest';
import { WriteTimes } from './write-times.ts';

const text = (parts: ReturnType<WriteTimes['cut']>) =>
  parts.map(({ bytes, timestampMs }) => [bytes.toString(), timestampMs]);

test('bytes have the time at which they were written, those that nobody noted the time of reading', () => {
  const times = new WriteTimes();
  times.note(13, 100);
  times.note(13, 150);
  times.note(16, 200);
  expect(text(times.cut(10, Buffer.from('abcdefgh'), 900))).toEqual([
    ['abc', 100],
    ['def', 200],
    ['gh', 900],
  ]);
  expect(text(times.cut(18, Buffer.from('ij'), 950))).toEqual([['ij', 950]]);
});

test('what is read in pieces keeps its marks until it is read', () => {
  const times = new WriteTimes();
  times.note(4, 100);
  times.note(8, 200);
  expect(text(times.cut(0, Buffer.from('ab'), 900))).toEqual([['ab', 100]]);
  expect(text(times.cut(2, Buffer.from('cdef'), 900))).toEqual([
    ['cd', 100],
    ['ef', 200],
  ]);
  times.clear();
  expect(text(times.cut(6, Buffer.from('gh'), 900))).toEqual([['gh', 900]]);
});

test('of more changes than can be kept, the last ones share the latest time', () => {
  const times = new WriteTimes();
  for (let end = 1; end <= 1_200; end += 1) times.note(end, end * 10);
  const parts = times.cut(0, Buffer.alloc(1_200), 99_999);
  expect(parts).toHaveLength(1_000);
  expect(parts.at(-1)).toMatchObject({ timestampMs: 12_000 });
  expect(parts.at(-1)!.bytes).toHaveLength(201);
});
