/** A client that reports less often than this has gone, and so has its quota: what is granted lives as long. */
export const clientTtlMs = 30_000;

/**
 * How much of a rule's reservoir each client may take a second. All get the same, what remains goes one by one from a
 * place in the order that moves on with `turn`, so that with more clients than reservoir everybody has a turn. The sum
 * never exceeds the reservoir.
 */
export function shareReservoir(reservoirSize: number, clientIds: readonly string[], turn: number): Map<string, number> {
  const sorted = [...new Set(clientIds)].sort();
  const count = sorted.length;
  if (count === 0) return new Map();
  const size = Math.max(0, Math.floor(reservoirSize));
  const each = Math.floor(size / count);
  const remainder = size - each * count;
  return new Map(
    sorted.map((clientId, index) => {
      const place = (((index - turn * remainder) % count) + count) % count;
      return [clientId, each + (place < remainder ? 1 : 0)];
    }),
  );
}

/**
 * What one client is granted: its share, but never more than the others have left, whose larger quotas of before are
 * theirs until they report again.
 */
export function grantQuota(
  reservoirSize: number,
  granted: ReadonlyMap<string, number>,
  clientId: string,
  turn: number,
): number {
  const share = shareReservoir(reservoirSize, [...granted.keys()], turn).get(clientId) ?? 0;
  const others = [...granted].reduce((sum, [id, quota]) => (id === clientId ? sum : sum + quota), 0);
  return Math.max(0, Math.min(share, Math.floor(reservoirSize) - others));
}
