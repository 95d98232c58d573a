import type { UpdateServiceRequest } from '@aws-sdk/client-ecs';
import { awsError } from '../../wire/aws/aws-error.ts';
import { clusterKey, definitionKeyOfArn, type RevisionSpec, type ServiceRecord, serviceKey } from '../model.ts';
import { launchTypeOf } from '../scheduler/make-task.ts';
import type { ApiDeps, EcsHandlers } from './deps.ts';
import { describeService } from './describe-service.ts';
import { deploymentWrites, withNewDeployment } from './make-deployment.ts';
import {
  activeService,
  findCluster,
  findService,
  fingerprintOf,
  paginate,
  scopeOf,
  usableDefinition,
} from './resolve.ts';
import {
  checkLaunchType,
  checkLoadBalancers,
  checkNetwork,
  checkPlacement,
  checkRegistries,
  completeDeploymentConfiguration,
} from './validate-service.ts';

export function changeServiceHandlers({ store, clock, traffic }: ApiDeps): EcsHandlers {
  return {
    UpdateService: async (input, context) => {
      const scope = scopeOf(context);
      const cluster = findCluster(store, scope, input.cluster);
      const before = activeService(store, cluster, input.service ?? '');
      checkPlacement(input.placementConstraints ?? []);
      if (before.schedulingStrategy === 'DAEMON' && input.desiredCount !== undefined) {
        throw awsError('InvalidParameterException', 'desiredCount is not allowed for the DAEMON scheduling strategy.');
      }
      const definition =
        input.taskDefinition === undefined
          ? store.definitions.get(definitionKeyOfArn(before.deployments[0]!.spec.taskDefinitionArn))
          : usableDefinition(store, scope, input.taskDefinition);
      if (definition === undefined) throw awsError('ClientException', 'Unable to find task definition.');
      checkNetwork(definition, input.networkConfiguration ?? before.deployments[0]?.spec.networkConfiguration);
      if ((input.desiredCount ?? 0) < 0) {
        throw awsError('InvalidParameterException', 'desiredCount must not be negative.');
      }
      const { launchType, capacityProviderStrategy } = specOf(before, input, definition.arn);
      checkLaunchType(definition, launchTypeOf(launchType, capacityProviderStrategy).launchType);
      if (input.loadBalancers !== undefined) await checkLoadBalancers(traffic, input.loadBalancers, definition);
      if (input.serviceRegistries !== undefined) await checkRegistries(traffic, input.serviceRegistries, definition);
      const nowMs = clock.now().getTime();
      return store.transact(() => {
        const current = activeService(store, cluster, input.service ?? '');
        const configured = applySettings(current, input);
        const primary = current.deployments[0];
        // Somebody else may have rolled out another definition meanwhile.
        const unchanged = input.taskDefinition === undefined ? primary?.spec.taskDefinitionArn : undefined;
        const spec = specOf(current, input, unchanged ?? definition.arn);
        // Without forceNewDeployment, asking again for what is there changes nothing.
        const renewed =
          input.forceNewDeployment === true ||
          primary === undefined ||
          fingerprintOf(primary.spec) !== fingerprintOf(spec);
        const next = renewed ? withNewDeployment(configured, spec, nowMs) : withDesiredCount(configured);
        const writes = [
          { mirror: store.services, key: serviceKey(next), put: next },
          ...deploymentWrites(store, current, next),
        ];
        return { writes, result: { service: describeService(store, next, true) } };
      });
    },

    DeleteService: (input, context) =>
      store.transact(() => {
        const cluster = findCluster(store, scopeOf(context), input.cluster);
        const service = findService(store, cluster, input.service ?? '');
        if (service === undefined) throw awsError('ServiceNotFoundException', 'Service not found.');
        const result = (shown: ServiceRecord) => ({ service: describeService(store, shown, true) });
        if (service.status !== 'ACTIVE') return { writes: [], result: result(service) };
        if (service.desiredCount > 0 && input.force !== true && service.schedulingStrategy === 'REPLICA') {
          throw awsError('InvalidParameterException', 'The service cannot be stopped while it is scaled above 0.');
        }
        const next: ServiceRecord = {
          ...service,
          status: 'DRAINING',
          desiredCount: 0,
          deployments: service.deployments.map((deployment) => ({ ...deployment, desiredCount: 0 })),
        };
        const writes = [{ mirror: store.services, key: serviceKey(next), put: next }];
        return { writes, result: result(next) };
      }),

    DescribeServices: (input, context) => {
      const cluster = findCluster(store, scopeOf(context), input.cluster);
      if ((input.services ?? []).length > 10) {
        throw awsError('InvalidParameterException', 'Services cannot have more than 10 items.');
      }
      const includeTags = input.include?.includes('TAGS') === true;
      const services = [];
      const failures = [];
      for (const name of input.services ?? []) {
        const service = findService(store, cluster, name);
        if (service !== undefined) services.push(describeService(store, service, includeTags));
        else failures.push({ arn: missingArn(cluster, name), reason: 'MISSING' });
      }
      return { services, failures };
    },

    ListServices: (input, context) => {
      const cluster = findCluster(store, scopeOf(context), input.cluster);
      const arns = store.services
        .list(`${clusterKey(cluster, cluster.name)}/`)
        .filter((service) => service.status !== 'INACTIVE')
        .filter(
          (service) =>
            input.schedulingStrategy === undefined || service.schedulingStrategy === input.schedulingStrategy,
        )
        .filter(
          (service) => input.launchType === undefined || service.deployments[0]?.spec.launchType === input.launchType,
        )
        .map((service) => service.arn)
        .sort();
      const page = paginate(arns, input, 10);
      return { serviceArns: page.items, nextToken: page.nextToken };
    },
  };
}

