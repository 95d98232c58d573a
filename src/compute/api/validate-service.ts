import type {
  DeploymentConfiguration,
  LaunchType,
  LoadBalancer,
  NetworkConfiguration,
  PlacementConstraint,
  SchedulingStrategy,
  ServiceRegistry,
} from '@aws-sdk/client-ecs';
import { awsError } from '../../wire/aws/aws-error.ts';
import type { TrafficDoor } from '../agent/task-targets.ts';
import type { ServiceRecord, TaskDefinitionRecord } from '../model.ts';

const refuse = (message: string) => awsError('InvalidParameterException', message);

/** Percentages filled in. Throws InvalidParameterException for bounds that no rollout could keep, and for strategies that hatoba does not have. */
export function completeDeploymentConfiguration(
  configuration: DeploymentConfiguration | undefined,
  scheduling: SchedulingStrategy,
): ServiceRecord['deploymentConfiguration'] {
  const daemon = scheduling === 'DAEMON';
  const minimumHealthyPercent = configuration?.minimumHealthyPercent ?? (daemon ? 0 : 100);
  const maximumPercent = configuration?.maximumPercent ?? (daemon ? 100 : 200);
  if (minimumHealthyPercent < 0 || maximumPercent < 0) throw refuse('Deployment percentages must not be negative.');
  if (maximumPercent === 0 || maximumPercent < minimumHealthyPercent) {
    throw refuse('maximumPercent must be greater than 0 and not less than minimumHealthyPercent.');
  }
  if (maximumPercent === 100 && minimumHealthyPercent === 100 && !daemon) {
    throw refuse('maximumPercent and minimumHealthyPercent cannot both be 100: no task could ever be replaced.');
  }
  if (daemon && maximumPercent !== 100 && configuration?.maximumPercent !== undefined) {
    throw refuse('maximumPercent must be 100 for a service with the DAEMON scheduling strategy.');
  }
  const strategy = configuration?.strategy ?? 'ROLLING';
  if (strategy !== 'ROLLING') {
    throw awsError(
      'UnsupportedFeatureException',
      `hatoba does not have the deployment strategy ${strategy} yet; use ROLLING.`,
    );
  }
  return {
    deploymentCircuitBreaker: { enable: false, rollback: false },
    ...configuration,
    strategy,
    minimumHealthyPercent,
    maximumPercent,
  };
}

/** Throws InvalidParameterException where the definition cannot run where it is asked to. */
export function checkLaunchType(definition: TaskDefinitionRecord, launchType: LaunchType): void {
  if (launchType === 'FARGATE' && !definition.content.compatibilities?.includes('FARGATE')) {
    throw refuse('Task definition does not support launch_type FARGATE.');
  }
}

/** A definition that needs awsvpc gets subnets, another one gets none. Throws InvalidParameterException. */
export function checkNetwork(definition: TaskDefinitionRecord, network: NetworkConfiguration | undefined): void {
  const awsvpc = definition.content.networkMode === 'awsvpc';
  const subnets = network?.awsvpcConfiguration?.subnets ?? [];
  if (awsvpc && network?.awsvpcConfiguration === undefined) {
    throw refuse("Network Configuration must be provided when networkMode 'awsvpc' is specified.");
  }
  if (awsvpc && subnets.length === 0) throw refuse('subnets can not be empty.');
  if (!awsvpc && network?.awsvpcConfiguration !== undefined) {
    throw refuse('Network Configuration is not valid for the given networkMode of this task definition.');
  }
}

/** Each load balancer entry names a target group that can take tasks of this definition. Throws InvalidParameterException. */
export async function checkLoadBalancers(
  traffic: TrafficDoor,
  balancers: readonly LoadBalancer[],
  definition: TaskDefinitionRecord,
): Promise<void> {
  if (balancers.length > 5) throw refuse('load balancers can have at most 5 items.');
  for (const balancer of balancers) {
    const arn = balancer.targetGroupArn;
    if (arn === undefined) throw refuse('Only target groups are supported: targetGroupArn must be given.');
    const group = await traffic.findTargetGroup(arn);
    if (group === undefined) throw refuse('The specified target group does not exist.');
    if (group.loadBalancerArns.length === 0) {
      throw refuse(`The target group with targetGroupArn ${arn} does not have an associated load balancer.`);
    }
    checkContainerPort(balancer.containerName, balancer.containerPort, definition);
    const awsvpc = definition.content.networkMode === 'awsvpc';
    if (awsvpc && group.targetType !== 'ip') {
      throw refuse(
        `The provided target group ${arn} has target type ${group.targetType}, which is incompatible with the awsvpc network mode specified in the task definition.`,
      );
    }
  }
}

export async function checkRegistries(
  traffic: TrafficDoor,
  registries: readonly ServiceRegistry[],
  definition: TaskDefinitionRecord,
): Promise<void> {
  for (const registry of registries) {
    const found = await traffic.findDiscoveryService(registry.registryArn ?? '');
    if (found === undefined) throw refuse(`The service registry ${registry.registryArn} does not exist.`);
    if (registry.containerName !== undefined) {
      checkContainerPort(registry.containerName, registry.containerPort, definition);
    }
  }
}

function checkContainerPort(
  containerName: string | undefined,
  containerPort: number | undefined,
  definition: TaskDefinitionRecord,
): void {
  const container = definition.content.containerDefinitions?.find((one) => one.name === containerName);
  if (container === undefined) {
    throw refuse(`The container ${containerName} does not exist in the task definition.`);
  }
  if (!container.portMappings?.some((mapping) => mapping.containerPort === containerPort)) {
    throw refuse(`The container ${containerName} did not have a container port ${containerPort} defined.`);
  }
}

/** Throws where a constraint could not be kept. */
export function checkPlacement(constraints: readonly PlacementConstraint[]): void {
  if (constraints.some((constraint) => constraint.type === 'memberOf')) {
    throw awsError(
      'UnsupportedFeatureException',
      'hatoba does not evaluate memberOf placement constraints: it has one machine.',
    );
  }
}
