import type { TaskStopCode } from '@aws-sdk/client-ecs';
import type { DeploymentRecord, ServiceRecord, TaskRecord } from '../model.ts';
import { chooseTasksToStop } from './choose-tasks-to-stop.ts';
import { judgeTask, type TargetVerdict, type TaskVerdict } from './judge-task.ts';
import { type RollingBounds, rollingBounds, rollingStep } from './rolling-update.ts';
import { serviceEvent } from './service-events.ts';
import { classifyEndedTasks, settleDeployment } from './settle-deployment.ts';
import { impairedAfterFailures, noThrottle, throttleAfterFailures } from './start-throttle.ts';

/** Everything that the decision may depend on. */
export interface ServiceSnapshot {
  readonly service: ServiceRecord;
  /** All that are remembered, stopped ones included. */
  readonly tasks: readonly TaskRecord[];
  /** By task ARN, then by target group ARN. */
  readonly targets: ReadonlyMap<string, ReadonlyMap<string, TargetVerdict>>;
  /** ARNs of task definitions with a health check on an essential container. */
  readonly healthChecked: ReadonlySet<string>;
  readonly alarmsInAlarm: readonly string[];
  /** How long a task without any check must be up during a deployment before it counts as healthy. */
  readonly settleMs: number;
  /** Machines that a DAEMON service must cover. */
  readonly daemonCount: number;
  readonly lastPlacementFailed: boolean;
  readonly newDeploymentId: string;
  readonly nowMs: number;
}

export interface TaskStop {
  readonly taskId: string;
  readonly stopCode: TaskStopCode;
  readonly reason: string;
}

export interface ServiceDecision {
  /** The service as it should be stored; the same object when nothing changes. Events are still to be added. */
  readonly service: ServiceRecord;
  readonly start?: { readonly deployment: DeploymentRecord; readonly count: number };
  readonly stop: readonly TaskStop[];
  /** Ids of tasks that count as healthy for the first time. */
  readonly becameHealthy: readonly string[];
  /** Ids of ended tasks from which conclusions have been drawn. */
  readonly settled: readonly string[];
  readonly events: readonly string[];
  /** When to look again even if nothing changes. */
  readonly recheckAtMs?: number;
}

interface Judged {
  readonly task: TaskRecord;
  readonly verdict: TaskVerdict;
}

const steadyRepeatMs = 6 * 3600_000;
/** Failures are forgotten when this much time has passed since the next start was allowed. */
const forgetFailuresAfterMs = 60_000;

/** What must change so that the service runs as desired. Touches nothing. */
export function reconcileService(snapshot: ServiceSnapshot): ServiceDecision {
  const { service } = snapshot;
  if (service.status === 'INACTIVE') return nothing(service);
  if (service.status === 'DRAINING') return drainService(snapshot);

  const ended = snapshot.tasks.filter((task) => task.desiredStatus === 'STOPPED' && task.settled !== true);
  const live = snapshot.tasks.filter((task) => task.desiredStatus === 'RUNNING' && task.lastStatus !== 'STOPPED');
  const judged = judgeTasks(snapshot, live);
  const becameHealthy = judged.filter((one) => isHealthy(one) && one.task.healthyAtMs === undefined);

  const { condemned, lingering } = sortSickTasks(service, judged);
  const failures = classifyEndedTasks(ended);
  const primaryBefore = service.deployments.find((deployment) => deployment.status === 'PRIMARY');
  const ofPrimary = (task: TaskRecord) => task.deploymentId === primaryBefore?.id;
  const settlement = settleDeployment(service, {
    failed: [...failures.neverRan, ...failures.endedSoon, ...condemned.map((one) => one.task)].filter(ofPrimary).length,
    becameHealthy: becameHealthy.filter((one) => ofPrimary(one.task)).length,
    alarmsInAlarm: snapshot.alarmsInAlarm,
    nowMs: snapshot.nowMs,
    newDeploymentId: snapshot.newDeploymentId,
  });
  const throttle = settleThrottle(snapshot, settlement.deployments, failures);
  const events = [...settlement.events, ...sicknessEvents(snapshot, [...condemned, ...lingering])];
  if (throttle.failures >= impairedAfterFailures && throttle.failures !== service.throttle.failures) {
    events.push(serviceEvent.startImpaired(ended.at(-1)?.stoppedReason ?? ''));
  }

  const settledService = { ...service, deployments: settlement.deployments, throttle };
  const staying = judged.filter((one) => !condemned.includes(one));
  const step = scale(snapshot, settledService, staying, lingering);
  const stop = [...condemned.map(stopSick), ...step.stop];
  events.push(...step.events);
  const finished = finishDeployments(snapshot, settledService, staying, stop, step.start > 0);
  events.push(...finished.events);

  const primary = finished.service.deployments[0];
  const rechecks = [
    ...judged.flatMap((one) => one.verdict.recheckAtMs ?? []),
    ...(throttle.nextStartAtMs > snapshot.nowMs ? [throttle.nextStartAtMs] : []),
  ];
  return {
    service: same(service, finished.service),
    start: step.start > 0 && primary !== undefined ? { deployment: primary, count: step.start } : undefined,
    stop,
    becameHealthy: becameHealthy.map((one) => one.task.id),
    settled: ended.map((task) => task.id),
    events,
    recheckAtMs: rechecks.length === 0 ? undefined : Math.min(...rechecks),
  };
}

