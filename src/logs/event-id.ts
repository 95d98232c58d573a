/** Where an event stands in the order of its group: by time, then by arrival. */
export interface EventPosition {
  readonly timestampMs: number;
  readonly sequence: bigint;
}

const sequenceBits = 64n;
const timestampShift = 144n;

/** 56 decimal digits that grow with time, as event ids of CloudWatch Logs do. */
export const encodeEventId = ({ timestampMs, sequence }: EventPosition): string =>
  ((BigInt(timestampMs) << timestampShift) | sequence).toString().padStart(56, '0');

/** Undefined for anything that is no event id. */
export function decodeEventId(id: string): EventPosition | undefined {
  if (!/^\d{56}$/.test(id)) return undefined;
  const value = BigInt(id);
  return {
    timestampMs: Number(value >> timestampShift),
    sequence: value & ((1n << sequenceBits) - 1n),
  };
}
