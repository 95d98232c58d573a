import { awsError } from '../wire/aws/aws-error.ts';
import { isConditionOperator } from './evaluate-condition.ts';
import { type PolicyDocument, type PolicyStatement, parsePolicyDocument } from './policy-document.ts';

const malformed = (message: string) => awsError('MalformedPolicyDocument', message);

/** A policy for a role, user or group: actions and resources, no principal. Throws MalformedPolicyDocument. */
export function assertIdentityPolicy(text: string): void {
  const document = parsePolicyDocument(text);
  for (const statement of document.statements) {
    assertActions(statement);
    if (statement.principal || statement.notPrincipal)
      throw malformed('Policy document should not specify a principal.');
    if (!statement.resources && !statement.notResources) throw malformed('Policy statement must contain resources.');
    for (const resource of [...(statement.resources ?? []), ...(statement.notResources ?? [])]) {
      if (resource !== '*' && !/^(\*|arn:[^:]*:[^:]*:[^:]*:[^:]*:.+|arn:.*\*.*)$/s.test(resource)) {
        throw malformed(`Resource ${resource} must be in ARN format or "*".`);
      }
    }
  }
  assertConditions(document);
}

/** A role's trust policy: who may assume it. Throws MalformedPolicyDocument. */
export function assertTrustPolicy(text: string): void {
  const document = parsePolicyDocument(text);
  for (const statement of document.statements) {
    assertActions(statement);
    if (!statement.principal && !statement.notPrincipal) throw malformed('Missing required field Principal');
    if (statement.resources || statement.notResources) throw malformed('Has prohibited field Resource');
    for (const action of [...(statement.actions ?? []), ...(statement.notActions ?? [])]) {
      if (action !== '*' && !/^sts:/i.test(action)) {
        throw malformed('AssumeRole policy may only specify STS AssumeRole actions.');
      }
    }
  }
  assertConditions(document);
}

function assertActions({ actions, notActions }: PolicyStatement): void {
  const all = actions ?? notActions;
  if (!all || all.length === 0) throw malformed('Policy statement must contain actions.');
  for (const action of all) {
    if (action !== '*' && !/^[A-Za-z0-9-]+:[A-Za-z0-9*?]+$/.test(action)) {
      throw malformed('Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.');
    }
  }
}

function assertConditions(document: PolicyDocument): void {
  for (const { operator } of document.statements.flatMap((statement) => statement.conditions)) {
    if (!isConditionOperator(operator)) throw malformed(`Invalid Condition type : ${operator}.`);
  }
}