const isHealthy = (one: Judged): boolean => one.verdict.condition === 'healthy';

const nothing = (service: ServiceRecord): ServiceDecision => ({
  service,
  stop: [],
  becameHealthy: [],
  settled: [],
  events: [],
});

/** A deleted service: everything stops; when the last task has stopped it is INACTIVE and its name is free. */
function drainService(snapshot: ServiceSnapshot): ServiceDecision {
  const { service, tasks, nowMs } = snapshot;
  const left = tasks.filter((task) => task.lastStatus !== 'STOPPED');
  const stop = left
    .filter((task) => task.desiredStatus === 'RUNNING')
    .map((task) => scaleIn(task, service.deployments[0]?.id ?? service.name));
  const events = stop.length === 0 ? [] : [serviceEvent.stopped(stop.map((one) => one.taskId))];
  const next: ServiceRecord =
    left.length === 0 ? { ...service, status: 'INACTIVE', inactiveAtMs: nowMs, deployments: [] } : service;
  return { ...nothing(next), stop, events };
}

function judgeTasks(snapshot: ServiceSnapshot, live: readonly TaskRecord[]): Judged[] {
  const { service } = snapshot;
  const inProgress = new Set(
    service.deployments.filter((one) => one.rolloutState === 'IN_PROGRESS').map((deployment) => deployment.id),
  );
  return live.map((task) => ({
    task,
    verdict: judgeTask(task, {
      hasHealthCheck: snapshot.healthChecked.has(task.taskDefinitionArn),
      targets: snapshot.targets.get(task.arn) ?? new Map(),
      gracePeriodMs: (service.healthCheckGracePeriodSeconds ?? 0) * 1000,
      settleMs: inProgress.has(task.deploymentId ?? '') ? snapshot.settleMs : 0,
      nowMs: snapshot.nowMs,
    }),
  }));
}

/**
 * Sick tasks of a rollout, or that never were well, go at once: they are its failure. One that has been well stays
 * until its replacement is (`lingering`).
 */
function sortSickTasks(
  service: ServiceRecord,
  judged: readonly Judged[],
): { condemned: Judged[]; lingering: Judged[] } {
  const primary = service.deployments.find((deployment) => deployment.status === 'PRIMARY');
  const sick = judged.filter((one) => one.verdict.condition === 'sick' && one.task.deploymentId === primary?.id);
  const isCondemned = (one: Judged) => primary?.rolloutState === 'IN_PROGRESS' || one.task.healthyAtMs === undefined;
  return { condemned: sick.filter(isCondemned), lingering: sick.filter((one) => !isCondemned(one)) };
}

function sicknessEvents(snapshot: ServiceSnapshot, sick: readonly Judged[]): string[] {
  return sick.map(({ task }) => {
    if (task.healthStatus === 'UNHEALTHY') return serviceEvent.failedContainerHealthChecks(task.id);
    const targets = snapshot.targets.get(task.arn);
    const group = [...(targets ?? [])].find(([, target]) => target.state === 'unhealthy');
    const balancer = task.loadBalancers.find((one) => one.targetGroupArn === group?.[0]);
    return serviceEvent.targetUnhealthy(
      task.address ?? task.id,
      balancer?.containerPort ?? 0,
      group?.[0] ?? '',
      group?.[1].description ?? '',
    );
  });
}

const stopSick = (one: Judged): TaskStop => ({
  taskId: one.task.id,
  stopCode: 'ServiceSchedulerInitiated',
  reason: one.verdict.cause ?? 'Task failed health checks',
});

const scaleIn = (task: TaskRecord, deploymentId: string): TaskStop => ({
  taskId: task.id,
  stopCode: 'ServiceSchedulerInitiated',
  reason: `Scaling activity initiated by (deployment ${deploymentId})`,
});

