/** Marks beyond this are put together: the later time holds for both. */
const marksMax = 1_000;

export interface TimedBytes {
  readonly bytes: Buffer;
  readonly timestampMs: number;
}

/**
 * When the bytes of a file were written, noted while nobody reads it: storing what was read takes up to a second, and
 * lines that are written meanwhile keep their own times.
 */
export class WriteTimes {
  private marks: { end: number; timestampMs: number }[] = [];

  /** At `timestampMs` the file had been written up to `end`. */
  note(end: number, timestampMs: number): void {
    const last = this.marks.at(-1);
    if (last && end <= last.end) return;
    if (this.marks.length >= marksMax) this.marks.pop();
    this.marks.push({ end, timestampMs });
  }

  /** Cuts bytes that were read from `start` where their times change; those without a mark are of `otherwiseMs`. */
  cut(start: number, bytes: Buffer, otherwiseMs: number): TimedBytes[] {
    const end = start + bytes.length;
    const parts: TimedBytes[] = [];
    let from = start;
    for (const mark of this.marks) {
      const to = Math.min(mark.end, end);
      if (to > from) parts.push({ bytes: bytes.subarray(from - start, to - start), timestampMs: mark.timestampMs });
      from = Math.max(from, to);
    }
    if (end > from) parts.push({ bytes: bytes.subarray(from - start), timestampMs: otherwiseMs });
    this.marks = this.marks.filter((mark) => mark.end > end);
    return parts;
  }

  /** Another file, or the same one from its start. */
  clear(): void {
    this.marks = [];
  }
}
