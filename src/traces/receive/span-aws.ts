import type { Attributes, AttributeValue, OtlpSpan } from '../../wire/otlp.ts';
import type { JsonObject } from '../model.ts';
import type { ResourceFacts } from './resource-facts.ts';
import { first } from './span-http.ts';

/** The segment origin that a resource's cloud platform means; empty outside AWS. */
export function originOf(resource: Attributes): string {
  if (first(resource, 'cloud.provider') !== 'aws' && !first(resource, 'cloud.platform').startsWith('aws_')) return '';
  const launchType = first(resource, 'aws.ecs.launchtype').toLowerCase();
  switch (first(resource, 'cloud.platform')) {
    case 'aws_ecs':
      if (launchType === 'ec2') return 'AWS::ECS::EC2';
      return launchType === 'fargate' ? 'AWS::ECS::Fargate' : 'AWS::ECS::Container';
    case 'aws_ec2':
      return 'AWS::EC2::Instance';
    case 'aws_eks':
      return 'AWS::EKS::Container';
    case 'aws_elastic_beanstalk':
      return 'AWS::ElasticBeanstalk::Environment';
    case 'aws_lambda':
      return 'AWS::Lambda::Function';
    case 'aws_app_runner':
      return 'AWS::AppRunner::Service';
    default:
      return '';
  }
}

export function sdkOf(resource: Attributes): JsonObject {
  const name = first(resource, 'telemetry.sdk.name') || 'opentelemetry';
  const language = first(resource, 'telemetry.sdk.language');
  return {
    sdk: language ? `${name} for ${language}` : name,
    sdk_version: first(resource, 'telemetry.sdk.version'),
    auto_instrumentation: first(resource, 'telemetry.auto.version', 'telemetry.distro.version') !== '',
  };
}

/** The `aws` block: what was called, and for a segment where it ran; undefined when there is nothing to say. */
export function awsOf(span: OtlpSpan, resource: ResourceFacts, isSegment: boolean): JsonObject | undefined {
  const { provider } = resource;
  if (provider && provider !== 'aws') return isSegment ? { xray: resource.sdk } : undefined;
  const aws: JsonObject = callOf(span) ?? {};
  if (isSegment) Object.assign(aws, { xray: resource.sdk }, resource.place);
  // A streamed call keeps its task too: it may be all that arrives.
  if (resource.ecs) aws.ecs = resource.ecs;
  return isSegment || Object.keys(aws).length > 0 ? aws : undefined;
}

/** Attributes that say what was called all start so. */
const callPrefix = /^(?:aws|rpc|cloud|messaging|faas)\./;

function callOf(span: OtlpSpan): JsonObject | undefined {
  const { attributes } = span;
  if (!hasKey(attributes, callPrefix)) return undefined;
  const method = first(attributes, 'aws.operation', 'rpc.method');
  const tables = textsOf(attributes['aws.dynamodb.table_names']);
  const table = first(attributes, 'aws.table_name', 'aws.table.name') || (tables.length === 1 ? tables[0]! : '');
  return withoutEmpty({
    operation: method.slice(method.indexOf('/') + 1),
    account_id: first(attributes, 'aws.account_id'),
    region: first(attributes, 'aws.region', 'cloud.region'),
    request_id: first(attributes, 'aws.request_id', 'aws.requestId'),
    queue_url: first(attributes, 'aws.queue_url', 'aws.queue.url', 'aws.sqs.queue.url', 'messaging.url'),
    topic_arn: first(attributes, 'aws.sns.topic.arn'),
    function_name: first(attributes, 'aws.lambda.resource_mapping.function', 'faas.invoked_name'),
    bucket_name: first(attributes, 'aws.s3.bucket'),
    table_name: table,
    ...(tables.length > 1 ? { table_names: tables } : {}),
  });
}

/** Where a resource runs. */
export function placeOf(resource: Attributes): JsonObject {
  const account = first(resource, 'cloud.account.id');
  const logGroups = textsOf(resource['aws.log.group.arns']).map((arn) => ({ log_group: arn.split(':')[6] ?? '', arn }));
  const named = textsOf(resource['aws.log.group.names']).map((log_group) => ({ log_group }));
  const groups = logGroups.length > 0 ? logGroups : named;
  const instance = first(resource, 'cloud.platform') === 'aws_ec2' ? first(resource, 'host.id') : '';
  return {
    ...(account ? { account_id: account } : {}),
    ...(groups.length > 0 ? { cloudwatch_logs: groups } : {}),
    ...(instance
      ? {
          ec2: withoutEmpty({
            instance_id: instance,
            instance_size: first(resource, 'host.type'),
            availability_zone: first(resource, 'cloud.availability_zone'),
          }),
        }
      : {}),
  };
}

/** Its ECS task, if it names one. */
export function ecsOf(resource: Attributes): JsonObject {
  if (first(resource, 'cloud.platform') !== 'aws_ecs' && !first(resource, 'aws.ecs.task.arn')) return {};
  return withoutEmpty({
    container: first(resource, 'container.name'),
    container_id: first(resource, 'container.id'),
    container_arn: first(resource, 'aws.ecs.container.arn'),
    task_arn: first(resource, 'aws.ecs.task.arn'),
    task_family: first(resource, 'aws.ecs.task.family'),
    task_revision: first(resource, 'aws.ecs.task.revision'),
    cluster_arn: first(resource, 'aws.ecs.cluster.arn'),
    availability_zone: first(resource, 'cloud.availability_zone'),
    launch_type: first(resource, 'aws.ecs.launchtype'),
  });
}

function hasKey(attributes: Attributes, pattern: RegExp): boolean {
  for (const key in attributes) if (pattern.test(key)) return true;
  return false;
}

function textsOf(value: AttributeValue | undefined): string[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

function withoutEmpty(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== ''));
}
