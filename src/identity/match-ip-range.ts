interface Address {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

/** True when `address` lies in `range` (CIDR or a single address); undefined when either is no IP address. */
export function matchesIpRange(range: string, address: string): boolean | undefined {
  const [base, prefix] = range.split('/', 2);
  const network = parseAddress(base ?? '');
  const candidate = parseAddress(address);
  if (!network || !candidate) return undefined;
  const prefixBits = prefix === undefined ? network.bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1;
  if (prefixBits < 0 || prefixBits > network.bits) return undefined;
  if (network.bits !== candidate.bits) return false;
  const ignoredBits = BigInt(network.bits - prefixBits);
  return network.value >> ignoredBits === candidate.value >> ignoredBits;
}

function parseAddress(text: string): Address | undefined {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(text);
  if (mapped) return parseAddress(mapped[1]!);
  return text.includes(':') ? parseVersion6(text) : parseVersion4(text);
}

function parseVersion4(text: string): Address | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)) return undefined;
  return { bits: 32, value: parts.reduce((sum, part) => (sum << 8n) | BigInt(part), 0n) };
}

function parseVersion6(text: string): Address | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const missing = 8 - head!.length - (tail?.length ?? 0);
  if (tail ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head!, ...Array<string>(tail ? missing : 0).fill('0'), ...(tail ?? [])];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return { bits: 128, value: groups.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n) };
}