const missingArn = (cluster: { account: string; region: string; name: string }, name: string): string =>
  name.startsWith('arn:') ? name : `arn:aws:ecs:${cluster.region}:${cluster.account}:service/${cluster.name}/${name}`;

function applySettings(service: ServiceRecord, input: UpdateServiceRequest): ServiceRecord {
  return {
    ...service,
    desiredCount: input.desiredCount ?? service.desiredCount,
    deploymentConfiguration:
      input.deploymentConfiguration === undefined
        ? service.deploymentConfiguration
        : completeDeploymentConfiguration(
            { ...service.deploymentConfiguration, ...input.deploymentConfiguration },
            service.schedulingStrategy,
          ),
    placementConstraints: input.placementConstraints ?? service.placementConstraints,
    placementStrategy: input.placementStrategy ?? service.placementStrategy,
    healthCheckGracePeriodSeconds: input.healthCheckGracePeriodSeconds ?? service.healthCheckGracePeriodSeconds,
    enableECSManagedTags: input.enableECSManagedTags ?? service.enableECSManagedTags,
    availabilityZoneRebalancing: input.availabilityZoneRebalancing ?? service.availabilityZoneRebalancing,
  };
}

/** The fields whose change makes a new service revision. */
function specOf(service: ServiceRecord, input: UpdateServiceRequest, definitionArn: string): RevisionSpec {
  const spec = service.deployments[0]?.spec ?? service.lastCompleted!.spec;
  return {
    ...spec,
    taskDefinitionArn: definitionArn,
    launchType: input.capacityProviderStrategy?.length ? undefined : spec.launchType,
    capacityProviderStrategy: input.capacityProviderStrategy ?? spec.capacityProviderStrategy,
    platformVersion: input.platformVersion ?? spec.platformVersion,
    networkConfiguration: input.networkConfiguration ?? spec.networkConfiguration,
    loadBalancers: input.loadBalancers ?? spec.loadBalancers,
    serviceRegistries: input.serviceRegistries ?? spec.serviceRegistries,
    serviceConnectConfiguration: input.serviceConnectConfiguration ?? spec.serviceConnectConfiguration,
    volumeConfigurations: input.volumeConfigurations ?? spec.volumeConfigurations,
    enableExecuteCommand: input.enableExecuteCommand ?? spec.enableExecuteCommand,
    propagateTags: input.propagateTags ?? spec.propagateTags,
  };
}

const withDesiredCount = (service: ServiceRecord): ServiceRecord => ({
  ...service,
  deployments: service.deployments.map((deployment) =>
    deployment.status === 'PRIMARY' ? { ...deployment, desiredCount: service.desiredCount } : deployment,
  ),
});
