import type { TaskRecord } from '../model.ts';

/**
 * Which `count` tasks a scale-in takes: never a protected one, first those that serve nobody yet, then from the zone
 * with the most tasks, the youngest first. Fewer than `count` come back when the others are protected.
 */
export function chooseTasksToStop(
  tasks: readonly TaskRecord[],
  count: number,
  isHealthy: (task: TaskRecord) => boolean,
  nowMs: number,
): TaskRecord[] {
  const candidates = tasks
    .filter((task) => (task.protectedUntilMs ?? 0) <= nowMs)
    .sort((a, b) => b.createdAtMs - a.createdAtMs || (a.id < b.id ? -1 : 1));
  const chosen = candidates.filter((task) => !isHealthy(task)).slice(0, count);
  const rest = new Set(candidates.filter(isHealthy));
  while (chosen.length < count && rest.size > 0) {
    const zone = fullestZone(rest);
    const next = candidates.find((task) => rest.has(task) && task.availabilityZone === zone)!;
    chosen.push(next);
    rest.delete(next);
  }
  return chosen;
}

function fullestZone(tasks: Iterable<TaskRecord>): string {
  const countByZone = new Map<string, number>();
  for (const task of tasks) countByZone.set(task.availabilityZone, (countByZone.get(task.availabilityZone) ?? 0) + 1);
  return [...countByZone].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))[0]![0];
}
