import type { ServiceDeployment, ServiceRevision, ServiceRevisionSummary } from '@aws-sdk/client-ecs';
import { awsError } from '../../wire/aws/aws-error.ts';
import type { AccountRegion } from '../../wire/aws/call-context.ts';
import { lastPart } from '../arns.ts';
import {
  type DeploymentRecord,
  type ServiceDeploymentRecord,
  type ServiceRevisionRecord,
  serviceKey,
} from '../model.ts';
import { circuitBreakerThreshold } from '../scheduler/circuit-breaker.ts';
import type { ComputeStore } from '../store.ts';
import type { ApiDeps, EcsHandlers } from './deps.ts';
import { countTasks } from './describe-service.ts';
import { findCluster, findService, paginate, scopeOf, toDate } from './resolve.ts';
import { clusterOfServiceArn } from './resources-of-call.ts';

/** The history of deployments, as the newer API and console tell it. */
export function serviceDeploymentHandlers({ store }: ApiDeps): EcsHandlers {
  return {
    ListServiceDeployments: (input, context) => {
      const named = clusterOfServiceArn(input.service ?? '') ?? input.cluster;
      const cluster = findCluster(store, scopeOf(context), named);
      const service = findService(store, cluster, input.service ?? '');
      if (service === undefined) throw awsError('ServiceNotFoundException', 'Service not found.');
      const { before, after } = input.createdAt ?? {};
      const found = store.serviceDeployments
        .list(`${serviceKey(service)}/`)
        .filter((one) => !input.status?.length || input.status.includes(one.deployment.serviceDeploymentStatus))
        .filter((one) => before === undefined || one.deployment.createdAtMs < before.getTime())
        .filter((one) => after === undefined || one.deployment.createdAtMs > after.getTime())
        .sort((a, b) => b.deployment.createdAtMs - a.deployment.createdAtMs);
      const page = paginate(found, input, 20);
      return {
        serviceDeployments: page.items.map((one) => ({
          serviceDeploymentArn: one.arn,
          serviceArn: one.serviceArn,
          clusterArn: one.clusterArn,
          createdAt: toDate(one.deployment.createdAtMs),
          startedAt: toDate(one.deployment.createdAtMs),
          finishedAt: toDate(one.deployment.finishedAtMs),
          targetServiceRevisionArn: one.deployment.revisionArn,
          status: one.deployment.serviceDeploymentStatus,
          statusReason: one.deployment.statusReason,
        })),
        nextToken: page.nextToken,
      };
    },

    DescribeServiceDeployments: (input, context) => {
      const scope = scopeOf(context);
      return describeEach(
        input.serviceDeploymentArns,
        (arn) => {
          const record = store.serviceDeployments.get(keyOfArn(scope, arn));
          return record?.arn === arn ? describeServiceDeployment(store, record) : undefined;
        },
        'serviceDeployments',
      );
    },

    DescribeServiceRevisions: (input, context) => {
      const scope = scopeOf(context);
      return describeEach(
        input.serviceRevisionArns,
        (arn) => {
          const record = store.revisions.get(keyOfArn(scope, arn));
          return record?.arn === arn ? describeRevision(store, record) : undefined;
        },
        'serviceRevisions',
      );
    },
  };
}

/** Found ones below `name`, the others as failures. */
function describeEach<Item, Name extends string>(
  arns: readonly string[] | undefined,
  describe: (arn: string) => Item | undefined,
  name: Name,
): { [key in Name]: Item[] } & { failures: { arn: string; reason: string }[] } {
  if ((arns ?? []).length > 20)
    throw awsError('InvalidParameterException', 'At most 20 ARNs can be described at a time.');
  const found: Item[] = [];
  const failures: { arn: string; reason: string }[] = [];
  for (const arn of arns ?? []) {
    const item = describe(arn);
    if (item === undefined) failures.push({ arn, reason: 'MISSING' });
    else found.push(item);
  }
  return { [name]: found, failures } as { [key in Name]: Item[] } & { failures: { arn: string; reason: string }[] };
}

