import { describe, expect, it } from 'vitest';
import type { TraceSummary } from '../../api/xray.ts';
import { explainSelection } from './explain-selection.ts';

const task = (id: string) => `arn:aws:ecs:us-east-1:1:task/shop/${id}`;
const trace = (id: string, status: number, taskId: string): TraceSummary => ({
  Id: id,
  Http: { HttpStatus: status, HttpMethod: 'GET' },
  ResourceARNs: [{ ARN: task(taskId) }, { ARN: task(taskId) }],
});

describe('what is different about a selection', () => {
  const slow = [trace('1', 200, 'b'), trace('2', 200, 'b')];
  const rest = [trace('3', 200, 'a'), trace('4', 200, 'a'), trace('5', 404, 'b'), trace('6', 200, 'a')];

  it('is what is more or less frequent in it, the greatest difference first; what is alike is left out', () => {
    const tasks = new Map([
      [task('a'), { service: 'web', definition: 'web:1', deployment: '1', images: ['web@sha256:a'], zone: '' }],
      [task('b'), { service: 'web', definition: 'web:2', deployment: '2', images: ['web@sha256:a'], zone: '' }],
    ]);
    const found = explainSelection(slow, rest, tasks);
    expect(found.map(({ name, text, selected, rest }) => [name, text, selected, rest])).toEqual([
      ['definition', 'web:1', 0, 0.75],
      ['definition', 'web:2', 1, 0.25],
      ['deployment', 'web 1', 0, 0.75],
      ['deployment', 'web 2', 1, 0.25],
      ['task', 'web a', 0, 0.75],
      ['task', 'web b', 1, 0.25],
      ['status', '200', 1, 0.75],
      ['status', '404', 0, 0.25],
    ]);
    expect(found.find((one) => one.text === 'web b')?.condition).toBe(`resource.arn = "${task('b')}"`);
  });

  it('is nothing when there is nothing to compare', () => {
    expect([explainSelection(slow, []), explainSelection([], rest)]).toEqual([[], []]);
  });
});
