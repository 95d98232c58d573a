import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GraphService } from '../../api/xray.ts';
import { compareMaps } from './compare-maps.ts';
import { buildTraceMap } from './map-model.ts';

const calls = (total: number, seconds: number, faults = 0) => ({
  SummaryStatistics: {
    TotalCount: total,
    OkCount: total - faults,
    TotalResponseTime: total * seconds,
    FaultStatistics: { TotalCount: faults },
  },
  ResponseTimeHistogram: [{ Value: seconds, Count: total }],
});

/** bff calls a back end: so many times, so slowly, with so many faults. */
function shop(name: string, total: number, seconds: number, faults = 0): GraphService[] {
  return [
    {
      ReferenceId: 0,
      Name: 'bff',
      Type: 'svc',
      ...calls(total, seconds + 0.001),
      Edges: [{ ReferenceId: 1, ...calls(total, seconds, faults) }],
    },
    { ReferenceId: 1, Name: name, Type: 'svc', ...calls(total, seconds, faults) },
  ];
}

const against = (before: GraphService[], after: GraphService[]) =>
  compareMaps({ map: buildTraceMap(before), minutes: 10 }, { map: buildTraceMap(after), minutes: 5 });
const changesOf = (before: GraphService[], after: GraphService[]) =>
  Object.fromEntries(
    [...against(before, after).compared].flatMap(([id, { change }]) => (change ? [[id, change]] : [])),
  );

describe('the comparison of two maps', () => {
  it('blames what is slower by itself, not those who wait for it', () => {
    expect(changesOf(shop('backend2', 100, 0.004), shop('backend2', 50, 5))).toEqual({
      'backend2~svc': 'slower',
      'bff~svc>>backend2~svc': 'slower',
    });
  });

  it('sees what failed, and what failed before', () => {
    const [well, ill] = [shop('b', 100, 0.01), shop('b', 100, 0.01, 30)];
    expect(changesOf(well, ill)).toEqual({ 'b~svc': 'failing', 'bff~svc>>b~svc': 'failing' });
    expect(changesOf(ill, well)).toEqual({ 'b~svc': 'recovered', 'bff~svc>>b~svc': 'recovered' });
  });

  it('has what is new and what is lost in one picture', () => {
    const comparison = against(shop('old', 10, 0.01), shop('new', 10, 0.01));
    expect(comparison.map.nodes.map((node) => node.name)).toEqual(['bff', 'new', 'old']);
    expect(comparison.compared.get('new~svc')?.change).toBe('new');
    expect(comparison.compared.get('old~svc')).toMatchObject({ change: 'lost', after: undefined });
    expect(comparison.compared.get('bff~svc>>old~svc')?.change).toBe('lost');
  });

  it('says nothing of a handful of calls, nor of a factor over nothing', () => {
    expect(changesOf(shop('b', 4, 0.01), shop('b', 4, 9))).toEqual({});
    expect(changesOf(shop('b', 100, 0.0002), shop('b', 100, 0.0009))).toEqual({});
  });

  it('of a map with itself finds no change', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.double({ min: 0, max: 60, noNaN: true }), (total, seconds) => {
        const map = { map: buildTraceMap(shop('b', total, seconds)), minutes: 5 };
        expect([...compareMaps(map, map).compared.values()].filter(({ change }) => change)).toEqual([]);
      }),
    );
  });
});
