import fc from 'fast-check';
import { expect, test } from 'vitest';
import { grantQuota, shareReservoir } from './share-reservoir.ts';

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

test('however clients come, report and go, what is granted at any time is within the reservoir', () => {
  const events = fc.array(fc.record({ id: fc.nat(7), leaves: fc.boolean() }), { maxLength: 60 });
  fc.assert(
    fc.property(fc.nat(20), events, (reservoir, list) => {
      const granted = new Map<string, number>();
      for (const [turn, { id, leaves }] of list.entries()) {
        const client = `client-${id}`;
        if (leaves) granted.delete(client);
        else granted.set(client, 0).set(client, grantQuota(reservoir, granted, client, turn));
        expect([...granted.values()].reduce((sum, quota) => sum + quota, 0)).toBeLessThanOrEqual(reservoir);
      }
    }),
  );
});
