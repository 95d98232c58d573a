import type { IncomingMessage } from 'node:http';
import type { CallContext, Principal } from '../wire/aws/call-context.ts';
import type { Operation } from '../wire/aws/model.ts';
import { signingName } from '../wire/aws/model-pack.ts';
import type { ServiceTable } from '../wire/aws/service-table.ts';
import type { Caller } from './authenticate.ts';
import type { GatewayDependencies } from './index.ts';
import { securityError } from './security-error.ts';

/** Needs no permission, as in AWS: who may not do anything may still ask who they are. */
const FREE_ACTIONS = new Set(['sts:GetCallerIdentity']);

/**
 * Evaluates the caller's policies for the action and the resources that its input names, and for passing the roles that
 * it hands on. Throws AWS's access-denied error.
 */
export async function authorizeCall(
  gateway: Pick<GatewayDependencies, 'identity' | 'clock'>,
  table: ServiceTable,
  operation: Operation,
  input: unknown,
  context: CallContext,
  caller: Caller,
  request: IncomingMessage,
): Promise<void> {
  const action = iamAction(operation);
  if (!caller.enforced || FREE_ACTIONS.has(action)) return;
  const resources = table.resources?.(operation.name, input, context) ?? ['*'];
  const conditions = conditionContext(context, request, gateway.clock.now());
  const demand = async (wanted: string, on: readonly string[], under: Record<string, string>) => {
    const decision = await gateway.identity.authorize(caller.principal, wanted, on, under);
    if (decision.allowed) return;
    const message = deniedMessage(caller.principal, wanted, on, decision.explicit);
    throw securityError(operation.service, 'AccessDenied', message);
  };
  await demand(action, resources, conditions);
  for (const { roleArn, service } of table.passedRoles?.(operation.name, input, context) ?? []) {
    await demand('iam:PassRole', [roleArn], { ...conditions, 'iam:PassedToService': service });
  }
}

/** Policies call a service by its signing name, except CloudWatch. */
function iamAction(operation: Operation): string {
  const prefix = signingName(operation.service.metadata);
  return `${prefix === 'monitoring' ? 'cloudwatch' : prefix}:${operation.name}`;
}

function deniedMessage(principal: Principal, action: string, resources: readonly string[], explicit: boolean): string {
  const reason = explicit
    ? 'with an explicit deny in an identity-based policy'
    : `because no identity-based policy allows the ${action} action`;
  return `User: ${principal.arn} is not authorized to perform: ${action} on resource: ${resources[0] ?? '*'} ${reason}`;
}

/** Global condition keys; https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html */
export function conditionContext(context: CallContext, request: IncomingMessage, now: Date): Record<string, string> {
  const { principal } = context;
  const conditions: Record<string, string> = {
    'aws:CurrentTime': now.toISOString(),
    'aws:EpochTime': String(Math.floor(now.getTime() / 1000)),
    'aws:PrincipalAccount': principal.account,
    'aws:PrincipalArn': principal.roleArn ?? principal.arn,
    'aws:PrincipalType': PRINCIPAL_TYPES[principal.kind],
    'aws:RequestedRegion': context.region,
    'aws:SecureTransport': 'false',
    'aws:ViaAWSService': 'false',
    'aws:userid': principal.userId,
  };
  const address = request.socket.remoteAddress?.replace(/^::ffff:/, '');
  if (address) conditions['aws:SourceIp'] = address;
  if (principal.kind === 'user') conditions['aws:username'] = principal.arn.slice(principal.arn.lastIndexOf('/') + 1);
  if (request.headers['user-agent'] !== undefined) conditions['aws:UserAgent'] = request.headers['user-agent'];
  if (request.headers.referer !== undefined) conditions['aws:Referer'] = request.headers.referer;
  return conditions;
}

const PRINCIPAL_TYPES: Readonly<Record<Principal['kind'], string>> = {
  root: 'Account',
  user: 'User',
  'assumed-role': 'AssumedRole',
  anonymous: 'Anonymous',
};
