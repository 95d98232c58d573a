export interface HistogramEntry {
  readonly Value: number;
  readonly Count: number;
}

/** SQL for the bucket of a duration in seconds: whole milliseconds below 0.1 s, two significant digits above. */
export const bucketSql = (seconds: string): string =>
  `multiIf(${seconds} < 0.1, round(${seconds}, 3), ${seconds} < 1, round(${seconds}, 2), ${seconds} < 10, round(${seconds}, 1), ${seconds} < 100, round(${seconds}, 0), round(${seconds}, -1))`;

/** The same for a duration that was read. The engine rounds halves to the even neighbour. */
export function bucketOf(seconds: number): number {
  if (seconds < 0.1) return roundHalfEven(seconds * 1000) / 1000;
  if (seconds < 1) return roundHalfEven(seconds * 100) / 100;
  if (seconds < 10) return roundHalfEven(seconds * 10) / 10;
  return seconds < 100 ? roundHalfEven(seconds) : roundHalfEven(seconds / 10) * 10;
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest < 0.5 || (rest === 0.5 && floor % 2 === 0) ? floor : floor + 1;
}

/** Buckets below this number are shorter than 100 s: few enough to be kept side by side, one place each. */
export const denseBuckets = 370;

/** SQL for the number of a bucket that `bucketSql` made: 0, 1, 2 ... in order of duration, without gaps. */
export const bucketNumberSql = (bucket: string): string =>
  `toUInt32(multiIf(${bucket} < 0.0995, round(${bucket} * 1000), ${bucket} < 0.995, 90 + round(${bucket} * 100), ${bucket} < 9.95, 180 + round(${bucket} * 10), ${bucket} < 99.5, 270 + round(${bucket}), 360 + round(${bucket} / 10)))`;

/** The same for a bucket that was read. */
export function numberOfBucket(bucket: number): number {
  if (bucket < 0.0995) return Math.round(bucket * 1000);
  if (bucket < 0.995) return 90 + Math.round(bucket * 100);
  if (bucket < 9.95) return 180 + Math.round(bucket * 10);
  return bucket < 99.5 ? 270 + Math.round(bucket) : 360 + Math.round(bucket / 10);
}

/** Seconds of the bucket with that number. */
export function bucketOfNumber(number: number): number {
  if (number < 100) return number / 1000;
  if (number < 190) return (number - 90) / 100;
  if (number < 280) return (number - 180) / 10;
  return number < denseBuckets ? number - 270 : (number - 360) * 10;
}

export function toHistogram(counts: ReadonlyMap<number, number>): HistogramEntry[] {
  return [...counts].map(([Value, Count]) => ({ Value, Count })).sort((a, b) => a.Value - b.Value);
}

/** The smallest value that at least `share` of the counts do not exceed; 0 for none. */
export function quantileOf(histogram: readonly HistogramEntry[], share: number): number {
  const total = histogram.reduce((sum, { Count }) => sum + Count, 0);
  let seen = 0;
  for (const { Value, Count } of histogram) {
    seen += Count;
    if (seen >= total * share) return Value;
  }
  return histogram.at(-1)?.Value ?? 0;
}
