/** Tasks of all instances on a machine live in 169.254.172.0/22, sixteen subnets of 64 addresses. */
export const SUBNET_COUNT = 16;
/** .1 is hatoba's own, .63 the broadcast address. */
export const FIRST_SLOT = 2;
export const LAST_SLOT = 62;

export interface Subnet {
  readonly index: number;
  readonly gateway: string;
  readonly addressOf: (slot: number) => string;
}

export function subnetAt(index: number): Subnet {
  const addressOf = (slot: number) => `169.254.${172 + (index >> 2)}.${(index & 3) * 64 + slot}`;
  return { index, gateway: addressOf(1), addressOf };
}

/**
 * Subnets in the order in which an instance tries them: from its hash on, without those that a route of the machine names.
 * `routes` are destinations as `ip route` prints them; a wider route (169.254.0.0/16) is no conflict.
 */
export function subnetsToTry(instanceHash: string, routes: readonly string[]): Subnet[] {
  const first = Number.parseInt(instanceHash.slice(0, 4), 16) % SUBNET_COUNT;
  const order = Array.from({ length: SUBNET_COUNT }, (_, step) => subnetAt((first + step) % SUBNET_COUNT));
  return order.filter((subnet) => !routes.some((route) => isInside(route, subnet)));
}

function isInside(route: string, subnet: Subnet): boolean {
  const [address = '', prefixLength = '32'] = route.split('/');
  return Number(prefixLength) >= 22 && sharesSubnet(toNumber(address), Number(prefixLength), toNumber(subnet.gateway));
}

function sharesSubnet(address: number, prefixLength: number, gateway: number): boolean {
  const shift = 32 - Math.min(prefixLength, 26);
  return Math.floor(address / 2 ** shift) === Math.floor(gateway / 2 ** shift);
}

function toNumber(address: string): number {
  return address.split('.').reduce((value, octet) => value * 256 + Number(octet), 0);
}
