import type { CreateServiceRequest } from '@aws-sdk/client-ecs';
import { awsError } from '../../wire/aws/aws-error.ts';
import { ecsArn } from '../arns.ts';
import { type RevisionSpec, type ServiceRecord, serviceKey, type TaskDefinitionRecord } from '../model.ts';
import { launchTypeOf } from '../scheduler/make-task.ts';
import { noThrottle } from '../scheduler/start-throttle.ts';
import type { ApiDeps, EcsHandlers } from './deps.ts';
import { describeService } from './describe-service.ts';
import { deploymentWrites, newDeployment } from './make-deployment.ts';
import { findCluster, fingerprintOf, fromTagList, scopeOf, usableDefinition } from './resolve.ts';
import {
  checkLaunchType,
  checkLoadBalancers,
  checkNetwork,
  checkPlacement,
  checkRegistries,
  completeDeploymentConfiguration,
} from './validate-service.ts';

export function createServiceHandlers({ store, clock, traffic }: ApiDeps): EcsHandlers {
  return {
    CreateService: async (input, context) => {
      checkRequest(input);
      const scope = scopeOf(context);
      const definition = usableDefinition(store, scope, input.taskDefinition ?? '');
      checkNetwork(definition, input.networkConfiguration);
      checkLaunchType(definition, launchTypeOf(input.launchType, input.capacityProviderStrategy).launchType);
      checkPlacement(input.placementConstraints ?? []);
      await checkLoadBalancers(traffic, input.loadBalancers ?? [], definition);
      await checkRegistries(traffic, input.serviceRegistries ?? [], definition);
      const fingerprint = fingerprintOf(input);
      return store.transact(() => {
        const cluster = findCluster(store, scope, input.cluster);
        const name = input.serviceName ?? '';
        const key = serviceKey({ ...scope, clusterName: cluster.name, name });
        const known = store.services.get(key);
        if (known !== undefined && known.status !== 'INACTIVE') {
          return { writes: [], result: { service: describeService(store, sameService(known, fingerprint), true) } };
        }
        const spec = specOf(input, definition, cluster.defaultCapacityProviderStrategy);
        const scheduling = input.schedulingStrategy ?? 'REPLICA';
        const nowMs = clock.now().getTime();
        const bare = {
          ...scope,
          clusterName: cluster.name,
          clusterArn: cluster.arn,
          name,
          arn: ecsArn(scope, `service/${cluster.name}/${name}`),
          desiredCount: scheduling === 'DAEMON' ? 1 : (input.desiredCount ?? 0),
          deploymentConfiguration: completeDeploymentConfiguration(input.deploymentConfiguration, scheduling),
        };
        const service: ServiceRecord = {
          ...bare,
          status: 'ACTIVE',
          schedulingStrategy: scheduling,
          hasDeploymentController: input.deploymentController !== undefined,
          placementConstraints: input.placementConstraints ?? [],
          placementStrategy: input.placementStrategy ?? [],
          healthCheckGracePeriodSeconds:
            input.healthCheckGracePeriodSeconds ?? (spec.loadBalancers.length > 0 ? 0 : undefined),
          enableECSManagedTags: input.enableECSManagedTags ?? false,
          availabilityZoneRebalancing: input.availabilityZoneRebalancing ?? 'DISABLED',
          roleArn: input.role,
          createdBy: context.principal.arn,
          createdAtMs: nowMs,
          tags: fromTagList(input.tags),
          requestFingerprint: fingerprint,
          deployments: [newDeployment(bare, spec, [], nowMs)],
          events: [],
          throttle: noThrottle,
        };
        const writes = [{ mirror: store.services, key, put: service }, ...deploymentWrites(store, undefined, service)];
        return { writes, result: { service: describeNew(describeService(store, service, true)) } };
      });
    },
  };
}

/** Tasks of a service of that name that has just been deleted may still be remembered: they are not this one's. */
const describeNew = <Shown extends { runningCount?: number; pendingCount?: number }>(shown: Shown): Shown => ({
  ...shown,
  runningCount: 0,
  pendingCount: 0,
});

function sameService(known: ServiceRecord, fingerprint: string): ServiceRecord {
  if (known.status === 'DRAINING') {
    throw awsError('InvalidParameterException', 'Unable to Start a service that is still Draining.');
  }
  if (known.requestFingerprint !== fingerprint) {
    throw awsError('InvalidParameterException', 'Creation of service was not idempotent.');
  }
  return known;
}

function checkRequest(input: CreateServiceRequest): void {
  const refuse = (message: string) => awsError('InvalidParameterException', message);
  if (!/^[A-Za-z0-9_-]{1,255}$/.test(input.serviceName ?? '')) {
    throw refuse(
      'Service name contains invalid characters. Up to 255 letters, numbers, hyphens and underscores are allowed.',
    );
  }
  const controller = input.deploymentController?.type ?? 'ECS';
  if (controller !== 'ECS') {
    throw awsError(
      'UnsupportedFeatureException',
      `hatoba does not have the deployment controller ${controller}; use ECS.`,
    );
  }
  if (input.taskDefinition === undefined) throw refuse('TaskDefinition can not be blank.');
  if (input.launchType !== undefined && input.capacityProviderStrategy?.length) {
    throw refuse(
      'Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.',
    );
  }
  if (input.schedulingStrategy === 'DAEMON') {
    if (input.launchType === 'FARGATE') throw refuse('The DAEMON scheduling strategy is not supported on FARGATE.');
    if (input.desiredCount !== undefined)
      throw refuse('desiredCount is not allowed for the DAEMON scheduling strategy.');
  } else if (input.desiredCount === undefined) {
    throw refuse('desiredCount can not be null for the REPLICA scheduling strategy.');
  }
  if ((input.desiredCount ?? 0) < 0) throw refuse('desiredCount must not be negative.');
  if (input.healthCheckGracePeriodSeconds !== undefined && !input.loadBalancers?.length) {
    throw refuse('Health check grace period is only valid for services configured to use load balancers.');
  }
}

function specOf(
  input: CreateServiceRequest,
  definition: TaskDefinitionRecord,
  clusterStrategy: readonly { capacityProvider: string | undefined }[],
): RevisionSpec {
  const strategy = input.capacityProviderStrategy?.length ? input.capacityProviderStrategy : undefined;
  const inherited = input.launchType === undefined && strategy === undefined && clusterStrategy.length > 0;
  const launchType = input.launchType ?? (strategy === undefined && !inherited ? 'EC2' : undefined);
  return {
    taskDefinitionArn: definition.arn,
    launchType,
    capacityProviderStrategy: strategy ?? (inherited ? [...clusterStrategy] : undefined),
    platformVersion: input.platformVersion ?? (launchType === 'FARGATE' ? 'LATEST' : undefined),
    networkConfiguration: input.networkConfiguration,
    loadBalancers: input.loadBalancers ?? [],
    serviceRegistries: input.serviceRegistries ?? [],
    serviceConnectConfiguration: input.serviceConnectConfiguration,
    volumeConfigurations: input.volumeConfigurations,
    enableExecuteCommand: input.enableExecuteCommand ?? false,
    propagateTags: input.propagateTags ?? 'NONE',
  };
}
