import type { AccountRegion, CallContext, Principal } from '../wire/aws/call-context.ts';
import type { Plane } from '../wire/aws/service-table.ts';

/** An access key as the gateway needs it to verify a signature. */
export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Temporary keys only: the token the request must carry. */
  readonly sessionToken?: string;
  readonly expiresAt?: Date;
  readonly principal: Principal;
}

export interface TemporaryCredentials {
  readonly AccessKeyId: string;
  readonly SecretAccessKey: string;
  readonly Token: string;
  /** ISO 8601. */
  readonly Expiration: string;
  readonly RoleArn: string;
}

export type Decision =
  | { readonly allowed: true }
  /** `explicit`: a Deny matched; otherwise nothing allowed it. */
  | { readonly allowed: false; readonly explicit: boolean };

/** The door of the identity plane (IAM, STS). */
export interface Identity extends Plane {
  /**
   * The key if hatoba issued it and it has not been deleted; expired keys are given back, too, so that the caller is
   * told so. Temporary keys (`ASIA...`) are kept nowhere: they are derived from the session token that the request
   * carries (`X-Amz-Security-Token`), so without it, or with one that is not ours, there is no such key.
   */
  findAccessKey(accessKeyId: string, sessionToken?: string): Promise<AccessKey | undefined>;
  /** Evaluates every policy of the principal. `root` of its own account is always allowed. */
  authorize(
    principal: Principal,
    action: string,
    resources: readonly string[],
    conditionContext: Readonly<Record<string, string>>,
  ): Promise<Decision>;
  /** Credentials of a task's role, valid one hour; the session is named after the task id. Throws NoSuchEntity. */
  issueTaskCredentials(scope: AccountRegion, roleArn: string, taskArn: string): Promise<TemporaryCredentials>;
  roleExists(roleArn: string): Promise<boolean>;
  /** The session of a role as `authorize` knows it, for a caller that is known without a key; undefined when there is no such role. */
  rolePrincipal(roleArn: string, sessionName: string): Promise<Principal | undefined>;
}

export { createIdentity, type IdentityDependencies } from './create-identity.ts';
export type { CallContext };
