import type { AccessKey } from '../identity/index.ts';
import { awsError } from '../wire/aws/aws-error.ts';
import type { AccountRegion, Principal, WorkloadIdentity } from '../wire/aws/call-context.ts';
import type { ServiceModel } from '../wire/aws/model.ts';
import { signingName } from '../wire/aws/model-pack.ts';
import type { SignedRequest } from '../wire/aws/sigv4/canonical-request.ts';
import type { PresentedCredential } from '../wire/aws/sigv4/presented-credential.ts';
import { INVALID_TOKEN, verifySignature } from '../wire/aws/sigv4/verify-signature.ts';
import type { GatewayDependencies } from './index.ts';
import { securityError } from './security-error.ts';

export interface Caller extends AccountRegion {
  readonly principal: Principal;
  /** Whether the principal's policies are evaluated. */
  readonly enforced: boolean;
}

const DEFAULT_REGION = 'us-east-1';

/**
 * Who calls. A key that hatoba issued is always verified and its policies hold; on a task's own listener everything
 * else acts as the task's role; otherwise any credentials are the account's root, unless `auth: enforce`.
 */
export async function authenticate(
  gateway: Pick<GatewayDependencies, 'config' | 'identity' | 'clock' | 'rolePrincipalOfTask'>,
  request: SignedRequest,
  credential: PresentedCredential,
  service: ServiceModel,
  workload: WorkloadIdentity | undefined,
): Promise<Caller> {
  const accessKeyId = credential.kind === 'none' ? undefined : credential.accessKeyId;
  const region = regionOf(credential, workload);
  const sessionToken = credential.kind === 'sigv4' ? credential.sessionToken : undefined;
  const key = accessKeyId === undefined ? undefined : await gateway.identity.findAccessKey(accessKeyId, sessionToken);
  if (key) {
    verifyKey(request, credential, key, service, gateway.clock.now());
    return { principal: key.principal, account: key.principal.account, region, enforced: true };
  }
  if (workload) {
    const principal = await gateway.rolePrincipalOfTask?.(workload);
    if (!principal) throw securityError(service, 'AccessDenied', `The task ${workload.taskArn} has no task role.`);
    return { principal, account: principal.account, region, enforced: true };
  }
  if (gateway.config.auth === 'enforce') throw refusal(credential, service);
  const account = accessKeyId !== undefined && /^\d{12}$/.test(accessKeyId) ? accessKeyId : gateway.config.account;
  return { principal: rootOf(account, accessKeyId), account, region, enforced: false };
}

function verifyKey(
  request: SignedRequest,
  credential: PresentedCredential,
  key: AccessKey,
  service: ServiceModel,
  now: Date,
): void {
  if (credential.kind !== 'sigv4') throw refusal(credential, service);
  const error = verifySignature(request, credential, key, signingName(service.metadata), now);
  if (error) throw securityError(service, error.code, error.message);
  if (key.expiresAt && key.expiresAt <= now) {
    throw securityError(service, 'ExpiredToken', 'The security token included in the request is expired');
  }
}

function refusal(credential: PresentedCredential, service: ServiceModel) {
  switch (credential.kind) {
    case 'none':
      return securityError(service, 'MissingAuthenticationToken', 'Request is missing Authentication Token');
    case 'unsupported':
      return securityError(service, 'IncompleteSignature', credential.reason);
    case 'sigv4':
      return securityError(service, 'InvalidClientTokenId', INVALID_TOKEN);
  }
}

function regionOf(credential: PresentedCredential, workload: WorkloadIdentity | undefined): string {
  const region = credential.kind === 'sigv4' ? credential.region : (workload?.region ?? DEFAULT_REGION);
  // It becomes part of resource keys and folder names.
  if (/^[a-z][a-z0-9-]{0,31}$/.test(region)) return region;
  throw awsError('InvalidSignatureException', `Credential should be scoped to a valid region.`, 400);
}

function rootOf(account: string, accessKeyId: string | undefined): Principal {
  const principal = { kind: 'root', account, arn: `arn:aws:iam::${account}:root`, userId: account } as const;
  return accessKeyId === undefined ? principal : { ...principal, accessKeyId };
}
