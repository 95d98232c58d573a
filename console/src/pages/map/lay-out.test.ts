import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layOut, nodeHeight, nodeWidth } from './lay-out.ts';
import { buildTraceMap } from './map-model.ts';

/** A map of services named by numbers, with calls between them. */
function mapOf(count: number, calls: readonly (readonly [number, number])[]) {
  return buildTraceMap(
    Array.from({ length: count }, (_, index) => ({
      ReferenceId: index,
      Name: String(index),
      Type: 'test',
      Edges: calls
        .filter(([from, to]) => from % count === index && to % count !== index)
        .map(([, to]) => ({ ReferenceId: to % count })),
    })),
  );
}

const calls = fc.array(fc.tuple(fc.nat(40), fc.nat(40)), { maxLength: 60 });

describe('the layout of a map', () => {
  it('leaves every node where it is when others join, and no two on one place', () => {
    fc.assert(
      fc.property(fc.integer({ min: 4, max: 30 }), fc.nat(3), calls, (count, more, between) => {
        const before = layOut(mapOf(count, between));
        const map = mapOf(count + more, between);
        const after = layOut(map, before);
        for (const [id, spot] of before) expect(after.get(id)).toEqual(spot);
        const spots = map.nodes.map((node) => after.get(node.id)!);
        spots.forEach((one, index) => {
          for (const other of spots.slice(index + 1)) {
            const apart = Math.abs(one.x - other.x) >= nodeWidth || Math.abs(one.y - other.y) >= nodeHeight;
            expect(apart).toBe(true);
          }
        });
      }),
      { numRuns: 40 },
    );
  });

  it('begins anew when most of the map is new, or most of the old one is gone', () => {
    const before = layOut(
      mapOf(3, [
        [0, 1],
        [1, 2],
      ]),
    );
    const larger = mapOf(9, [
      [0, 1],
      [1, 2],
      [2, 3],
      [3, 4],
    ]);
    expect(layOut(larger, before)).toEqual(layOut(larger));
    const small = mapOf(1, []);
    expect(layOut(small, before)).toEqual(layOut(small));
  });

  it('gives five hundred nodes the shape of a screen, each its own place', () => {
    const tree = Array.from({ length: 499 }, (_, index): [number, number] => [Math.floor(index / 3), index + 1]);
    const spots = [...layOut(mapOf(500, tree)).values()];
    expect(new Set(spots.map(({ x, y }) => `${x} ${y}`)).size).toBe(500);
    const span = (values: number[]) => Math.max(...values) - Math.min(...values);
    const ratio = span(spots.map(({ x }) => x)) / span(spots.map(({ y }) => y));
    expect(ratio).toBeGreaterThan(0.8);
    expect(ratio).toBeLessThan(3);
  });

  it('never puts two nodes on one place, however wide the map', () => {
    fc.assert(
      fc.property(fc.integer({ min: 20, max: 90 }), calls, (count, between) => {
        const star = Array.from({ length: count - 1 }, (_, index): [number, number] => [index % 3, index + 1]);
        const spots = [...layOut(mapOf(count, [...star, ...between])).values()];
        spots.forEach((one, index) => {
          for (const other of spots.slice(index + 1)) {
            expect(Math.abs(one.x - other.x) >= nodeWidth || Math.abs(one.y - other.y) >= nodeHeight).toBe(true);
          }
        });
      }),
      { numRuns: 20 },
    );
  });
});
