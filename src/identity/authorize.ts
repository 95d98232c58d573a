import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { Principal } from '../wire/aws/call-context.ts';
import { evaluatePolicy, type PolicyRequest, toConditionContext } from './evaluate-policy.ts';
import type { Decision } from './index.ts';
import type { PolicyHolder, Role, User } from './model.ts';
import { type PolicyDocument, parsePolicyDocument } from './policy-document.ts';
import type { IamStore } from './store.ts';

const parsedPoliciesMax = 1000;

/** All sets of policies of a principal; each set must allow on its own (identity policies, boundary, session). */
type PolicySets = readonly (readonly PolicyDocument[])[];

/** Reads the principal's policies at each call, so that a detached policy counts at once; parsed documents are kept by their text. */
export class Authorizer {
  private readonly store: IamStore;
  private readonly clock: Clock;
  private readonly logger: Logger;
  private readonly parsedByText = new Map<string, PolicyDocument>();
  private readonly warnedOperators = new Set<string>();

  constructor(store: IamStore, clock: Clock, logger: Logger) {
    this.store = store;
    this.clock = clock;
    this.logger = logger;
  }

  async authorize(
    principal: Principal,
    action: string,
    resources: readonly string[],
    conditionContext: Readonly<Record<string, string>>,
  ): Promise<Decision> {
    if (principal.kind === 'anonymous') return { allowed: false, explicit: false };
    if (principal.kind === 'root') return { allowed: true };
    const policySets = await this.policySetsOf(principal);
    const context = toConditionContext({ ...this.globalContext(principal), ...conditionContext });
    for (const resource of resources.length === 0 ? ['*'] : resources) {
      for (const documents of policySets) {
        const decision = this.evaluate(documents, { action, resource, context });
        if (decision !== 'allowed') return { allowed: false, explicit: decision === 'explicit-deny' };
      }
    }
    return { allowed: true };
  }

  /** Whether a role's trust policy lets the caller assume it. */
  trusts(
    role: Role,
    caller: NonNullable<PolicyRequest['caller']>,
    conditionContext: Readonly<Record<string, string>>,
  ): boolean {
    return (
      this.evaluate([this.parse(role.trustPolicy)], {
        action: 'sts:AssumeRole',
        resource: role.arn,
        context: toConditionContext({ ...this.timeContext(), ...conditionContext }),
        caller,
      }) === 'allowed'
    );
  }

  globalContext(principal: Principal): Record<string, string> {
    return {
      ...this.timeContext(),
      'aws:PrincipalArn': principal.roleArn ?? principal.arn,
      'aws:PrincipalAccount': principal.account,
      'aws:PrincipalType': { root: 'Account', user: 'User', 'assumed-role': 'AssumedRole', anonymous: 'Anonymous' }[
        principal.kind
      ],
      'aws:userid': principal.userId,
      ...(principal.kind === 'user' && { 'aws:username': principal.arn.slice(principal.arn.lastIndexOf('/') + 1) }),
    };
  }

  private timeContext(): Record<string, string> {
    const now = this.clock.now();
    return { 'aws:CurrentTime': now.toISOString(), 'aws:EpochTime': String(Math.floor(now.getTime() / 1000)) };
  }

  private evaluate(documents: readonly PolicyDocument[], request: PolicyRequest) {
    const { decision, unknownOperators } = evaluatePolicy(documents, request);
    for (const operator of unknownOperators) {
      if (this.warnedOperators.has(operator) || this.warnedOperators.size > 100) continue;
      this.warnedOperators.add(operator);
      this.logger.warn({ operator, action: request.action }, 'unknown condition operator in a policy: it denies');
    }
    return decision;
  }

  private async policySetsOf(principal: Principal): Promise<PolicySets> {
    const holder = await this.holderOf(principal);
    // A deleted role or user has no policies left; its remaining sessions can do nothing.
    if (!holder) return [[]];
    const groups =
      'groupNames' in holder
        ? await Promise.all(holder.groupNames.map((name) => this.store.get('iam-group', holder.account, name)))
        : [];
    const identity = await Promise.all([holder, ...groups].map((each) => (each ? this.documentsOf(each) : [])));
    const boundary = holder.permissionsBoundaryArn
      ? [await this.managedDocuments([holder.permissionsBoundaryArn])]
      : [];
    const session = principal.sessionPolicies?.length
      ? [principal.sessionPolicies.map((text) => this.parse(text))]
      : [];
    return [identity.flat(), ...boundary, ...session];
  }

  private async holderOf(principal: Principal): Promise<PolicyHolder | Role | User | undefined> {
    const arn = principal.roleArn ?? principal.arn;
    const name = arn.slice(arn.lastIndexOf('/') + 1);
    const kind = principal.kind === 'user' ? 'iam-user' : 'iam-role';
    const holder = await this.store.get(kind, principal.account, name);
    if (holder?.arn !== arn) return undefined;
    return principal.userId.split(':')[0] === holder.id ? holder : undefined;
  }

  private async documentsOf(holder: PolicyHolder): Promise<PolicyDocument[]> {
    const inline = holder.inlinePolicies.map((policy) => this.parse(policy.document));
    return [...inline, ...(await this.managedDocuments(holder.attachedPolicyArns))];
  }

  private async managedDocuments(arns: readonly string[]): Promise<PolicyDocument[]> {
    const policies = await Promise.all(arns.map((arn) => this.store.findPolicy(arn)));
    return policies.flatMap((policy) => {
      const version = policy?.versions.find((each) => each.versionId === policy.defaultVersionId);
      return version ? [this.parse(version.document)] : [];
    });
  }

  private parse(text: string): PolicyDocument {
    const known = this.parsedByText.get(text);
    if (known) return known;
    const parsed = parsePolicyDocument(text);
    if (this.parsedByText.size >= parsedPoliciesMax) this.parsedByText.clear();
    this.parsedByText.set(text, parsed);
    return parsed;
  }
}
