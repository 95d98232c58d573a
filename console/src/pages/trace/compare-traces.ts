import type { BuiltTrace, TraceRow } from './build-trace.ts';

/** What one kind of work took in each of two traces. Seconds are summed over its rows. */
export interface ComparedWork {
  service: string;
  name: string;
  /** The row of this trace that took longest; undefined where only the other has any. */
  row: TraceRow | undefined;
  count: number;
  otherCount: number;
  ownSeconds: number;
  otherOwnSeconds: number;
}

/** The same services and names of two traces side by side, the greatest difference in own time first. */
export function compareTraces(trace: BuiltTrace, other: BuiltTrace): ComparedWork[] {
  const works = new Map<string, ComparedWork>();
  const workOf = (row: TraceRow): ComparedWork => {
    const name = row.callee?.name ?? row.name;
    const key = JSON.stringify([row.service, name]);
    const known = works.get(key);
    if (known) return known;
    const empty = { row: undefined, count: 0, otherCount: 0, ownSeconds: 0, otherOwnSeconds: 0 };
    const work: ComparedWork = { service: row.service, name, ...empty };
    works.set(key, work);
    return work;
  };
  for (const row of trace.rows.values()) {
    const work = workOf(row);
    work.count += 1;
    work.ownSeconds += row.ownSeconds;
    if (!work.row || row.end - row.start > work.row.end - work.row.start) work.row = row;
  }
  for (const row of other.rows.values()) {
    const work = workOf(row);
    work.otherCount += 1;
    work.otherOwnSeconds += row.ownSeconds;
  }
  const difference = (work: ComparedWork) => Math.abs(work.ownSeconds - work.otherOwnSeconds);
  return [...works.values()].sort((a, b) => difference(b) - difference(a));
}
