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
const onServices = ['CreateService', 'UpdateService', 'DeleteService', 'DescribeServices', 'ListServiceDeployments'];
const onClusters = [
  'CreateCluster',
  'DescribeClusters',
  'UpdateCluster',
  'UpdateClusterSettings',
  'DeleteCluster',
  'PutClusterCapacityProviders',
];

/** ARNs that a call acts on, for policies; `*` where an operation has no resource of its own. */
export function resourcesOfCall(operation: string, input: NamedInInput, scope: AccountRegion): string[] {
  const arn = (kind: string, name: string, cluster?: string) =>
    name.startsWith('arn:')
      ? name
      : ecsArn(scope, cluster === undefined ? `${kind}/${name}` : `${kind}/${cluster}/${name}`);
  const cluster = lastPart(input.cluster ?? 'default');
  const named = (one: string | undefined, many: readonly string[] | undefined) => [
    ...(one ? [one] : []),
    ...(many ?? []),
  ];
  const found = onTaskDefinition.includes(operation)
    ? named(input.taskDefinition, []).map((name) => arn('task-definition', name.includes(':') ? name : `${name}:*`))
    : onTasks.includes(operation)
      ? named(input.task, input.tasks).map((name) => arn('task', name, cluster))
      : onServices.includes(operation)
        ? named(input.service ?? input.serviceName, input.services).map((name) => arn('service', name, cluster))
        : onClusters.includes(operation)
          ? named(input.clusterName ?? input.cluster, input.clusters).map((name) => arn('cluster', name))
          : named(input.resourceArn, [...(input.serviceDeploymentArns ?? []), ...(input.serviceRevisionArns ?? [])]);
  return found.length > 0 ? found : ['*'];
}
