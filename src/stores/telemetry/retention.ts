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
  /** Tables whose days stay for longer than that. */
  readonly longerDays?: ReadonlyMap<string, number>;
}

const dayMs = 86_400_000;

/**
 * Which days go: those before the retention of their table, then, while the rest is still too big, the oldest day of all tables
 * together. Today and the newest day always stay, so a small limit never empties the store under the reader's eyes, nor does
 * a sender whose clock is a day ahead.
 */
export function chooseDaysToDrop(
  partitions: readonly DayPartition[],
  limits: RetentionLimits,
  now: Date,
): DayPartition[] {
  const isOver = ({ table, day }: DayPartition): boolean => {
    const keptDays = Math.max(limits.retentionDays, limits.longerDays?.get(table) ?? 0);
    return day < new Date(now.getTime() - keptDays * dayMs).toISOString().slice(0, 10);
  };
  const dropped = partitions.filter(isOver);
  const kept = partitions.filter((partition) => !isOver(partition));
  const days = [...new Set(kept.map((partition) => partition.day))].sort();
  const today = now.toISOString().slice(0, 10);
  const newestDay = days.at(-1);
  let bytes = kept.reduce((sum, partition) => sum + partition.bytes, 0);
  for (const day of days) {
    if (bytes <= limits.bytesMax || day === newestDay || day >= today) break;
    const ofDay = kept.filter((partition) => partition.day === day);
    dropped.push(...ofDay);
    bytes -= ofDay.reduce((sum, partition) => sum + partition.bytes, 0);
  }
  return dropped;
}
