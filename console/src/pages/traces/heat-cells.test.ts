import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { heatCells, heatOf } from './heat-cells.ts';

describe('the heat map', () => {
  it('counts every trace that is on it once', () => {
    const place = fc.record({
      x: fc.double({ min: -0.2, max: 1.2, noNaN: true }),
      y: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(place), (places) => {
        const traces = places.map((_, index) => ({ Id: String(index), HasFault: index % 3 === 0 }));
        const cells = heatCells(traces, (trace) => places[Number(trace.Id)]!, 10, 5);
        const inside = places.filter(({ x }) => x >= 0 && x <= 1).length;
        expect(cells.reduce((sum, cell) => sum + cell.count, 0)).toBe(inside);
        for (const cell of cells) {
          expect(cell.column).toBeLessThan(10);
          expect(cell.row).toBeLessThan(5);
          expect(cell.failed).toBeLessThanOrEqual(cell.count);
        }
      }),
    );
  });

  it('shows a single trace beside a thousand', () => {
    expect(heatOf(1, 1000)).toBeGreaterThan(0.15);
    expect(heatOf(1000, 1000)).toBe(1);
    expect(heatOf(1, 1)).toBe(1);
  });
});
