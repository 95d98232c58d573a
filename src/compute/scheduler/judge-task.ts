import type { TaskRecord } from '../model.ts';

/** What a load balancer says about one task, as the traffic plane words it. */
export interface TargetVerdict {
  readonly state: 'initial' | 'healthy' | 'unhealthy' | 'unused' | 'draining' | 'unavailable';
  readonly reason: string;
  readonly description: string;
}

export interface HealthEvidence {
  /** True when an essential container of the definition has a health check. */
  readonly hasHealthCheck: boolean;
  /** By target group ARN; a target that is not registered yet is absent. */
  readonly targets: ReadonlyMap<string, TargetVerdict>;
  readonly gracePeriodMs: number;
  /** How long a task without any check must have been up before it counts; 0 outside deployments. */
  readonly settleMs: number;
  readonly nowMs: number;
}

export interface TaskVerdict {
  /** `pending`: on its way to RUNNING. `starting`: RUNNING, not known to be healthy yet. `sick`: to be replaced. */
  readonly condition: 'pending' | 'starting' | 'healthy' | 'sick';
  /** For `sick`: the text of stoppedReason. */
  readonly cause?: string;
  /** When the verdict changes by the mere passing of time. */
  readonly recheckAtMs?: number;
}

/** How the scheduler counts a task that is meant to run. */
export function judgeTask(task: TaskRecord, evidence: HealthEvidence): TaskVerdict {
  if (task.lastStatus !== 'RUNNING' || task.startedAtMs === undefined) return { condition: 'pending' };
  const graceEndsAtMs = task.startedAtMs + evidence.gracePeriodMs;
  const inGrace = evidence.nowMs < graceEndsAtMs;
  const groups = task.loadBalancers.flatMap((balancer) => balancer.targetGroupArn ?? []);
  const sickBecause = causeOfSickness(task, groups, evidence);
  if (sickBecause !== undefined) {
    return inGrace ? { condition: 'starting', recheckAtMs: graceEndsAtMs } : { condition: 'sick', cause: sickBecause };
  }
  if (evidence.hasHealthCheck && task.healthStatus !== 'HEALTHY') return { condition: 'starting' };
  if (groups.some((group) => !standsIn(evidence.targets.get(group)))) return { condition: 'starting' };
  const unchecked = !evidence.hasHealthCheck && groups.length === 0;
  const settledAtMs = task.startedAtMs + evidence.settleMs;
  if (unchecked && task.healthyAtMs === undefined && evidence.nowMs < settledAtMs) {
    return { condition: 'starting', recheckAtMs: settledAtMs };
  }
  return { condition: 'healthy' };
}

function causeOfSickness(task: TaskRecord, groups: readonly string[], evidence: HealthEvidence): string | undefined {
  if (task.healthStatus === 'UNHEALTHY') return 'Task failed container health checks';
  const group = groups.find((arn) => evidence.targets.get(arn)?.state === 'unhealthy');
  return group === undefined ? undefined : `Task failed ELB health checks in (target-group ${group})`;
}

/** A group that no balancer uses, or that is not checked, has nothing to say against a task. */
function standsIn(target: TargetVerdict | undefined): boolean {
  if (target === undefined) return false;
  if (target.state === 'unused') return target.reason === 'Target.NotInUse';
  return target.state === 'healthy' || target.state === 'unavailable';
}
