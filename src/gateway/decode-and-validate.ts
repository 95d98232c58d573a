import { awsError } from '../wire/aws/aws-error.ts';
import type { RequestHead } from '../wire/aws/identify-operation.ts';
import { decodeInput, type IdentifiedCall } from '../wire/aws/protocol.ts';
import { validateInput } from '../wire/aws/validate.ts';

/** AWS words its messages alike and gives them a different code in almost every service. */
const VALIDATION_CODES: Readonly<Record<string, string>> = {
  'application-autoscaling': 'ValidationException',
  cloudwatch: 'InvalidParameterValue',
  dynamodb: 'ValidationException',
  ec2: 'InvalidParameterValue',
  ecr: 'InvalidParameterException',
  ecs: 'InvalidParameterException',
  logs: 'InvalidParameterException',
  servicediscovery: 'InvalidInput',
  synthetics: 'ValidationException',
  xray: 'InvalidRequestException',
};
const MISSING_CODES: Readonly<Record<string, string>> = { cloudwatch: 'MissingParameter', ec2: 'MissingParameter' };

/** The input as its handler takes it. Throws the service's own error when it does not satisfy the model. */
export function decodeAndValidate(identified: IdentifiedCall, head: RequestHead, body: Buffer): any {
  const { operation } = identified;
  const input = decodeInput(identified, head.query, head.headers, body);
  const message = operation.input && validateInput(operation.input, input);
  if (!message) return input;
  const service = operation.service.id;
  const missing = /^1 validation error detected: Value null at /.test(message) ? MISSING_CODES[service] : undefined;
  throw awsError(missing ?? VALIDATION_CODES[service] ?? 'ValidationError', message, 400);
}
