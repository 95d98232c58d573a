/** A trace that another one is linked with. */
export interface LinkedTrace {
  /** `1-5759e988-bd862e3fe1be46a994272793`. */
  readonly traceId: string;
  /** The span or segment at the other end. */
  readonly id: string;
  /** The service at the other end; empty where its document is not stored. */
  readonly name: string;
  readonly type: string;
  /** Epoch seconds; absent where nothing of it is stored. */
  readonly startTime?: number;
  /** The span or segment of this trace. */
  readonly ownId: string;
}

/**
 * The answer of `GET /_hatoba/traces/links?traceId=`: traces that this one continues (what it consumed was made there),
 * and traces that continue it.
 */
export interface TraceLinks {
  readonly before: readonly LinkedTrace[];
  readonly after: readonly LinkedTrace[];
}
