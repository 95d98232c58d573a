/** Parts of a point's time, in UTC; DAY counts from Monday, 1, to Sunday, 7. */
export const timeFunctions: Readonly<Record<string, (timestampMs: number) => number>> = {
  MINUTE: (timestampMs) => new Date(timestampMs).getUTCMinutes(),
  HOUR: (timestampMs) => new Date(timestampMs).getUTCHours(),
  DAY: (timestampMs) => new Date(timestampMs).getUTCDay() || 7,
  DATE: (timestampMs) => new Date(timestampMs).getUTCDate(),
  MONTH: (timestampMs) => new Date(timestampMs).getUTCMonth() + 1,
  YEAR: (timestampMs) => new Date(timestampMs).getUTCFullYear(),
  EPOCH: (timestampMs) => timestampMs / 1000,
};
