import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildTrace, rowToBeginWith } from './build-trace.ts';
import { criticalPath } from './critical-path.ts';
import { type Sketch, timelineOf } from './timeline.fixture.ts';
import { moveOf, zoomOf } from './timeline-keys.ts';
import { traceIdOf } from './trace-id.ts';
import { visibleRows } from './visible-rows.ts';

const all = { collapsed: new Set<string>(), unfolded: new Set<string>() };
const build = (...roots: Sketch[]) => buildTrace(timelineOf(roots));

const slowShop: Sketch = {
  id: 'bff',
  from: 0,
  to: 5.3,
  below: [
    {
      id: 'c1',
      name: 'backend1.shop.local',
      kind: 'call',
      from: 0.1,
      to: 0.2,
      below: [{ id: 'b1', name: 'backend1', kind: 'segment', from: 0.11, to: 0.19 }],
    },
    {
      id: 'c2',
      name: 'backend2.shop.local',
      kind: 'call',
      from: 0.2,
      to: 5.25,
      below: [
        {
          id: 'b2',
          name: 'backend2',
          kind: 'segment',
          from: 0.22,
          to: 5.24,
          below: [
            {
              id: 'put',
              name: 'DynamoDB',
              kind: 'call',
              from: 5.22,
              to: 5.24,
              fault: true,
              exception: true,
              callee: 'shop-access',
            },
          ],
        },
      ],
    },
  ],
};

describe('a trace', () => {
  it('is a tree whose rows know their service, kind and outcome', () => {
    const trace = build(slowShop);
    expect(trace.roots.map((row) => row.id)).toEqual(['bff']);
    expect(trace.rows.get('b2')?.parent?.id).toBe('c2');
    expect(trace.rows.get('put')).toMatchObject({
      callee: { name: 'shop-access', origin: 'remote' },
      service: 'backend2',
      kind: 'call',
      outcome: 'fault',
      depth: 3,
    });
  });

  it('tells whose own time it was', () => {
    const { ownTimes } = build(slowShop);
    expect(ownTimes[0]?.name).toBe('backend2');
    expect(ownTimes[0]?.seconds).toBeCloseTo(5);
    expect(ownTimes.map((time) => time.name)).toContain('shop-access');
  });

  it("counts what is inside a call of a table as the table's", () => {
    const inside: Sketch = { id: 'span', from: 1, to: 2 };
    const { ownTimes } = build({
      id: 'web',
      from: 0,
      to: 3,
      below: [{ id: 'put', kind: 'call', callee: 'orders', from: 1, to: 2, below: [inside] }],
    });
    expect(ownTimes.find((time) => time.name === 'orders')?.seconds).toBeCloseTo(1);
  });

  it('begins at the innermost exception', () => {
    expect(rowToBeginWith(build(slowShop))?.id).toBe('put');
  });

  it('begins where most time went when nothing failed', () => {
    expect(rowToBeginWith(build({ id: 'a', from: 0, to: 3, below: [{ id: 'b', from: 0, to: 2.9 }] }))?.id).toBe('b');
  });

  it('waits for the callee on its critical path, not for what ran beside it', () => {
    const path = criticalPath(build(slowShop).roots[0]!);
    expect([...path.keys()].sort()).toEqual(['b1', 'b2', 'bff', 'c1', 'c2', 'put']);
    expect(path.get('b2')).toEqual([{ from: 0.22, to: 5.22 }]);
  });

  it('folds similar siblings into one line, and unfolds them', () => {
    const { roots } = build({
      id: 'root',
      from: 0,
      to: 10,
      below: Array.from({ length: 8 }, (_, index) => ({ id: `q${index}`, name: 'SELECT', from: index, to: index + 1 })),
    });
    expect(visibleRows(roots, all).map((line) => line.folded.length)).toEqual([1, 8]);
    expect(visibleRows(roots, { ...all, unfolded: new Set(['q0']) })).toHaveLength(9);
    expect(visibleRows(roots, { ...all, collapsed: new Set(['root']) })).toHaveLength(1);
  });

  it('survives a nesting of ten thousand', () => {
    let deep: Sketch = { id: 'd0', from: 0, to: 1 };
    for (let level = 1; level < 10_000; level += 1) deep = { id: `d${level}`, from: 0, to: 1, below: [deep] };
    const trace = build(deep);
    expect(visibleRows(trace.roots, all)).toHaveLength(10_000);
    expect(criticalPath(trace.roots[0]!).size).toBeGreaterThan(0);
  });

  it('has a critical path exactly as long as its root, whatever the children', () => {
    const span = fc.tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 100 }));
    fc.assert(
      fc.property(fc.array(span, { maxLength: 12 }), (spans) => {
        const below = spans
          .map(([a, b], index) => ({ id: `s${index}`, from: Math.min(a, b), to: Math.max(a, b) }))
          .sort((a, b) => a.from - b.from);
        const stretches = [...criticalPath(build({ id: 'root', from: 0, to: 100, below }).roots[0]!).values()].flat();
        expect(stretches.reduce((sum, stretch) => sum + stretch.to - stretch.from, 0)).toBeCloseTo(100);
      }),
    );
  });
});

describe('keys of the timeline', () => {
  const key = (name: string, more = {}) => ({ key: name, ctrlKey: false, metaKey: false, altKey: false, ...more });
  const whole = { from: 0, to: 100 };

  it('move, and leave what is held with Ctrl to the browser', () => {
    expect(['j', 'ArrowDown', 'End', 'Enter', 'x', 'constructor'].map((name) => moveOf(key(name)))).toEqual([
      'down',
      'down',
      'last',
      'open',
      undefined,
      undefined,
    ]);
    expect(moveOf(key('j', { ctrlKey: true }))).toBeUndefined();
  });

  it('zoom around the middle, and never leave the trace', () => {
    const near = zoomOf('w', whole, whole)!;
    expect(near).toEqual({ from: 25, to: 75 });
    expect(zoomOf('d', near, whole)).toEqual({ from: 37.5, to: 87.5 });
    expect(zoomOf('d', { from: 50, to: 100 }, whole)).toEqual({ from: 50, to: 100 });
    expect(zoomOf('a', near, whole)).toEqual({ from: 12.5, to: 62.5 });
    expect(zoomOf('s', near, whole)).toBe(whole);
    expect(zoomOf('x', near, whole)).toBeUndefined();
  });
});

describe('foreign texts', () => {
  it('give their trace id in each form', () => {
    const id = '1-5759e988-bd862e3fe1be46a994272793';
    expect(traceIdOf(`Root=${id};Parent=53995c3f42cd8ad8;Sampled=1`)).toBe(id);
    expect(traceIdOf('5759e988bd862e3fe1be46a994272793')).toBe(id);
    expect(traceIdOf('fault')).toBeUndefined();
  });
});
