/** Requests of a service in one window. Times are ISO 8601; latency is that of its own segments, answered calls included. */
export interface WindowFacts {
  readonly start: string;
  readonly end: string;
  readonly total: number;
  readonly error: number;
  readonly throttle: number;
  readonly fault: number;
  /** Absent where nothing was answered. */
  readonly p50Seconds?: number;
  readonly p95Seconds?: number;
}

/** `unknown`: too little traffic in one of the windows to say anything. */
export type Change = 'worse' | 'better' | 'same' | 'unknown';

/** One measure before and after: how likely chance alone makes as large a difference, and what became of it. */
export interface Comparison {
  readonly change: Change;
  /** After minus before: seconds, or a share from 0 to 1. */
  readonly delta: number;
  /** Two-sided; absent where `change` is `unknown`. */
  readonly pValue?: number;
}

export interface ExampleTrace {
  /** `1-5759e988-bd862e3fe1be46a994272793`. */
  readonly traceId: string;
  readonly at: string;
  /** Of the service's own segment. */
  readonly seconds: number;
  readonly outcome: 'ok' | 'error' | 'throttle' | 'fault';
}

/** What became of a service with one deployment; an element of `GET /_hatoba/overview/deployments`. */
export interface DeploymentEffect {
  readonly cluster: string;
  readonly service: string;
  readonly deploymentArn: string;
  /** `family:7`, and what ran before; absent for the first deployment. */
  readonly revision: string;
  readonly previousRevision?: string;
  /** As ListServiceDeployments says: `SUCCESSFUL`, `IN_PROGRESS`, `ROLLBACK_SUCCESSFUL` ... */
  readonly status: string;
  readonly at: string;
  readonly finishedAt?: string;
  /** Both windows are this long: one ends where the deployment begins, the other begins where it is done. */
  readonly windowSeconds: number;
  readonly before: WindowFacts;
  readonly after: WindowFacts;
  /** Delta is that of p95, the p-value that of the two distributions. */
  readonly latency: Comparison;
  readonly faults: Comparison;
  readonly errors: Comparison;
  /** The worst of the three; `better` only if none is worse. */
  readonly change: Change;
  /** Up to three traces after the deployment: failed ones if those became more, otherwise the slowest. */
  readonly examples: readonly ExampleTrace[];
}

/** The answer of `GET /_hatoba/overview/deployments?start=&end=&cluster=&service=` (times as everywhere; newest first). */
export interface DeploymentEffects {
  readonly start: string;
  readonly end: string;
  readonly deployments: readonly DeploymentEffect[];
}
