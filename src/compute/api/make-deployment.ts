import { newHexId } from '../../platform/ids.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import { ecsArn, newDeploymentId, newDigits } from '../arns.ts';
import { historyWrite } from '../deployment-history.ts';
import type { DeploymentRecord, RevisionSpec, ServiceRecord, ServiceRevisionRecord } from '../model.ts';
import { serviceKey } from '../model.ts';
import { circuitBreakerThreshold } from '../scheduler/circuit-breaker.ts';
import { noThrottle } from '../scheduler/start-throttle.ts';
import type { ComputeStore, Write } from '../store.ts';

/** Service deployments that are remembered for one service. */
const historyMax = 50;

interface Named extends AccountRegion {
  readonly clusterName: string;
  readonly name: string;
}

/** A new PRIMARY deployment of `spec`, before any of its tasks. */
export function newDeployment(
  service: Named & Pick<ServiceRecord, 'desiredCount' | 'deploymentConfiguration'>,
  spec: RevisionSpec,
  sourceRevisionArns: readonly string[],
  nowMs: number,
): DeploymentRecord {
  const id = newDeploymentId();
  const path = `${service.clusterName}/${service.name}`;
  const guarded = circuitBreakerThreshold(service.deploymentConfiguration, service.desiredCount) !== undefined;
  return {
    id,
    serviceDeploymentArn: ecsArn(service, `service-deployment/${path}/${newHexId(11).slice(0, 21)}`),
    revisionArn: ecsArn(service, `service-revision/${path}/${newDigits()}`),
    spec,
    status: 'PRIMARY',
    rolloutState: 'IN_PROGRESS',
    rolloutStateReason: `ECS deployment ${id} in progress.`,
    desiredCount: service.desiredCount,
    failedTasks: 0,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    sourceRevisionArns,
    serviceDeploymentStatus: 'IN_PROGRESS',
    circuitBreakerStatus: guarded ? 'MONITORING' : 'DISABLED',
    alarmsTriggered: [],
  };
}

/** The service with a new deployment of `spec` in front. A rollout that it overtakes ends as STOPPED. */
export function withNewDeployment(service: ServiceRecord, spec: RevisionSpec, nowMs: number): ServiceRecord {
  const primary = newDeployment(
    service,
    spec,
    service.deployments.map((deployment) => deployment.revisionArn),
    nowMs,
  );
  const older = service.deployments.map((deployment): DeploymentRecord => {
    const overtaken = deployment.rolloutState === 'IN_PROGRESS' && deployment.rollbackOf === undefined;
    return {
      ...deployment,
      status: 'ACTIVE',
      updatedAtMs: nowMs,
      ...(overtaken
        ? {
            serviceDeploymentStatus: 'STOPPED',
            statusReason: `Service deployment overtaken by ${primary.serviceDeploymentArn}.`,
            finishedAtMs: nowMs,
            circuitBreakerStatus:
              deployment.circuitBreakerStatus === 'MONITORING'
                ? 'MONITORING_COMPLETE'
                : deployment.circuitBreakerStatus,
          }
        : {}),
    };
  });
  return { ...service, deployments: [primary, ...older], throttle: noThrottle, steadySinceMs: undefined };
}

/** What is written besides the service itself when its deployments have changed: history and the new revision. */
export function deploymentWrites(
  store: ComputeStore,
  before: ServiceRecord | undefined,
  after: ServiceRecord,
): Write<any>[] {
  const known = new Map((before?.deployments ?? []).map((deployment) => [deployment.id, deployment]));
  const writes: Write<any>[] = [];
  for (const deployment of after.deployments) {
    if (known.get(deployment.id) === deployment || deployment.rollbackOf !== undefined) continue;
    writes.push(historyWrite(store, after, deployment));
    if (known.has(deployment.id)) continue;
    const revision: ServiceRevisionRecord = {
      account: after.account,
      region: after.region,
      arn: deployment.revisionArn,
      serviceArn: after.arn,
      clusterArn: after.clusterArn,
      createdAtMs: deployment.createdAtMs,
      spec: deployment.spec,
    };
    const id = deployment.revisionArn.slice(deployment.revisionArn.lastIndexOf('/') + 1);
    writes.push({ mirror: store.revisions, key: `${serviceKey(after)}/${id}`, expect: 'absent', put: revision });
  }
  return [...writes, ...forgetOldest(store, after)];
}

function forgetOldest(store: ComputeStore, service: ServiceRecord): Write<any>[] {
  const prefix = `${serviceKey(service)}/`;
  const known = store.serviceDeployments
    .list(prefix)
    .sort((a, b) => a.deployment.createdAtMs - b.deployment.createdAtMs);
  const living = new Set(service.deployments.map((deployment) => deployment.id));
  const idOf = (arn: string) => arn.slice(arn.lastIndexOf('/') + 1);
  return known
    .slice(0, Math.max(0, known.length - historyMax))
    .filter((record) => !living.has(record.deployment.id))
    .flatMap((record) => [
      { mirror: store.serviceDeployments, key: `${prefix}${idOf(record.arn)}` },
      { mirror: store.revisions, key: `${prefix}${idOf(record.deployment.revisionArn)}` },
    ]);
}
