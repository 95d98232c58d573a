/** Where a resource lives: 12-digit account and region name. */
export interface AccountRegion {
  readonly account: string;
  readonly region: string;
}

/** Who calls, as GetCallerIdentity would say it. */
export interface Principal {
  readonly kind: 'root' | 'user' | 'assumed-role' | 'anonymous';
  readonly account: string;
  /** `arn:aws:iam::A:root`, `arn:aws:iam::A:user/N` or `arn:aws:sts::A:assumed-role/R/SESSION`. */
  readonly arn: string;
  /** UserId of GetCallerIdentity. */
  readonly userId: string;
  readonly accessKeyId?: string;
  /** Set for assumed roles. */
  readonly roleArn?: string;
  /** Policies that narrow an assumed role's session further: the call must be allowed by these, too. */
  readonly sessionPolicies?: readonly string[];
}

/** What we know of a workload because we scheduled it; empty strings where there is none. */
export interface WorkloadIdentity extends AccountRegion {
  readonly clusterName: string;
  readonly serviceName: string;
  readonly taskArn: string;
  readonly taskDefinitionFamily: string;
  readonly taskDefinitionRevision: number;
  readonly deploymentId: string;
  readonly containerName: string;
  readonly image: string;
  readonly availabilityZone: string;
}

/** Everything a handler may know about the call it answers. */
export interface CallContext extends AccountRegion {
  readonly requestId: string;
  readonly principal: Principal;
  /** The task on whose own listener the call arrived. */
  readonly workload?: WorkloadIdentity;
  /** The answer goes out as JSON: structures in it may be `RawJson`. Calls from inside take objects. */
  readonly takesRawJson?: true;
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal;
}
