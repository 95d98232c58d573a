/** One day of one table on disk. */
export interface DayPartition {
  readonly table: string;
  /** `2026-11-22`. */
  readonly day: string;
  readonly bytes: number;
  readonly parts: number;
}

export interface RetentionLimits {
  readonly retentionDays: number;
  readonly bytesMax: number;
}

/**
 * Which days go: those before the retention, then, while the rest is still too big, the oldest day of all tables
 * together. The newest day always stays, so a small limit never empties the store under the reader's eyes.
 */
export function chooseDaysToDrop(
  partitions: readonly DayPartition[],
  limits: RetentionLimits,
  now: Date,
): DayPartition[] {
  const oldestKept = new Date(now.getTime() - limits.retentionDays * 86_400_000).toISOString().slice(0, 10);
  const dropped = partitions.filter((partition) => partition.day < oldestKept);
  const kept = partitions.filter((partition) => partition.day >= oldestKept);
  const days = [...new Set(kept.map((partition) => partition.day))].sort();
  const newestDay = days.at(-1);
  let bytes = kept.reduce((sum, partition) => sum + partition.bytes, 0);
  for (const day of days) {
    if (bytes <= limits.bytesMax || day === newestDay) break;
    const ofDay = kept.filter((partition) => partition.day === day);
    dropped.push(...ofDay);
    bytes -= ofDay.reduce((sum, partition) => sum + partition.bytes, 0);
  }
  return dropped;
}
