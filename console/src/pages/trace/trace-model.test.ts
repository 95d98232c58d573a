import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildTrace, exceptionsOf, ownTimes, rowToBeginWith } from './build-trace.ts';
import { criticalPath } from './critical-path.ts';
import { parseDocument, type SegmentDocument } from './trace-document.ts';
import { traceIdOf } from './trace-id.ts';
import { visibleRows } from './visible-rows.ts';

const all = { collapsed: new Set<string>(), unfolded: new Set<string>() };

const slowShop: SegmentDocument[] = [
  {
    id: 'bff',
    name: 'bff',
    start_time: 0,
    end_time: 5.3,
    subsegments: [
      { id: 'c1', name: 'backend1.shop.local', namespace: 'remote', start_time: 0.1, end_time: 0.2 },
      { id: 'c2', name: 'backend2.shop.local', namespace: 'remote', start_time: 0.2, end_time: 5.25 },
    ],
  },
  { id: 'b1', name: 'backend1', parent_id: 'c1', start_time: 0.11, end_time: 0.19 },
  {
    id: 'b2',
    name: 'backend2',
    parent_id: 'c2',
    start_time: 0.22,
    end_time: 5.24,
    subsegments: [
      {
        id: 'put',
        name: 'DynamoDB',
        namespace: 'aws',
        start_time: 5.22,
        end_time: 5.24,
        fault: true,
        cause: { exceptions: [{ id: 'e1', type: 'AccessDeniedException', message: 'no' }] },
      },
    ],
  },
  {
    id: 'inf',
    name: 'shop-access',
    parent_id: 'put',
    inferred: true,
    origin: 'AWS::DynamoDB::Table',
    start_time: 5.22,
    end_time: 5.24,
  },
];

describe('a trace', () => {
  it('is one tree: a callee hangs under the call, what is inferred is written on it', () => {
    const trace = buildTrace(slowShop);
    expect(trace.roots.map((row) => row.id)).toEqual(['bff']);
    expect(trace.rows.get('b2')?.parent?.id).toBe('c2');
    expect(trace.rows.get('put')?.callee).toEqual({ name: 'shop-access', origin: 'AWS::DynamoDB::Table' });
    expect(trace.rows.has('inf')).toBe(false);
  });

  it('tells whose own time it was', () => {
    const [first] = ownTimes(buildTrace(slowShop));
    expect(first?.name).toBe('backend2');
    expect(first?.seconds).toBeCloseTo(5);
  });

  it('begins at the innermost exception', () => {
    const trace = buildTrace(slowShop);
    const row = rowToBeginWith(trace);
    expect(row?.id).toBe('put');
    expect(row && exceptionsOf(row, trace)[0]?.type).toBe('AccessDeniedException');
  });

  it('finds an exception that another row names by its id', () => {
    const trace = buildTrace([...slowShop.slice(0, 2), { ...slowShop[2]!, fault: true, cause: 'e1' }]);
    expect(exceptionsOf(trace.rows.get('b2')!, trace)[0]?.message).toBe('no');
  });

  it('waits for the callee on its critical path, not for what ran beside it', () => {
    const trace = buildTrace(slowShop);
    const path = criticalPath(trace.roots[0]!);
    expect([...path.keys()].sort()).toEqual(['b1', 'b2', 'bff', 'c1', 'c2', 'put']);
    expect(path.get('b2')).toEqual([{ from: 0.22, to: 5.22 }]);
  });

  it('folds similar siblings into one line, and unfolds them', () => {
    const many: SegmentDocument = {
      id: 'root',
      name: 'root',
      start_time: 0,
      end_time: 10,
      subsegments: Array.from({ length: 8 }, (_, index) => ({
        id: `q${index}`,
        name: 'SELECT',
        start_time: index,
        end_time: index + 1,
      })),
    };
    const { roots } = buildTrace([many]);
    expect(visibleRows(roots, all).map((line) => line.folded.length)).toEqual([1, 8]);
    expect(visibleRows(roots, { ...all, unfolded: new Set(['q0']) })).toHaveLength(9);
    expect(visibleRows(roots, { ...all, collapsed: new Set(['root']) })).toHaveLength(1);
  });

  it('survives parents that form a ring, and a nesting of ten thousand', () => {
    const ring = [
      { id: 'a', name: 'a', parent_id: 'b', start_time: 0, end_time: 1 },
      { id: 'b', name: 'b', parent_id: 'a', start_time: 0, end_time: 1 },
    ];
    expect(visibleRows(buildTrace(ring).roots, all)).toHaveLength(2);
    let deep: SegmentDocument = { id: 'd0', name: 'd', start_time: 0, end_time: 1 };
    for (let level = 1; level < 10_000; level += 1) {
      deep = { id: `d${level}`, name: 'd', start_time: 0, end_time: 1, subsegments: [deep] };
    }
    const trace = buildTrace([deep]);
    expect(visibleRows(trace.roots, all)).toHaveLength(10_000);
    expect(criticalPath(trace.roots[0]!).size).toBeGreaterThan(0);
  });

  it('has a critical path exactly as long as its root, whatever the children', () => {
    const span = fc.tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 100 }));
    fc.assert(
      fc.property(fc.array(span, { maxLength: 12 }), (spans) => {
        const root: SegmentDocument = {
          id: 'root',
          name: 'root',
          start_time: 0,
          end_time: 100,
          subsegments: spans.map(([a, b], index) => ({
            id: `s${index}`,
            name: `s${index}`,
            start_time: Math.min(a, b),
            end_time: Math.max(a, b),
          })),
        };
        const stretches = [...criticalPath(buildTrace([root]).roots[0]!).values()].flat();
        const length = stretches.reduce((sum, stretch) => sum + stretch.to - stretch.from, 0);
        expect(length).toBeCloseTo(100);
      }),
    );
  });
});

describe('foreign texts', () => {
  it('that are no segment are left out', () => {
    for (const text of ['', '[]', 'null', '{"id":1}', '{"id":"a"}', '"a"']) expect(parseDocument(text)).toBeUndefined();
  });

  it('give their trace id in each form', () => {
    const id = '1-5759e988-bd862e3fe1be46a994272793';
    expect(traceIdOf(`Root=${id};Parent=53995c3f42cd8ad8;Sampled=1`)).toBe(id);
    expect(traceIdOf('5759e988bd862e3fe1be46a994272793')).toBe(id);
    expect(traceIdOf('fault')).toBeUndefined();
  });
});
