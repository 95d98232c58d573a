import type { Stretch } from './critical-path.ts';

/** Marks nearer than this share of the axis are one. */
const step = 0.005;

export interface PlacedMark<Item> {
  /** Left edge on the axis, 0 to 1. */
  share: number;
  width: number;
  /** In the order they were given. */
  items: Item[];
}

/** Puts moments and whiles onto the window on screen; at most two hundred marks, however many there are. */
export function placeMarks<Item>(
  items: readonly Item[],
  timesOf: (item: Item) => Stretch,
  window: Stretch,
): PlacedMark<Item>[] {
  const span = window.to - window.from;
  const placed = new Map<number, PlacedMark<Item>>();
  for (const item of items) {
    const { from, to } = timesOf(item);
    const left = (from - window.from) / span;
    const right = (to - window.from) / span;
    if (!(right >= 0 && left <= 1)) continue;
    const slot = Math.round(Math.max(0, left) / step);
    const width = Math.min(1, right) - Math.max(0, left);
    const mark = placed.get(slot);
    if (!mark) {
      placed.set(slot, { share: slot * step, width, items: [item] });
      continue;
    }
    mark.items.push(item);
    mark.width = Math.max(mark.width, width);
  }
  return [...placed.entries()].sort(([a], [b]) => a - b).map(([, mark]) => mark);
}