function describeServiceDeployment(store: ComputeStore, record: ServiceDeploymentRecord): ServiceDeployment {
  const { deployment, deploymentConfiguration } = record;
  const threshold = circuitBreakerThreshold(deploymentConfiguration, Math.max(1, deployment.desiredCount));
  const alarms = deploymentConfiguration.alarms;
  return {
    serviceDeploymentArn: record.arn,
    serviceArn: record.serviceArn,
    clusterArn: record.clusterArn,
    createdAt: toDate(deployment.createdAtMs),
    startedAt: toDate(deployment.createdAtMs),
    finishedAt: toDate(deployment.finishedAtMs),
    updatedAt: toDate(deployment.updatedAtMs),
    sourceServiceRevisions: deployment.sourceRevisionArns.map((arn) => revisionSummary(store, record, arn)),
    targetServiceRevision: {
      ...revisionSummary(store, record, deployment.revisionArn),
      requestedTaskCount: deployment.desiredCount,
    },
    status: deployment.serviceDeploymentStatus,
    statusReason: deployment.statusReason,
    deploymentConfiguration,
    rollback: deployment.rolledBackBy && {
      reason: deployment.rolloutStateReason,
      startedAt: toDate(deployment.rolledBackBy.atMs),
      serviceRevisionArn: deployment.rolledBackBy.revisionArn,
    },
    deploymentCircuitBreaker:
      threshold === undefined
        ? undefined
        : { status: deployment.circuitBreakerStatus, failureCount: deployment.failedTasks, threshold },
    alarms: alarms?.enable
      ? {
          status: alarmStatus(deployment),
          alarmNames: alarms.alarmNames,
          triggeredAlarmNames: [...deployment.alarmsTriggered],
        }
      : undefined,
  };
}

function alarmStatus(deployment: DeploymentRecord): 'TRIGGERED' | 'MONITORING' | 'MONITORING_COMPLETE' {
  if (deployment.alarmsTriggered.length > 0) return 'TRIGGERED';
  return deployment.rolloutState === 'IN_PROGRESS' ? 'MONITORING' : 'MONITORING_COMPLETE';
}

/** What runs of a revision now. */
function revisionSummary(store: ComputeStore, record: ServiceDeploymentRecord, arn: string): ServiceRevisionSummary {
  const key = serviceKeyOfArn(record, record.serviceArn);
  const deployments = store.services.get(key)?.deployments.filter((one) => one.revisionArn === arn) ?? [];
  const ids = new Set(deployments.map((one) => one.id));
  const counts = countTasks(store.tasksOfService(key).filter((task) => ids.has(task.deploymentId ?? '')));
  return {
    arn,
    requestedTaskCount: deployments.reduce((sum, one) => sum + one.desiredCount, 0),
    runningTaskCount: counts.running,
    pendingTaskCount: counts.pending,
  };
}

function describeRevision(store: ComputeStore, record: ServiceRevisionRecord): ServiceRevision {
  const { spec } = record;
  const tasks = store.tasksOfService(serviceKeyOfArn(record, record.serviceArn));
  const containers = tasks.find((task) => task.taskDefinitionArn === spec.taskDefinitionArn)?.containers ?? [];
  return {
    serviceRevisionArn: record.arn,
    serviceArn: record.serviceArn,
    clusterArn: record.clusterArn,
    taskDefinition: spec.taskDefinitionArn,
    capacityProviderStrategy: spec.capacityProviderStrategy && [...spec.capacityProviderStrategy],
    launchType: spec.launchType,
    platformVersion: spec.platformVersion,
    platformFamily: spec.launchType === 'FARGATE' ? 'Linux' : undefined,
    loadBalancers: [...spec.loadBalancers],
    serviceRegistries: [...spec.serviceRegistries],
    networkConfiguration: spec.networkConfiguration,
    containerImages: containers.map(({ name, image }) => ({ containerName: name, image })),
    guardDutyEnabled: false,
    serviceConnectConfiguration: spec.serviceConnectConfiguration,
    volumeConfigurations: spec.volumeConfigurations && [...spec.volumeConfigurations],
    createdAt: toDate(record.createdAtMs),
  };
}

/** `.../service-deployment/<cluster>/<service>/<id>`, likewise for revisions. */
function keyOfArn(scope: AccountRegion, arn: string): string {
  const [, cluster = '', service = '', id = ''] = (arn.split(':').at(-1) ?? '').split('/');
  return `${serviceKey({ ...scope, clusterName: cluster, name: service })}/${id}`;
}

function serviceKeyOfArn(scope: AccountRegion, serviceArn: string): string {
  const [, clusterName = ''] = (serviceArn.split(':').at(-1) ?? '').split('/');
  return serviceKey({ account: scope.account, region: scope.region, clusterName, name: lastPart(serviceArn) });
}
