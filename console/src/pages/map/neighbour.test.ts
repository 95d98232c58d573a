import { describe, expect, it } from 'vitest';
import { neighbourOf } from './neighbour.ts';

const positions = new Map([
  ['bff', { x: 0, y: 100 }],
  ['backend1', { x: 250, y: 0 }],
  ['backend2', { x: 250, y: 180 }],
  ['table', { x: 500, y: 100 }],
]);

describe('arrow keys on the map', () => {
  it('lead to what lies on that side, and nowhere where nothing lies', () => {
    expect(neighbourOf('backend1', 'ArrowDown', positions)).toBe('backend2');
    expect(neighbourOf('backend1', 'ArrowLeft', positions)).toBe('bff');
    expect(neighbourOf('bff', 'ArrowRight', positions)).toBe('backend2');
    expect(neighbourOf('bff', 'ArrowLeft', positions)).toBeUndefined();
    expect(neighbourOf('bff', 'Enter', positions)).toBeUndefined();
    expect(neighbourOf('gone', 'ArrowUp', positions)).toBeUndefined();
  });
});
