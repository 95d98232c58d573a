import { expect, it } from 'vitest';
import { buildTrace } from './build-trace.ts';
import { compareTraces } from './compare-traces.ts';
import { standingsOf } from './percentiles.ts';
import { timelineOf } from './timeline.fixture.ts';

const steps = Array.from({ length: 101 }, (_, percent) => percent * 1000);
const trace = (seconds: number) =>
  buildTrace(
    timelineOf([
      {
        id: 'a',
        name: 'web',
        from: 0,
        to: seconds,
        below: [{ id: 'b', name: 'db', kind: 'call', callee: 'orders', from: 0, to: seconds / 2 }],
      },
    ]),
  );

it('finds the place of a row among its like', () => {
  const standings = standingsOf([
    { kind: 'segment', service: 'web', name: 'web', count: 500, micros: steps },
    { kind: 'call', service: 'web', name: 'db', count: 3, micros: steps },
  ]);
  expect(standings(trace(0.0505).rows.get('a')!)).toEqual({
    percent: 51,
    count: 500,
    isSample: false,
    medianSeconds: 0.05,
  });
  expect(standings(trace(9).rows.get('a')!)?.percent).toBe(100);
  // Of three calls nobody can say what is slow.
  expect(standings(trace(9).rows.get('b')!)).toBeUndefined();
});

it('puts what differs most between two traces first, also what only one of them has', () => {
  const other = buildTrace(timelineOf([{ id: 'x', name: 'web', from: 0, to: 0.4 }]));
  const works = compareTraces(trace(4), other);
  expect(works.map(({ name, count, otherCount }) => [name, count, otherCount])).toEqual([
    ['orders', 1, 0],
    ['web', 1, 1],
  ]);
  expect(works[1]!.otherOwnSeconds).toBeCloseTo(0.4);
});

it('measures a subsegment by those that were sent inside the same kind of document, however deep', () => {
  const below = [{ id: 'b', from: 0, to: 1, below: [{ id: 'c', name: 'parse', from: 0, to: 0.0805 }] }];
  const row = buildTrace(timelineOf([{ id: 'a', name: 'web', from: 0, to: 1, below }])).rows.get('c')!;
  const nested = { kind: 'part', service: 'web', name: 'parse', count: 9000, sampled: 400, micros: steps } as const;
  const standing = { percent: 81, count: 9000, isSample: true, medianSeconds: 0.05 };
  expect(standingsOf([{ ...nested, micros: steps }])(row)).toEqual(standing);
  expect(standingsOf([{ ...nested, micros: steps, sampled: 7 }])(row)).toBeUndefined();
  expect(standingsOf([{ ...nested, micros: steps, service: 'other' }])(row)).toBeUndefined();
});
