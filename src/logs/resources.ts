import type { CallContext } from '../wire/aws/call-context.ts';
import { groupArn } from './model.ts';

/** ARNs that a call acts on: a stream where one is named, else the group (with `:*`, as policies write it). */
export function logsResources(_operation: string, input: any, context: CallContext): string[] {
  if (typeof input.resourceArn === 'string') return [withWildcard(input.resourceArn)];
  if (typeof input.resourceIdentifier === 'string') return [withWildcard(input.resourceIdentifier)];
  const identifier: string | undefined = input.logGroupName ?? input.logGroupIdentifier;
  if (identifier === undefined) return [withWildcard(groupArn(context, input.logGroupNamePrefix ?? ''))];
  const arn = identifier.startsWith('arn:') ? identifier.replace(/:\*$/, '') : groupArn(context, identifier);
  return [input.logStreamName === undefined ? withWildcard(arn) : `${arn}:log-stream:${input.logStreamName}`];
}

const withWildcard = (arn: string) => (arn.endsWith(':*') ? arn : `${arn}:*`);
