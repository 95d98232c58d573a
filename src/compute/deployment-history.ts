import { type DeploymentRecord, type ServiceDeploymentRecord, type ServiceRecord, serviceKey } from './model.ts';
import type { ComputeStore, Write } from './store.ts';

/** Keeps the history of service deployments in step; a rollback's end is written to the deployment it undid. */
export function historyWrites(store: ComputeStore, before: ServiceRecord, after: ServiceRecord): Write<any>[] {
  if (before.deployments === after.deployments) return [];
  const known = new Map(before.deployments.map((deployment) => [deployment.id, deployment]));
  const writes: Write<any>[] = [];
  for (const deployment of after.deployments) {
    if (known.get(deployment.id) === deployment) continue;
    if (deployment.rollbackOf === undefined) writes.push(historyWrite(store, after, deployment));
    else if (deployment.rolloutState === 'COMPLETED') {
      const undone = store.serviceDeployments
        .list(`${serviceKey(after)}/`)
        .find((record) => record.deployment.id === deployment.rollbackOf);
      if (undone !== undefined && undone.deployment.serviceDeploymentStatus === 'ROLLBACK_IN_PROGRESS') {
        const finished: DeploymentRecord = {
          ...undone.deployment,
          serviceDeploymentStatus: 'ROLLBACK_SUCCESSFUL',
          finishedAtMs: deployment.finishedAtMs,
        };
        writes.push(historyWrite(store, after, finished));
      }
    }
  }
  return writes;
}

export function historyWrite(
  store: ComputeStore,
  service: ServiceRecord,
  deployment: DeploymentRecord,
): Write<ServiceDeploymentRecord> {
  const id = deployment.serviceDeploymentArn.slice(deployment.serviceDeploymentArn.lastIndexOf('/') + 1);
  return {
    mirror: store.serviceDeployments,
    key: `${serviceKey(service)}/${id}`,
    put: {
      account: service.account,
      region: service.region,
      arn: deployment.serviceDeploymentArn,
      serviceArn: service.arn,
      clusterArn: service.clusterArn,
      deployment,
      deploymentConfiguration: service.deploymentConfiguration,
    },
  };
}
