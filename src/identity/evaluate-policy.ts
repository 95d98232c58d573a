import { type ConditionContext, evaluateCondition } from './evaluate-condition.ts';
import { matchesPattern, matchesPatternWithVariables } from './match-pattern.ts';
import type { PolicyDocument, PolicyStatement, PrincipalElement } from './policy-document.ts';

export interface PolicyRequest {
  /** Such as `dynamodb:PutItem`. */
  readonly action: string;
  /** One ARN, or `*` where the operation names no resource. */
  readonly resource: string;
  readonly context: ConditionContext;
  /** For policies with a Principal (trust policies): ARNs by which the caller is known, and service names. */
  readonly caller?: { readonly aws: readonly string[]; readonly services: readonly string[] };
}

export interface PolicyResult {
  readonly decision: 'allowed' | 'explicit-deny' | 'implicit-deny';
  /** Unknown condition operators that were met on the way. */
  readonly unknownOperators: readonly string[];
}

/** Condition keys as IAM compares them: without regard to case. */
export function toConditionContext(values: Readonly<Record<string, string | readonly string[]>>): ConditionContext {
  return new Map(
    Object.entries(values).map(([key, value]) => [key.toLowerCase(), typeof value === 'string' ? [value] : value]),
  );
}

/**
 * IAM's rule: any Deny that matches wins; otherwise one Allow is needed. A condition operator that is not known never
 * helps the caller: its Allow does not apply, its Deny does.
 */
export function evaluatePolicy(documents: readonly PolicyDocument[], request: PolicyRequest): PolicyResult {
  const unknownOperators = new Set<string>();
  let allowed = false;
  let denied = false;
  for (const document of documents) {
    for (const statement of document.statements) {
      if (!statementApplies(statement, document.hasVariables, request, unknownOperators)) continue;
      if (statement.effect === 'Deny') denied = true;
      else allowed = true;
    }
  }
  return {
    decision: denied ? 'explicit-deny' : allowed ? 'allowed' : 'implicit-deny',
    unknownOperators: [...unknownOperators],
  };
}

function statementApplies(
  statement: PolicyStatement,
  hasVariables: boolean,
  request: PolicyRequest,
  unknownOperators: Set<string>,
): boolean {
  return (
    actionApplies(statement, request.action) &&
    resourceApplies(statement, hasVariables, request) &&
    principalApplies(statement, request) &&
    conditionsHold(statement, hasVariables, request.context, unknownOperators)
  );
}

function actionApplies({ actions, notActions }: PolicyStatement, action: string): boolean {
  const matches = (patterns: readonly string[]) => patterns.some((pattern) => matchesPattern(pattern, action, true));
  if (actions) return matches(actions);
  return notActions !== undefined && !matches(notActions);
}

function resourceApplies(statement: PolicyStatement, hasVariables: boolean, request: PolicyRequest): boolean {
  const lookup = (key: string) => {
    const values = request.context.get(key.toLowerCase());
    return values?.length === 1 ? values[0] : undefined;
  };
  const matches = (patterns: readonly string[]) =>
    patterns.some((pattern) =>
      hasVariables
        ? matchesPatternWithVariables(pattern, request.resource, lookup)
        : matchesPattern(pattern, request.resource),
    );
  if (statement.resources) return matches(statement.resources);
  if (statement.notResources) return !matches(statement.notResources);
  // Trust policies name no resource: they speak of the role they belong to.
  return statement.principal !== undefined || statement.notPrincipal !== undefined;
}

function principalApplies({ principal, notPrincipal }: PolicyStatement, { caller }: PolicyRequest): boolean {
  if (principal) return caller !== undefined && matchesCaller(principal, caller);
  if (notPrincipal) return caller !== undefined && !matchesCaller(notPrincipal, caller);
  return true;
}

function matchesCaller(principal: PrincipalElement, caller: NonNullable<PolicyRequest['caller']>): boolean {
  if (principal === '*') return true;
  const named = principal.AWS ?? [];
  return (
    named.some((value) => value === '*' || caller.aws.includes(toAccountArn(value))) ||
    (principal.Service ?? []).some((value) => caller.services.includes(value))
  );
}

/** An account id alone means the account's root, and so everyone in the account. */
const toAccountArn = (value: string) => (/^\d{12}$/.test(value) ? `arn:aws:iam::${value}:root` : value);

function conditionsHold(
  statement: PolicyStatement,
  hasVariables: boolean,
  context: ConditionContext,
  unknownOperators: Set<string>,
): boolean {
  let holds = true;
  for (const condition of statement.conditions) {
    const result = evaluateCondition(condition, context, hasVariables);
    if (result === undefined) unknownOperators.add(condition.operator);
    if (!(result ?? statement.effect === 'Deny')) holds = false;
  }
  return holds;
}
