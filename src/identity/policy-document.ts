import { awsError } from '../wire/aws/aws-error.ts';

export interface PolicyCondition {
  readonly operator: string;
  readonly key: string;
  readonly values: readonly string[];
}

/** Who a trust policy speaks of: `'*'`, or values by kind (`AWS`, `Service`, `Federated`, `CanonicalUser`). */
export type PrincipalElement = '*' | Readonly<Record<string, readonly string[]>>;

export interface PolicyStatement {
  readonly effect: 'Allow' | 'Deny';
  readonly actions?: readonly string[];
  readonly notActions?: readonly string[];
  readonly resources?: readonly string[];
  readonly notResources?: readonly string[];
  readonly principal?: PrincipalElement;
  readonly notPrincipal?: PrincipalElement;
  readonly conditions: readonly PolicyCondition[];
}

export interface PolicyDocument {
  /** Policy variables are replaced from 2012-10-17 on. */
  readonly hasVariables: boolean;
  readonly statements: readonly PolicyStatement[];
}

const malformed = (message: string) => awsError('MalformedPolicyDocument', message);

/** Reads a policy's JSON text. Throws MalformedPolicyDocument. Unknown condition operators are kept: the evaluator judges them. */
export function parsePolicyDocument(text: string): PolicyDocument {
  const document = asObject(parseJson(text), 'Syntax errors in policy.');
  const version = document.Version;
  if (version !== undefined && version !== '2012-10-17' && version !== '2008-10-17') {
    throw malformed('Syntax errors in policy.');
  }
  onlyKeys(document, ['Version', 'Id', 'Statement']);
  if (document.Statement === undefined) throw malformed('Syntax errors in policy.');
  const statements = [document.Statement].flat().map(parseStatement);
  const ids = [document.Statement].flat().flatMap((statement) => (statement as { Sid?: string }).Sid || []);
  if (new Set(ids).size !== ids.length) throw malformed('Statement IDs (SID) in a single policy must be unique.');
  return { hasVariables: version === '2012-10-17', statements };
}

function parseStatement(input: unknown): PolicyStatement {
  const statement = asObject(input, 'Syntax errors in policy.');
  onlyKeys(statement, [
    'Sid',
    'Effect',
    'Action',
    'NotAction',
    'Resource',
    'NotResource',
    'Principal',
    'NotPrincipal',
    'Condition',
  ]);
  const effect = statement.Effect;
  if (effect !== 'Allow' && effect !== 'Deny') throw malformed('Syntax errors in policy.');
  for (const name of ['Action', 'Resource', 'Principal']) {
    if (statement[name] !== undefined && statement[`Not${name}`] !== undefined) {
      throw malformed('Syntax errors in policy.');
    }
  }
  return {
    effect,
    ...strings('actions', statement.Action),
    ...strings('notActions', statement.NotAction),
    ...strings('resources', statement.Resource),
    ...strings('notResources', statement.NotResource),
    ...(statement.Principal !== undefined && { principal: parsePrincipal(statement.Principal) }),
    ...(statement.NotPrincipal !== undefined && { notPrincipal: parsePrincipal(statement.NotPrincipal) }),
    conditions: parseConditions(statement.Condition),
  };
}

function parsePrincipal(input: unknown): PrincipalElement {
  if (input === '*') return '*';
  const entries = Object.entries(asObject(input, 'Syntax errors in policy.'));
  return Object.fromEntries(entries.map(([kind, value]) => [kind, toStrings(value)]));
}

function parseConditions(input: unknown): PolicyCondition[] {
  if (input === undefined) return [];
  return Object.entries(asObject(input, 'Syntax errors in policy.')).flatMap(([operator, keys]) =>
    Object.entries(asObject(keys, 'Syntax errors in policy.')).map(([key, values]) => ({
      operator,
      key,
      values: toStrings(values),
    })),
  );
}

function strings<Name extends string>(name: Name, input: unknown): Partial<Record<Name, readonly string[]>> {
  const field: Partial<Record<string, readonly string[]>> = input === undefined ? {} : { [name]: toStrings(input) };
  return field as Partial<Record<Name, readonly string[]>>;
}

function toStrings(input: unknown): string[] {
  return [input].flat().map((value) => {
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
      throw malformed('Syntax errors in policy.');
    }
    return String(value);
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed('Syntax errors in policy.');
  }
}

function asObject(value: unknown, message: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed(message);
  return value as Record<string, unknown>;
}

function onlyKeys(object: Record<string, unknown>, allowed: readonly string[]): void {
  if (Object.keys(object).some((key) => !allowed.includes(key))) throw malformed('Syntax errors in policy.');
}
