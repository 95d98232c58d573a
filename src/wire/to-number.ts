/** The number that a value of foreign JSON means; NaN for anything but a number or a numeral. */
export function toNumber(value: unknown): number {
  // Number() itself throws for an object whose toString is no function.
  if (typeof value === 'number') return value;
  return typeof value === 'string' && value !== '' ? Number(value) : Number.NaN;
}