function settleThrottle(
  snapshot: ServiceSnapshot,
  deployments: readonly DeploymentRecord[],
  failures: { neverRan: readonly TaskRecord[]; endedSoon: readonly TaskRecord[] },
): ServiceRecord['throttle'] {
  const { service, nowMs } = snapshot;
  const before = service.throttle;
  const rolledBack = deployments[0]?.id !== service.deployments[0]?.id;
  if (rolledBack) return noThrottle;
  const primaryId = deployments[0]?.id;
  const count = (tasks: readonly TaskRecord[]) => tasks.filter((task) => task.deploymentId === primaryId).length;
  const after = throttleAfterFailures(
    before,
    { neverRan: count(failures.neverRan), endedSoon: count(failures.endedSoon) },
    nowMs,
  );
  const quiet = before.failures > 0 && nowMs - before.nextStartAtMs > forgetFailuresAfterMs;
  return after === before && quiet ? noThrottle : after;
}

interface ScaleStep {
  readonly start: number;
  readonly stop: readonly TaskStop[];
  readonly events: readonly string[];
}

/** How many tasks start and which stop, within the bounds of the deployment configuration. */
function scale(
  snapshot: ServiceSnapshot,
  service: ServiceRecord,
  judged: readonly Judged[],
  lingering: readonly Judged[],
): ScaleStep {
  const primary = service.deployments[0];
  if (primary === undefined) return { start: 0, stop: [], events: [] };
  const desiredCount = desiredCountOf(snapshot);
  const ofPrimary = judged.filter((one) => one.task.deploymentId === primary.id);
  const well = ofPrimary.filter((one) => !lingering.includes(one));
  const old = judged.filter((one) => one.task.deploymentId !== primary.id);
  const failed = primary.rolloutState === 'FAILED';
  const bounds = boundsOf(service, desiredCount);
  const excess = well.length - desiredCount;
  const step = rollingStep(
    {
      desiredCount,
      primary: well.length,
      total: judged.length,
      healthyTotal: judged.filter(isHealthy).length,
      oldHealthy: failed ? 0 : old.filter(isHealthy).length,
      oldUnhealthy: failed ? 0 : old.filter((one) => !isHealthy(one)).length,
      mayStart: !failed && snapshot.nowMs >= service.throttle.nextStartAtMs,
      needsRoom: snapshot.lastPlacementFailed,
    },
    bounds,
  );
  const healthyOnes = new Set(judged.filter(isHealthy).map((one) => one.task));
  const choose = (from: readonly Judged[], count: number) =>
    chooseTasksToStop(
      from.map((one) => one.task),
      Math.max(0, count),
      (task) => healthyOnes.has(task),
      snapshot.nowMs,
    );
  const chosen = [
    ...choose(well, excess),
    ...choose(old.filter(isHealthy), step.stopOldHealthy),
    ...choose(
      old.filter((one) => !isHealthy(one)),
      step.stopOldUnhealthy,
    ),
  ];
  const replaced = lingering.slice(
    0,
    lingeringToStop(well, lingering, desiredCount, step.start, bounds, judged.length),
  );
  const stop = [...chosen.map((task) => scaleIn(task, primary.id)), ...replaced.map(stopSick)];
  return {
    start: step.start,
    stop,
    events: scaleEvents(primary, stop, chosen.length < excess, step.blocked && stop.length === 0),
  };
}

function scaleEvents(
  primary: DeploymentRecord,
  stop: readonly TaskStop[],
  isProtected: boolean,
  blocked: boolean,
): string[] {
  return [
    ...(stop.length > 0 ? [serviceEvent.stopped(stop.map((one) => one.taskId))] : []),
    ...(isProtected ? [serviceEvent.protectedTasks(primary.id)] : []),
    ...(blocked ? [serviceEvent.blockedByConfiguration()] : []),
  ];
}

/** Sick tasks whose replacement is well, and where there is no room for one, as many as make it. */
function lingeringToStop(
  well: readonly Judged[],
  lingering: readonly Judged[],
  desiredCount: number,
  started: number,
  bounds: RollingBounds,
  total: number,
): number {
  const replaced = Math.max(0, well.filter(isHealthy).length + lingering.length - desiredCount);
  const missing = Math.max(0, desiredCount - well.length - started);
  const withoutRoom = total + started >= bounds.totalMax ? missing : 0;
  return Math.min(lingering.length, Math.max(replaced, withoutRoom));
}

