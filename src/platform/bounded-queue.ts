/** A queue that refuses when it is full and counts what it refused; sizes are in the caller's own unit (rows, bytes). */
export class BoundedQueue<T> {
  private items: { item: T; size: number }[] = [];
  private currentSize = 0;
  private refused = 0;
  readonly sizeMax: number;

  constructor(sizeMax: number) {
    this.sizeMax = sizeMax;
  }

  /** False when the item does not fit; nothing is kept then. */
  offer(item: T, size = 1): boolean {
    if (this.currentSize + size > this.sizeMax) {
      this.refused += 1;
      return false;
    }
    this.items.push({ item, size });
    this.currentSize += size;
    return true;
  }

  /** Takes the oldest items up to `sizeMax` in total, and always at least one when there is one. */
  take(sizeMax: number): T[] {
    let count = 0;
    let size = 0;
    for (const entry of this.items) {
      if (count > 0 && size + entry.size > sizeMax) break;
      size += entry.size;
      count += 1;
    }
    this.currentSize -= size;
    return this.items.splice(0, count).map((entry) => entry.item);
  }

  get size(): number {
    return this.currentSize;
  }

  get length(): number {
    return this.items.length;
  }

  get refusedCount(): number {
    return this.refused;
  }
}
