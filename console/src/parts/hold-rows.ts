/**
 * Rows as they stood, with what is known of them now: what came or moved since waits, what is gone stays with its last
 * values. `all` is where a row's newest values are found, also when it would now be on another page.
 */
export function holdRows<Item>(
  held: readonly Item[],
  rows: readonly Item[],
  all: readonly Item[],
  keyOf: (item: Item) => string,
): { rows: Item[]; waiting: number } {
  const known = new Map(all.map((item) => [keyOf(item), item]));
  const kept = new Set(held.map(keyOf));
  return {
    rows: held.map((item) => known.get(keyOf(item)) ?? item),
    waiting: rows.filter((item) => !kept.has(keyOf(item))).length,
  };
}
