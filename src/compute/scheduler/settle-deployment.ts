import type { DeploymentRecord, ServiceRecord, TaskRecord } from '../model.ts';
import { circuitBreakerThreshold, countFailures } from './circuit-breaker.ts';
import { serviceEvent } from './service-events.ts';

/** A task that ends by itself within this time of its start counts as one that does not stay up. */
const staysUpMs = 60_000;

export interface EndedTasks {
  readonly neverRan: readonly TaskRecord[];
  readonly endedSoon: readonly TaskRecord[];
}

/** Sorts tasks that ended by themselves; those that somebody stopped are nobody's failure. */
export function classifyEndedTasks(ended: readonly TaskRecord[]): EndedTasks {
  const byThemselves = ended.filter(
    (task) => task.stopCode === 'TaskFailedToStart' || task.stopCode === 'EssentialContainerExited',
  );
  const ranMs = (task: TaskRecord) =>
    (task.executionStoppedAtMs ?? task.stoppingAtMs ?? task.startedAtMs ?? 0) - (task.startedAtMs ?? 0);
  return {
    neverRan: byThemselves.filter((task) => task.startedAtMs === undefined),
    endedSoon: byThemselves.filter((task) => task.startedAtMs !== undefined && ranMs(task) < staysUpMs),
  };
}

export interface RolloutEvidence {
  /** Tasks of this deployment that failed since the last look: they never ran, ended soon, or failed their checks. */
  readonly failed: number;
  readonly becameHealthy: number;
  /** Alarms of the deployment configuration that are in ALARM. */
  readonly alarmsInAlarm: readonly string[];
  readonly nowMs: number;
  /** For a rollback whose source has already gone. */
  readonly newDeploymentId: string;
}

/**
 * Counts failures of the PRIMARY deployment, fails it when the circuit breaker or an alarm says so, and rolls back where
 * that is asked for and there is a completed deployment to return to.
 */
export function settleDeployment(
  service: ServiceRecord,
  evidence: RolloutEvidence,
): { deployments: readonly DeploymentRecord[]; events: readonly string[] } {
  const primary = service.deployments.find((deployment) => deployment.status === 'PRIMARY');
  if (primary === undefined) return { deployments: service.deployments, events: [] };
  const configuration = service.deploymentConfiguration;
  const failedTasks = countFailures(primary.failedTasks, evidence, configuration);
  const counted =
    failedTasks === primary.failedTasks ? primary : { ...primary, failedTasks, updatedAtMs: evidence.nowMs };
  const others = service.deployments.filter((deployment) => deployment !== primary);
  const judged = { deployments: [counted, ...others], events: [] };
  if (primary.rolloutState !== 'IN_PROGRESS' || primary.rollbackOf !== undefined) return judged;

  const threshold = circuitBreakerThreshold(configuration, service.desiredCount);
  if (threshold !== undefined && failedTasks >= threshold) {
    const reason = 'ECS deployment circuit breaker: tasks failed to start.';
    const events = [serviceEvent.deploymentFailed(primary.id)];
    const rollback = configuration.deploymentCircuitBreaker?.rollback === true;
    const failed: DeploymentRecord = { ...counted, circuitBreakerStatus: 'TRIGGERED' };
    return failDeployment(service, failed, others, { reason, events, rollback }, evidence);
  }
  if (configuration.alarms?.enable && evidence.alarmsInAlarm.length > 0) {
    const reason = `ECS deployment failed: alarm(s) detected: ${evidence.alarmsInAlarm.join(', ')}.`;
    const events = [serviceEvent.deploymentAlarm(primary.id, evidence.alarmsInAlarm)];
    const failed: DeploymentRecord = { ...counted, alarmsTriggered: evidence.alarmsInAlarm };
    const rollback = configuration.alarms.rollback === true;
    return failDeployment(service, failed, others, { reason, events, rollback }, evidence);
  }
  return judged;
}

function failDeployment(
  service: ServiceRecord,
  primary: DeploymentRecord,
  others: readonly DeploymentRecord[],
  failure: { reason: string; events: string[]; rollback: boolean },
  evidence: RolloutEvidence,
): { deployments: readonly DeploymentRecord[]; events: readonly string[] } {
  const failed: DeploymentRecord = {
    ...primary,
    rolloutState: 'FAILED',
    rolloutStateReason: failure.reason,
    statusReason: failure.reason,
    serviceDeploymentStatus: 'STOPPED',
    updatedAtMs: evidence.nowMs,
    finishedAtMs: evidence.nowMs,
  };
  const target = service.lastCompleted;
  if (!failure.rollback || target === undefined) return { deployments: [failed, ...others], events: failure.events };

  // The deployment to return to often still has tasks: then it becomes PRIMARY again and they are kept.
  const living = others.find((deployment) => deployment.id === target.deploymentId);
  const id = living?.id ?? evidence.newDeploymentId;
  const restored: DeploymentRecord = {
    ...(living ?? failed),
    id,
    spec: target.spec,
    revisionArn: target.revisionArn,
    status: 'PRIMARY',
    rolloutState: 'IN_PROGRESS',
    rolloutStateReason: `ECS deployment circuit breaker: rolling back to deploymentId ${id}.`,
    desiredCount: service.desiredCount,
    failedTasks: 0,
    createdAtMs: living?.createdAtMs ?? evidence.nowMs,
    updatedAtMs: evidence.nowMs,
    rollbackOf: failed.id,
    circuitBreakerStatus: 'DISABLED',
    alarmsTriggered: [],
  };
  const undone: DeploymentRecord = {
    ...failed,
    status: 'ACTIVE',
    desiredCount: 0,
    finishedAtMs: undefined,
    serviceDeploymentStatus: 'ROLLBACK_IN_PROGRESS',
    rolledBackBy: { deploymentId: id, revisionArn: target.revisionArn, atMs: evidence.nowMs },
  };
  return {
    deployments: [restored, undone, ...others.filter((deployment) => deployment !== living)],
    events: [...failure.events, serviceEvent.rollingBack(id)],
  };
}
