/** The answer of `GET /_hatoba/overview/trace?traceId=`: what went on around a trace in the services that took part. */
export interface TraceContext {
  readonly traceId: string;
  /** ISO 8601, as every time here. */
  readonly start: string;
  readonly end: string;
  /** Those in progress at the time first, then the last one before of each other service, the latest first. */
  readonly deployments: readonly DeploymentOfTrace[];
  /** How much of what they may use the services or their tasks used then. */
  readonly usage: readonly UsageOfTrace[];
  /** Tasks of the trace that ended while it ran or soon after. */
  readonly stops: readonly StopOfTrace[];
}

export interface DeploymentOfTrace {
  readonly cluster: string;
  readonly service: string;
  readonly deploymentArn: string;
  /** `family:7`. */
  readonly revision: string;
  readonly previousRevision?: string;
  /** As ECS has it: `SUCCESSFUL`, `IN_PROGRESS`, `ROLLBACK_SUCCESSFUL` ... */
  readonly status: string;
  readonly at: string;
  readonly finishedAt?: string;
  /** Whether it was in progress while the trace ran, or the last that was done before. */
  readonly when: 'during' | 'before';
  /** From its beginning (`during`) or its end (`before`) to the trace's start; negative when it began meanwhile. */
  readonly secondsBefore: number;
  /** Revisions of the tasks that served this trace, where they are known. */
  readonly servedBy: readonly string[];
}

export interface UsageOfTrace {
  readonly cluster: string;
  readonly service: string;
  /** Id of the task; absent when it is the highest of all tasks of the service. */
  readonly task?: string;
  /** Of what is reserved, at most, in the minutes of the trace. */
  readonly cpuPercent?: number;
  readonly memoryPercent?: number;
}

export interface StopOfTrace {
  readonly cluster: string;
  readonly service: string;
  /** Id of the task. */
  readonly task: string;
  readonly at: string;
  readonly reason: string;
  readonly outOfMemory: boolean;
}
