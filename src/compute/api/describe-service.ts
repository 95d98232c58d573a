import type { Deployment, Service } from '@aws-sdk/client-ecs';
import { type DeploymentRecord, type ServiceRecord, serviceKey, type TaskRecord } from '../model.ts';
import type { ComputeStore } from '../store.ts';
import { toDate, toTagList } from './resolve.ts';

export interface TaskCounts {
  readonly running: number;
  readonly pending: number;
}

/** RUNNING, and on the way there. Tasks on their way out are neither. */
export function countTasks(tasks: readonly TaskRecord[]): TaskCounts {
  let running = 0;
  let pending = 0;
  for (const task of tasks) {
    if (task.lastStatus === 'RUNNING') running += 1;
    else if (task.desiredStatus === 'RUNNING' && task.lastStatus !== 'STOPPED') pending += 1;
  }
  return { running, pending };
}

/** The service in the shape that the waiters read: `deployments`, `runningCount`, `desiredCount`, `status`. */
export function describeService(store: ComputeStore, service: ServiceRecord, includeTags: boolean): Service {
  const tasks = store.tasksOfService(serviceKey(service));
  const counts = countTasks(tasks);
  const primary = service.deployments[0];
  const spec = primary?.spec ?? service.lastCompleted?.spec;
  return {
    serviceArn: service.arn,
    serviceName: service.name,
    clusterArn: service.clusterArn,
    loadBalancers: [...(spec?.loadBalancers ?? [])],
    serviceRegistries: [...(spec?.serviceRegistries ?? [])],
    status: service.status,
    desiredCount: service.desiredCount,
    runningCount: counts.running,
    pendingCount: counts.pending,
    launchType: spec?.launchType,
    capacityProviderStrategy: spec?.capacityProviderStrategy && [...spec.capacityProviderStrategy],
    platformVersion: spec?.platformVersion,
    platformFamily: spec?.launchType === 'FARGATE' ? 'Linux' : undefined,
    taskDefinition: spec?.taskDefinitionArn,
    deploymentConfiguration: service.deploymentConfiguration,
    deployments: service.deployments.map((deployment) => describeDeployment(deployment, tasks)),
    roleArn: service.roleArn,
    events: service.events.map((event) => ({
      id: event.id,
      createdAt: new Date(event.createdAtMs),
      message: event.message,
    })),
    createdAt: toDate(service.createdAtMs),
    createdBy: service.createdBy,
    currentServiceDeployment: primary?.rollbackOf === undefined ? primary?.serviceDeploymentArn : undefined,
    currentServiceRevisions: service.deployments.map((deployment) => {
      const own = countTasks(tasks.filter((task) => task.deploymentId === deployment.id));
      return {
        arn: deployment.revisionArn,
        requestedTaskCount: deployment.desiredCount,
        runningTaskCount: own.running,
        pendingTaskCount: own.pending,
      };
    }),
    placementConstraints: [...service.placementConstraints],
    placementStrategy: [...service.placementStrategy],
    networkConfiguration: spec?.networkConfiguration,
    healthCheckGracePeriodSeconds: service.healthCheckGracePeriodSeconds,
    schedulingStrategy: service.schedulingStrategy,
    deploymentController: service.hasDeploymentController ? { type: 'ECS' } : undefined,
    tags: includeTags ? toTagList(service.tags) : undefined,
    enableECSManagedTags: service.enableECSManagedTags,
    propagateTags: spec?.propagateTags ?? 'NONE',
    enableExecuteCommand: spec?.enableExecuteCommand ?? false,
    availabilityZoneRebalancing: service.availabilityZoneRebalancing,
  };
}

function describeDeployment(deployment: DeploymentRecord, tasks: readonly TaskRecord[]): Deployment {
  const counts = countTasks(tasks.filter((task) => task.deploymentId === deployment.id));
  const { spec } = deployment;
  return {
    id: deployment.id,
    status: deployment.status,
    taskDefinition: spec.taskDefinitionArn,
    desiredCount: deployment.desiredCount,
    pendingCount: counts.pending,
    runningCount: counts.running,
    failedTasks: deployment.failedTasks,
    createdAt: toDate(deployment.createdAtMs),
    updatedAt: toDate(deployment.updatedAtMs),
    capacityProviderStrategy: spec.capacityProviderStrategy && [...spec.capacityProviderStrategy],
    launchType: spec.launchType,
    platformVersion: spec.platformVersion,
    platformFamily: spec.launchType === 'FARGATE' ? 'Linux' : undefined,
    networkConfiguration: spec.networkConfiguration,
    rolloutState: deployment.rolloutState,
    rolloutStateReason: deployment.rolloutStateReason,
    serviceConnectConfiguration: spec.serviceConnectConfiguration,
    volumeConfigurations: spec.volumeConfigurations && [...spec.volumeConfigurations],
  };
}
