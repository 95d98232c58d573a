import { isIPv4 } from 'node:net';

/** First address and prefix length of an IPv4 range; undefined when it is none. */
function parseCidr(cidr: string): { first: number; bits: number } | undefined {
  const [address = '', bits = '', ...rest] = cidr.split('/');
  if (!isIPv4(address) || !/^\d{1,2}$/.test(bits) || Number(bits) > 32 || rest.length > 0) return undefined;
  const first = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  return { first, bits: Number(bits) };
}

/** A range whose address is its first one and whose prefix is between the two lengths. */
export function isCidrBlock(cidr: string, bitsMin: number, bitsMax: number): boolean {
  const parsed = parseCidr(cidr);
  if (!parsed || parsed.bits < bitsMin || parsed.bits > bitsMax) return false;
  return parsed.first % addressCount(cidr) === 0;
}

export const addressCount = (cidr: string): number => 2 ** (32 - (parseCidr(cidr)?.bits ?? 32));

export function cidrContains(outer: string, inner: string): boolean {
  const [a, b] = [parseCidr(outer), parseCidr(inner)];
  if (!a || !b) return false;
  return b.first >= a.first && b.first + addressCount(inner) <= a.first + addressCount(outer);
}

export function cidrsOverlap(one: string, other: string): boolean {
  const [a, b] = [parseCidr(one), parseCidr(other)];
  return !!a && !!b && a.first < b.first + addressCount(other) && b.first < a.first + addressCount(one);
}
