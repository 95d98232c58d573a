import type { AccountRegion } from '../../wire/aws/call-context.ts';

/** A node of the map. */
export interface NodeId {
  readonly name: string;
  readonly type: string;
}

export interface Impact {
  readonly fault: number;
  readonly ok: number;
  readonly total: number;
}

/** One node that left its band; `lastMs` is the start of the last minute in which it was outside. */
export interface AnomalousNode extends NodeId {
  readonly firstMs: number;
  readonly lastMs: number;
  readonly isBack: boolean;
  /** Faults beyond what was expected, in the minutes last judged. */
  readonly excess: number;
}

/** An insight as it is kept; times are epoch milliseconds. */
export interface InsightRecord extends AccountRegion {
  readonly id: string;
  readonly groupName: string;
  readonly groupArn: string;
  readonly state: 'ACTIVE' | 'CLOSED';
  readonly rootCause: NodeId;
  /** Most affected first; never empty. */
  readonly anomalous: readonly AnomalousNode[];
  readonly startMs: number;
  readonly endMs?: number;
  readonly updatedMs: number;
  readonly summary: string;
  /** Requests of clients that lead to the root cause, and its own, since the start. */
  readonly clientImpact: Impact;
  readonly rootCauseImpact: Impact;
  /** Services that clients call and that lead to an anomalous node. */
  readonly clientNodes: readonly NodeId[];
  /** When an event was last recorded. */
  readonly eventMs: number;
  /** The older insight that this one turned out to be a part of. */
  readonly mergedInto?: string;
}

/** What was known of an insight at one moment. */
export interface InsightEventRecord {
  readonly insightId: string;
  readonly atMs: number;
  readonly summary: string;
  readonly clientImpact: Impact;
  readonly rootCauseImpact: Impact;
  readonly anomalous: readonly NodeId[];
}

/** What EventBridge would be sent when an insight opens, changes or closes. */
export interface InsightUpdate extends AccountRegion {
  /** The same for repeats of one update. */
  readonly id: string;
  readonly source: 'aws.xray';
  readonly detailType: 'AWS X-Ray Insight Update';
  /** ISO 8601. */
  readonly time: string;
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
}
