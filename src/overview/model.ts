/** What the overview says, as codes and values: the console and the command line put them into words. */
export type FindingCode =
  | 'service-slow'
  | 'service-faults'
  | 'edge-faults'
  | 'alarm'
  | 'canary-failing'
  | 'service-not-stable'
  | 'target-unhealthy'
  | 'insight'
  | 'insight-inside';

export type Level = 'ok' | 'warning' | 'critical';

export interface DeploymentFact {
  readonly cluster: string;
  readonly service: string;
  readonly revision: string;
  readonly at: string;
}

export interface Finding {
  readonly level: Exclude<Level, 'ok'>;
  readonly code: FindingCode;
  readonly params: Readonly<Record<string, string | number>>;
  /** Where to look next: a page of the console and what it needs to know. */
  readonly link: { readonly page: string; readonly params: Readonly<Record<string, string>> };
  /** ISO 8601; absent where it is not known. */
  readonly since?: string;
  /** A deployment of the service shortly before: the first thing to suspect. */
  readonly deployment?: DeploymentFact;
}

export interface Verdict {
  readonly level: Level;
  readonly code: FindingCode | 'all-well' | 'nothing-yet' | 'cannot-tell';
  readonly params: Readonly<Record<string, string | number>>;
  readonly since?: string;
}

export interface ServiceHealthFact {
  readonly name: string;
  readonly type: string;
  readonly total: number;
  readonly error: number;
  readonly fault: number;
  readonly ownMedianSeconds: number;
}

export interface EdgeFact {
  readonly from: string;
  readonly to: string;
  readonly toType: string;
  readonly total: number;
  readonly failed: number;
  /** Exception type most often named by traces that failed on this edge. */
  readonly exception?: string;
}

export interface EcsServiceFact {
  readonly cluster: string;
  readonly service: string;
  readonly running: number;
  readonly desired: number;
  readonly inDeployment: boolean;
  readonly lastEvent: string;
  readonly newestDeployment?: DeploymentFact;
}

/** What a snapshot is read from. */
export type Source = 'services' | 'traces' | 'alarms' | 'canaries' | 'balancers' | 'insights';

/** Everything that a judgement is made of, read at one moment. */
export interface Snapshot {
  /** What could not be read: its part is empty and says nothing. */
  readonly unread: readonly Source[];
  /** Since the newest deployment of each service, or the last minutes. */
  readonly health: readonly ServiceHealthFact[];
  /** The same services before that. */
  readonly usual: readonly ServiceHealthFact[];
  readonly edges: readonly EdgeFact[];
  readonly services: readonly EcsServiceFact[];
  readonly alarms: readonly { name: string; state: string; reason: string; changedAt: string }[];
  readonly canaries: readonly {
    name: string;
    state: string;
    lastRuns: readonly { passed: boolean; at: string; reason: string }[];
  }[];
  readonly targets: readonly {
    targetGroup: string;
    targetGroupArn: string;
    unhealthy: number;
    total: number;
    reason: string;
  }[];
  /** Services that left the band of faults that is usual for them, and what that cost clients since. */
  readonly insights: readonly {
    id: string;
    service: string;
    since: string;
    clientFailed: number;
    clientTotal: number;
    ownFailed: number;
    ownTotal: number;
  }[];
}
