export interface HistogramEntry {
  readonly Value: number;
  readonly Count: number;
}

/** SQL for the bucket of a duration in seconds: whole milliseconds below 0.1 s, two significant digits above. */
export const bucketSql = (seconds: string): string =>
  `multiIf(${seconds} < 0.1, round(${seconds}, 3), ${seconds} < 1, round(${seconds}, 2), ${seconds} < 10, round(${seconds}, 1), ${seconds} < 100, round(${seconds}, 0), round(${seconds}, -1))`;

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
