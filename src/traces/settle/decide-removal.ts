/** For how many days a group's traces are kept. */
export interface GroupDays {
  readonly group: string;
  readonly days: number;
}

/** What goes of a day's traces: those of the groups in `over`, or all, except what belongs to a group that is `keeping`. */
export interface Removal {
  /** Groups whose time is over, the longest first. */
  readonly over: readonly string[];
  /** Groups whose time is not over. */
  readonly keeping: readonly string[];
  /** The time of what no group keeps is over as well. */
  readonly isAll: boolean;
}

const dayMs = 86_400_000;

/**
 * A trace stays as long as the longest of its groups keeps it, and for `retentionDays` when none of them says anything.
 * `ageMs` is counted from the end of the day that it began in. Undefined: nothing goes.
 */
export function decideRemoval(groups: readonly GroupDays[], retentionDays: number, ageMs: number): Removal | undefined {
  const isOver = (days: number): boolean => ageMs >= days * dayMs;
  const longestFirst = [...groups].sort((a, b) => b.days - a.days || (a.group < b.group ? -1 : 1));
  const over = longestFirst.filter(({ days }) => isOver(days)).map(({ group }) => group);
  const isAll = isOver(retentionDays);
  if (over.length === 0 && !isAll) return undefined;
  return { over, keeping: longestFirst.filter(({ days }) => !isOver(days)).map(({ group }) => group), isAll };
}

/**
 * Filter expressions of what goes, one after the other: of each group those that no group keeps, at last, under the
 * name of no group, all others. What an earlier one has taken is not meant by a later one.
 */
export function expressionsOf({ over, keeping, isAll }: Removal): { group: string; expression: string }[] {
  const kept = keeping.map((group) => `group.name != "${group}"`);
  const ofGroups = over.map((group) => ({ group, expression: [`group.name = "${group}"`, ...kept].join(' AND ') }));
  return isAll ? [...ofGroups, { group: '', expression: kept.join(' AND ') }] : ofGroups;
}
