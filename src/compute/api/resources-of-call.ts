import type { AccountRegion } from '../../wire/aws/call-context.ts';
import { ecsArn, lastPart } from '../arns.ts';

interface NamedInInput {
  readonly cluster?: string;
  readonly clusterName?: string;
  readonly clusters?: readonly string[];
  readonly service?: string;
  readonly serviceName?: string;
  readonly services?: readonly string[];
  readonly task?: string;
  readonly tasks?: readonly string[];
  readonly taskDefinition?: string;
  readonly resourceArn?: string;
  readonly serviceDeploymentArns?: readonly string[];
  readonly serviceRevisionArns?: readonly string[];
}

const onTaskDefinition = ['RunTask', 'StartTask'];
const onTasks = ['DescribeTasks', 'StopTask', 'UpdateTaskProtection', 'GetTaskProtection', 'ExecuteCommand'];
const onServices = ['CreateService', 'UpdateService', 'DeleteService', 'DescribeServices'];
const onClusters = [
  'CreateCluster',
  'DescribeClusters',
  'UpdateCluster',
  'UpdateClusterSettings',
  'DeleteCluster',
  'PutClusterCapacityProviders',
];

/**
 * ARNs that a call acts on, for policies; `*` where an operation has no resource of its own. Handlers look names up by
 * their last part, in the call's own cluster, account and region, whatever ARN they were given in: so are these made.
 */
export function resourcesOfCall(operation: string, input: NamedInInput, scope: AccountRegion): string[] {
  const arn = (kind: string, name: string) => ecsArn(scope, `${kind}/${lastPart(name)}`);
  const inCluster = (kind: string, name: string, cluster = input.cluster ?? 'default') =>
    ecsArn(scope, `${kind}/${lastPart(cluster)}/${lastPart(name)}`);
  const named = (one: string | undefined, many: readonly string[] | undefined) => [
    ...(one ? [one] : []),
    ...(many ?? []),
  ];
  const found = onTaskDefinition.includes(operation)
    ? named(input.taskDefinition, []).map((name) => arn('task-definition', withRevision(name)))
    : onTasks.includes(operation)
      ? named(input.task, input.tasks).map((name) => inCluster('task', name))
      : onServices.includes(operation)
        ? named(input.service ?? input.serviceName, input.services).map((name) => inCluster('service', name))
        : operation === 'ListServiceDeployments'
          ? named(input.service, []).map((name) => inCluster('service', name, clusterOfServiceArn(name)))
          : onClusters.includes(operation)
            ? named(input.clusterName ?? input.cluster, input.clusters).map((name) => arn('cluster', name))
            : named(input.resourceArn, [...(input.serviceDeploymentArns ?? []), ...(input.serviceRevisionArns ?? [])]);
  return found.length > 0 ? found : ['*'];
}

/** A family alone is whichever revision is the newest. */
function withRevision(nameOrArn: string): string {
  const name = lastPart(nameOrArn);
  return name.includes(':') ? name : `${name}:*`;
}

/** The cluster that a service's ARN names; undefined for a name or an ARN of the old form. */
export function clusterOfServiceArn(nameOrArn: string): string | undefined {
  const parts = nameOrArn.startsWith('arn:') ? (nameOrArn.split(':').at(-1) ?? '').split('/') : [];
  return parts.length === 3 ? parts[1] : undefined;
}
