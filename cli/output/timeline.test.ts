import { expect, test } from 'vitest';
import { layOutTimeline } from './timeline.ts';

test('a called segment stands below the subsegment that called it, whatever the order of arrival', () => {
  const rows = layOutTimeline([
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
