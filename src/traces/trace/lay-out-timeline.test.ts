import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { layOutTimeline } from './lay-out-timeline.ts';
import { type TimelinePart, timelineFlags } from './timeline-part.ts';

const part = (id: string, parentId: string, more: Partial<TimelinePart> = {}): TimelinePart => ({
  id,
  parentId,
  name: id,
  isSegment: parentId === '',
  startMicros: 0,
  endMicros: 10,
  inProgress: false,
  fault: false,
  error: false,
  throttle: false,
  hasException: false,
  target: undefined,
  ...more,
});

const table = { name: 'orders', type: 'AWS::DynamoDB::Table', isAws: true };
const host = { name: 'shop.local', type: 'remote', isAws: false };

describe('a timeline', () => {
  test('has each row after its parent, siblings by start, times from the beginning', () => {
    const { rows, startMicros, endMicros } = layOutTimeline([
      part('c', 'a', { startMicros: 107, endMicros: 108 }),
      part('b', 'a', { startMicros: 101, endMicros: 105 }),
      part('d', 'b', { startMicros: 102, endMicros: 103 }),
      part('a', '', { startMicros: 100, endMicros: 110 }),
    ]);
    expect(rows.id).toEqual(['a', 'b', 'd', 'c']);
    expect(rows.parent).toEqual([-1, 0, 1, 0]);
    expect(rows.start).toEqual([0, 1, 2, 7]);
    expect(rows.duration).toEqual([10, 4, 1, 1]);
    expect([startMicros, endMicros]).toEqual([100, 110]);
  });

  test('knows the service of each row, and what answered its calls', () => {
    const { rows, names, callees } = layOutTimeline([
      part('web', ''),
      part('put', 'web', { target: table }),
      part('inside', 'put', { target: host }),
      part('call', 'web', { target: host }),
      part('shop', 'call', { isSegment: true }),
      part('work', 'shop'),
    ]);
    const of = (id: string) => rows.id.indexOf(id);
    expect(['put', 'inside', 'work'].map((id) => names[rows.service[of(id)]!])).toEqual(['web', 'web', 'shop']);
    expect(rows.callee[of('put')]).toBe(0);
    expect(callees).toEqual([{ name: 'orders', type: 'AWS::DynamoDB::Table' }]);
    expect([rows.callee[of('inside')], rows.callee[of('call')]]).toEqual([-1, -1]);
    expect(rows.flags[of('put')]! & timelineFlags.call).toBeTruthy();
  });

  test('lets what is in progress run to the end of the trace', () => {
    const { rows } = layOutTimeline([
      part('a', ''),
      part('b', 'a', { startMicros: 4, endMicros: 4, inProgress: true }),
    ]);
    expect(rows.duration).toEqual([10, 6]);
    expect(rows.flags[1]! & timelineFlags.inProgress).toBeTruthy();
  });

  test('takes the complete version, then the later one', () => {
    const { rows } = layOutTimeline([
      part('a', '', { endMicros: 5 }),
      part('a', '', { endMicros: 7 }),
      part('a', '', { endMicros: 99, inProgress: true }),
    ]);
    expect(rows.duration).toEqual([7]);
  });

  test('shows orphans, circles and parents of themselves once each', () => {
    const { rows } = layOutTimeline([part('orphan', 'gone'), part('x', 'y'), part('y', 'x'), part('self', 'self')]);
    expect([...rows.id].sort()).toEqual(['orphan', 'self', 'x', 'y']);
    expect(rows.parent.filter((parent) => parent < 0)).toHaveLength(3);
  });

  test('survives a nesting of a hundred thousand', () => {
    const parts = Array.from({ length: 100_000 }, (_, index) => part(`${index}`, index === 0 ? '' : `${index - 1}`));
    expect(layOutTimeline(parts).rows.parent.at(-1)).toBe(99_998);
  });

  test('is the same whatever the order of its parts, and every parent comes first', () => {
    const parts = fc.array(
      fc.record({
        id: fc.integer({ min: 0, max: 12 }),
        parent: fc.integer({ min: 0, max: 12 }),
        start: fc.integer({ min: 0, max: 5 }),
        inProgress: fc.boolean(),
      }),
      { minLength: 1, maxLength: 15 },
    );
    const shuffled = parts.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
    );
    fc.assert(
      fc.property(shuffled, ([all, other]) => {
        const make = (list: typeof all) =>
          list.map(({ id, parent, start, inProgress }) =>
            part(`${id}`, `${parent}`, { startMicros: start, endMicros: start + 1, inProgress }),
          );
        const one = layOutTimeline(make(all));
        expect(new Set(one.rows.id).size).toBe(one.rows.id.length);
        for (const [row, parent] of one.rows.parent.entries()) expect(parent).toBeLessThan(row);
        expect(layOutTimeline(make([...other, ...all]))).toEqual(one);
      }),
    );
  });
});