const desiredCountOf = (snapshot: ServiceSnapshot): number =>
  snapshot.service.schedulingStrategy === 'DAEMON' ? snapshot.daemonCount : snapshot.service.desiredCount;

function boundsOf(service: ServiceRecord, desiredCount: number): RollingBounds {
  const bounds = rollingBounds(desiredCount, service.deploymentConfiguration);
  // One deployment alone is not an update: it may always have all of its tasks.
  return service.deployments.length === 1 ? { ...bounds, totalMax: Math.max(bounds.totalMax, desiredCount) } : bounds;
}

/** Completes the rollout, lets deployments without tasks go, and tells of the steady state. */
function finishDeployments(
  snapshot: ServiceSnapshot,
  service: ServiceRecord,
  judged: readonly Judged[],
  stop: readonly TaskStop[],
  starts: boolean,
): { service: ServiceRecord; events: string[] } {
  const { nowMs } = snapshot;
  const desiredCount = desiredCountOf(snapshot);
  const [primary, ...others] = service.deployments;
  if (primary === undefined) return { service, events: [] };
  const present = new Set(
    snapshot.tasks.filter((task) => task.lastStatus !== 'STOPPED').map((task) => task.deploymentId),
  );
  // A rollback is written down as such before it may complete, so that the history knows of it.
  const rolledBack = primary.id !== snapshot.service.deployments[0]?.id;
  const remaining = others.filter((deployment) => rolledBack || present.has(deployment.id));
  const liveOf = (id: string) => judged.filter((one) => one.task.deploymentId === id);
  const healthy = liveOf(primary.id).filter(isHealthy).length;
  const whole = healthy === desiredCount && liveOf(primary.id).length === desiredCount && stop.length === 0 && !starts;
  const completes = whole && remaining.length === 0 && primary.rolloutState === 'IN_PROGRESS';
  const events: string[] = [];
  let nextPrimary = primary.desiredCount === desiredCount ? primary : { ...primary, desiredCount, updatedAtMs: nowMs };
  if (completes) {
    nextPrimary = completeDeployment(nextPrimary, nowMs);
    events.push(serviceEvent.deploymentCompleted(primary.id));
  }
  const deployments = [nextPrimary, ...remaining.map((one) => withDesiredCount(one, liveOf(one.id).length, nowMs))];
  const steady =
    whole &&
    remaining.length === 0 &&
    snapshot.tasks.every((task) => task.lastStatus === 'RUNNING' || task.lastStatus === 'STOPPED');
  const tellSteady = steady && nowMs - (service.steadyReportedAtMs ?? 0) >= steadyRepeatMs;
  const becameSteady = steady && service.steadySinceMs === undefined;
  if (tellSteady || becameSteady) events.push(serviceEvent.steadyState());
  return {
    events,
    service: {
      ...service,
      deployments,
      lastCompleted: completes
        ? { spec: primary.spec, revisionArn: primary.revisionArn, deploymentId: primary.id }
        : service.lastCompleted,
      steadySinceMs: steady ? (service.steadySinceMs ?? nowMs) : undefined,
      steadyReportedAtMs: tellSteady || becameSteady ? nowMs : service.steadyReportedAtMs,
    },
  };
}

const withDesiredCount = (deployment: DeploymentRecord, desiredCount: number, nowMs: number): DeploymentRecord =>
  deployment.desiredCount === desiredCount ? deployment : { ...deployment, desiredCount, updatedAtMs: nowMs };

const completeDeployment = (deployment: DeploymentRecord, nowMs: number): DeploymentRecord => ({
  ...deployment,
  rolloutState: 'COMPLETED',
  rolloutStateReason: `ECS deployment ${deployment.id} completed.`,
  failedTasks: 0,
  updatedAtMs: nowMs,
  finishedAtMs: nowMs,
  serviceDeploymentStatus: 'SUCCESSFUL',
  circuitBreakerStatus:
    deployment.circuitBreakerStatus === 'MONITORING' ? 'MONITORING_COMPLETE' : deployment.circuitBreakerStatus,
});

/** The old object when nothing in it has changed, so that nothing is written. */
function same(before: ServiceRecord, after: ServiceRecord): ServiceRecord {
  const deployments =
    before.deployments.length === after.deployments.length &&
    before.deployments.every((deployment, index) => deployment === after.deployments[index]);
  const equal =
    deployments &&
    before.throttle === after.throttle &&
    before.lastCompleted === after.lastCompleted &&
    before.steadySinceMs === after.steadySinceMs &&
    before.steadyReportedAtMs === after.steadyReportedAtMs;
  return equal ? before : after;
}
