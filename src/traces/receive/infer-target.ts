import { objectAt, textAt, textsAt } from '../json-access.ts';
import type { JsonObject } from '../model.ts';

export interface Target {
  readonly name: string;
  /** `AWS::DynamoDB::Table`, `AWS::S3`, `remote`, `Database::SQL`. */
  readonly type: string;
}

/** The services that get a node for each resource; all others get one node for the service. */
const resourceRules = toMap<(aws: JsonObject) => Target | undefined>({
  dynamodb: (aws) => named(textAt(aws, 'table_name') || textsAt(aws, 'table_names')[0], 'AWS::DynamoDB::Table'),
  sqs: (aws) => named(lastPart(textAt(aws, 'queue_url'), '/'), 'AWS::SQS::Queue'),
  sns: (aws) => named(lastPart(textAt(aws, 'topic_arn'), ':'), 'AWS::SNS::Topic'),
  lambda: (aws) => named(lastPart(textAt(aws, 'function_name'), ':'), 'AWS::Lambda::Function'),
});

const serviceNames = toMap({
  dynamodb: 'DynamoDB',
  sqs: 'SQS',
  sns: 'SNS',
  s3: 'S3',
  lambda: 'Lambda',
  ssm: 'SSM',
  secretsmanager: 'SecretsManager',
  kinesis: 'Kinesis',
  sfn: 'StepFunctions',
  stepfunctions: 'StepFunctions',
  sts: 'STS',
  kms: 'KMS',
});

/** The node that stands for whoever a (sub)segment called, as long as the callee sends no segment of its own. */
export function inferTarget(call: JsonObject): Target {
  const name = textAt(call, 'name');
  if (call.namespace === 'aws') {
    const service = name.replace(/^(AWS\.SDK\.|AWS::|Amazon|AWS)/i, '').replace(/[\s_-]/g, '');
    const byResource = resourceRules.get(service.toLowerCase())?.(objectAt(call, 'aws'));
    return byResource ?? { name, type: `AWS::${serviceNames.get(service.toLowerCase()) ?? service}` };
  }
  if (Object.keys(objectAt(call, 'sql')).length > 0) return { name, type: 'Database::SQL' };
  return { name, type: 'remote' };
}

/** Looked up by names that anybody may have sent: an object would know `constructor` too. */
function toMap<Value>(entries: Readonly<Record<string, Value>>): ReadonlyMap<string, Value> {
  return new Map(Object.entries(entries));
}

function named(name: string | undefined, type: string): Target | undefined {
  return name ? { name, type } : undefined;
}

function lastPart(text: string, separator: string): string {
  return text.slice(text.lastIndexOf(separator) + 1);
}
