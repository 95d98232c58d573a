import { expect, test } from 'vitest';
import { layOutTrace } from './lay-out-trace.ts';

test('a called segment stands below the subsegment that called it, whatever the order of arrival', () => {
  const rows = layOutTrace([
    { id: 'b', name: 'backend1', parent_id: 'call', start_time: 1.1, end_time: 1.2, fault: true },
    {
      id: 'a',
      name: 'bff',
      start_time: 1,
      end_time: 2,
      subsegments: [
        { id: 'later', name: 'second call', start_time: 1.5, end_time: 1.6 },
        { id: 'call', name: 'first call', start_time: 1.05, end_time: 1.3 },
      ],
    },
    { id: 'x', name: 'orphan', parent_id: 'unknown', start_time: 1.7 },
  ]);
  expect(rows.map((row) => [row.depth, row.name, row.outcome])).toEqual([
    [0, 'bff', 'ok'],
    [1, 'first call', 'ok'],
    [2, 'backend1', 'fault'],
    [1, 'second call', 'ok'],
    [0, 'orphan', 'running'],
  ]);
});

test('marks what the response waited for, and not what ran beside it', () => {
  const rows = layOutTrace([
    {
      id: 'a',
      name: 'bff',
      start_time: 0,
      end_time: 5,
      subsegments: [
        { id: 'b', name: 'quick', start_time: 0.1, end_time: 1 },
        { id: 'c', name: 'slow', start_time: 0.2, end_time: 4.9 },
      ],
    },
  ]);
  expect(rows.map((row) => [row.name, row.critical])).toEqual([
    ['bff', true],
    ['quick', false],
    ['slow', true],
  ]);
});

test('folds leaves that look the same, survives circles and a nesting of ten thousand', () => {
  const queries = Array.from({ length: 40 }, (_, index) => ({
    id: `q${index}`,
    name: 'SELECT',
    start_time: index,
    end_time: index + 1,
  }));
  const folded = layOutTrace([{ id: 'a', name: 'web', start_time: 0, end_time: 40, subsegments: queries }]);
  expect(folded.map((row) => [row.name, row.documents.length, row.end])).toEqual([
    ['web', 1, 40],
    ['SELECT', 40, 40],
  ]);
  const circle = (id: string, parent_id: string) => ({ id, name: id, parent_id, start_time: 0, end_time: 1 });
  expect(layOutTrace([circle('x', 'y'), circle('y', 'x')])).toHaveLength(2);
  let deep: Parameters<typeof layOutTrace>[0][number] = { id: 'd0', name: 'd', start_time: 0, end_time: 1 };
  for (let level = 1; level < 10_000; level += 1) {
    deep = { id: `d${level}`, name: 'd', start_time: 0, end_time: 1, subsegments: [deep] };
  }
  expect(layOutTrace([deep])).toHaveLength(10_000);
});
