import { describe, expect, it } from 'vitest';
import type { GraphService } from '../../api/xray.ts';
import { buildTraceMap, nodeId, percentile, slowestNode } from './map-model.ts';

const calls = (count: number, seconds: number) => ({
  OkCount: count,
  TotalCount: count,
  TotalResponseTime: count * seconds,
});

const shop: GraphService[] = [
  { ReferenceId: 7, Name: 'bff', Type: 'client', Edges: [{ ReferenceId: 2, SummaryStatistics: calls(10, 5.2) }] },
  {
    ReferenceId: 2,
    Name: 'bff',
    Root: true,
    SummaryStatistics: calls(10, 5.2),
    Edges: [{ ReferenceId: 3, SummaryStatistics: calls(10, 5.1) }],
  },
  { ReferenceId: 3, Name: 'backend2', SummaryStatistics: calls(10, 5), Edges: [] },
];

describe('trace map', () => {
  it('keeps its identities whatever the reference ids of an answer are', () => {
    const renumbered = shop
      .map((service) => ({
        ...service,
        ReferenceId: 100 - (service.ReferenceId ?? 0),
        Edges: (service.Edges ?? []).map((edge) => ({ ...edge, ReferenceId: 100 - (edge.ReferenceId ?? 0) })),
      }))
      .reverse();
    expect(buildTraceMap(renumbered)).toEqual(buildTraceMap(shop));
  });

  it('takes the calls that a node waited for out of its own time', () => {
    const map = buildTraceMap(shop);
    const own = Object.fromEntries(map.nodes.map((node) => [node.id, node.ownSeconds]));
    expect(own[nodeId('bff', '')]).toBeCloseTo(0.1);
    expect(own[nodeId('backend2', '')]).toBeCloseTo(5);
    expect(slowestNode(map)?.name).toBe('backend2');
  });

  it('leaves out an edge to a node that is not in the answer', () => {
    expect(buildTraceMap([{ ReferenceId: 0, Name: 'a', Edges: [{ ReferenceId: 9 }] }]).edges).toEqual([]);
  });
});

describe('percentile', () => {
  it('reads an unsorted histogram', () => {
    const histogram = [
      { Value: 5, Count: 1 },
      { Value: 0.1, Count: 9 },
    ];
    expect(percentile(histogram, 0.5)).toBe(0.1);
    expect(percentile(histogram, 0.95)).toBe(5);
    expect(percentile([], 0.5)).toBeUndefined();
  });
});
