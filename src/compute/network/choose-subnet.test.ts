import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FIRST_SLOT, LAST_SLOT, SUBNET_COUNT, subnetAt, subnetsToTry } from './choose-subnet.ts';

const hash = fc.stringMatching(/^[0-9a-f]{16}$/);

test('without routes every subnet is tried once, and no address belongs to two', () => {
  fc.assert(
    fc.property(hash, (instanceHash) => {
      const subnets = subnetsToTry(instanceHash, []);
      const addresses = subnets.flatMap((subnet) => [
        subnet.gateway,
        subnet.addressOf(FIRST_SLOT),
        subnet.addressOf(LAST_SLOT),
      ]);
      return subnets.length === SUBNET_COUNT && new Set(addresses).size === addresses.length;
    }),
  );
});

test('a subnet that a route names is not tried, whatever its prefix is written as', () => {
  const taken = subnetAt(6);
  for (const route of [`${taken.addressOf(0)}/26`, taken.gateway, `${taken.addressOf(32)}/27`]) {
    expect(subnetsToTry('0000000000000000', [route]).map(({ index }) => index)).not.toContain(6);
    expect(subnetsToTry('0000000000000000', [route]).length).toBe(SUBNET_COUNT - 1);
  }
});

test('a /24 takes four subnets, a whole link-local network none', () => {
  expect(subnetsToTry('0', ['169.254.173.0/24']).map(({ index }) => index)).toEqual([
    0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15,
  ]);
  expect(subnetsToTry('0', ['169.254.0.0/16', 'default', '10.0.0.0/8']).length).toBe(SUBNET_COUNT);
});
