import { describe, expect, test } from 'vitest';
import { taskBehind } from './task-behind.ts';

const front = { cluster: 'shop', task: 'a', group: 'service:front' };
const back = { cluster: 'shop', task: 'b', group: 'service:back' };
const otherBack = { cluster: 'shop', task: 'c', group: 'service:back' };

describe('taskBehind', () => {
  test('an address of its own names its task, whatever the services', () => {
    expect(taskBehind([front], [])).toBe(front);
    expect(taskBehind([], [])).toBeUndefined();
  });

  test('of tasks that share an address it is the one whose service uses the target group', () => {
    expect(taskBehind([front, back], [{ cluster: 'shop', service: 'back' }])).toBe(back);
    expect(taskBehind([front, back], [{ cluster: 'other', service: 'back' }])).toBeUndefined();
  });

  test('two tasks of that service at one address cannot be told apart', () => {
    expect(taskBehind([front, back, otherBack], [{ cluster: 'shop', service: 'back' }])).toBeUndefined();
  });
});
