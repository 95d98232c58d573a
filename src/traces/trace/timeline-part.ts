/** One segment, subsegment or call of a trace, as far as its timeline needs it. Times are epoch microseconds. */
export interface TimelinePart {
  readonly id: string;
  readonly parentId: string;
  readonly name: string;
  readonly isSegment: boolean;
  readonly startMicros: number;
  /** Of a part in progress: its start. */
  readonly endMicros: number;
  readonly inProgress: boolean;
  readonly fault: boolean;
  readonly error: boolean;
  readonly throttle: boolean;
  readonly hasException: boolean;
  /** What it called, if it is a call: the node that stands for a callee which sends nothing. */
  readonly target: { readonly name: string; readonly type: string; readonly isAws: boolean } | undefined;
}

/** Bits of `TimelineRows.flags`. */
export const timelineFlags = {
  fault: 1,
  error: 2,
  throttle: 4,
  inProgress: 8,
  segment: 16,
  call: 32,
  exception: 64,
} as const;

/**
 * The rows of a timeline, column by column. They are in the order of a waterfall: each row after its parent, with all
 * that lies below it, siblings by start.
 */
export interface TimelineRows {
  readonly id: readonly string[];
  /** Number of the parent's row; -1 for a root. */
  readonly parent: readonly number[];
  /** Number in `names`. */
  readonly name: readonly number[];
  /** Number in `names` of the segment that the row is of. */
  readonly service: readonly number[];
  /** Microseconds after the trace's start. */
  readonly start: readonly number[];
  readonly duration: readonly number[];
  /** `timelineFlags`. */
  readonly flags: readonly number[];
  /** Number in `callees` of what answered without sending a segment; -1 for none. */
  readonly callee: readonly number[];
}

export interface TimelineShape {
  readonly startMicros: number;
  readonly endMicros: number;
  readonly names: readonly string[];
  readonly callees: readonly { readonly name: string; readonly type: string }[];
  readonly rows: TimelineRows;
}
