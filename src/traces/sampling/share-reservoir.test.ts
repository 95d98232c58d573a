import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shareReservoir } from './share-reservoir.ts';

const clients = fc.uniqueArray(fc.string({ minLength: 4, maxLength: 24 }), { minLength: 1, maxLength: 40 });

test('the quotas never exceed the reservoir, and differ by one at most', () => {
  fc.assert(
    fc.property(fc.nat(200), clients, fc.nat(1000), (reservoir, ids, turn) => {
      const quotas = [...shareReservoir(reservoir, ids, turn).values()];
      expect(quotas.reduce((sum, quota) => sum + quota, 0)).toBe(reservoir);
      expect(Math.max(...quotas) - Math.min(...quotas)).toBeLessThanOrEqual(1);
    }),
  );
});

test('with more clients than reservoir, everybody has a turn', () => {
  const ids = ['a', 'b', 'c', 'd', 'e'];
  const served = new Set<string>();
  for (let turn = 0; turn < ids.length; turn += 1) {
    for (const [id, quota] of shareReservoir(2, ids, turn)) if (quota > 0) served.add(id);
  }
  expect([...served].sort()).toEqual(ids);
});
