import { matchesIpRange } from './match-ip-range.ts';
import { expandVariables, matchesPattern, matchesPatternWithVariables, type VariableLookup } from './match-pattern.ts';
import type { PolicyCondition } from './policy-document.ts';

/** Condition keys of one request, keys in lower case; a key may have several values. */
export type ConditionContext = ReadonlyMap<string, readonly string[]>;

/** Compares one value of the policy with one of the request. `lookup` is undefined where variables are plain text. */
type Comparison = (policyValue: string, requestValue: string, lookup: VariableLookup | undefined) => boolean;

interface Operator {
  readonly compare: Comparison;
  /** The condition holds when no policy value matches. */
  readonly negated: boolean;
}

const expanded =
  (compare: (policyValue: string, requestValue: string) => boolean): Comparison =>
  (policyValue, requestValue, lookup) => {
    const value = lookup ? expandVariables(policyValue, lookup) : policyValue;
    return value !== undefined && compare(value, requestValue);
  };

const like: Comparison = (policyValue, requestValue, lookup) =>
  lookup ? matchesPatternWithVariables(policyValue, requestValue, lookup) : matchesPattern(policyValue, requestValue);

const numeric = (compare: (policyValue: number, requestValue: number) => boolean): Comparison => {
  const toNumber = (text: string) => (text.trim() === '' ? Number.NaN : Number(text));
  return (policyValue, requestValue) => {
    const [left, right] = [toNumber(policyValue), toNumber(requestValue)];
    return !Number.isNaN(left) && !Number.isNaN(right) && compare(left, right);
  };
};

const dated = (compare: (policyValue: number, requestValue: number) => boolean): Comparison => {
  const toMs = (text: string) => (/^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text));
  return (policyValue, requestValue) => {
    const [left, right] = [toMs(policyValue), toMs(requestValue)];
    return !Number.isNaN(left) && !Number.isNaN(right) && compare(left, right);
  };
};

const arnLike: Comparison = (policyValue, requestValue, lookup) => {
  const [pattern, arn] = [arnSegments(policyValue), arnSegments(requestValue)];
  return (
    pattern !== undefined && arn !== undefined && pattern.every((segment, index) => like(segment, arn[index]!, lookup))
  );
};

/** A variable in an ARN holds colons of its own, so segments are found outside `${}`. */
function arnSegments(text: string): string[] | undefined {
  const segments = [''];
  let depth = 0;
  for (const character of text) {
    if (character === '{') depth += 1;
    if (character === '}') depth = Math.max(0, depth - 1);
    if (character === ':' && depth === 0 && segments.length < 6) segments.push('');
    else segments[segments.length - 1] += character;
  }
  return segments.length === 6 ? segments : undefined;
}

const comparisons: Record<string, Comparison> = {
  stringequals: expanded((policyValue, requestValue) => policyValue === requestValue),
  stringequalsignorecase: expanded(
    (policyValue, requestValue) => policyValue.toLowerCase() === requestValue.toLowerCase(),
  ),
  stringlike: like,
  numericequals: numeric((policyValue, requestValue) => requestValue === policyValue),
  numericlessthan: numeric((policyValue, requestValue) => requestValue < policyValue),
  numericlessthanequals: numeric((policyValue, requestValue) => requestValue <= policyValue),
  numericgreaterthan: numeric((policyValue, requestValue) => requestValue > policyValue),
  numericgreaterthanequals: numeric((policyValue, requestValue) => requestValue >= policyValue),
  dateequals: dated((policyValue, requestValue) => requestValue === policyValue),
  datelessthan: dated((policyValue, requestValue) => requestValue < policyValue),
  datelessthanequals: dated((policyValue, requestValue) => requestValue <= policyValue),
  dategreaterthan: dated((policyValue, requestValue) => requestValue > policyValue),
  dategreaterthanequals: dated((policyValue, requestValue) => requestValue >= policyValue),
  bool: (policyValue, requestValue) => policyValue.toLowerCase() === requestValue.toLowerCase(),
  binaryequals: (policyValue, requestValue) => policyValue === requestValue,
  ipaddress: (policyValue, requestValue) => matchesIpRange(policyValue, requestValue) === true,
  arnequals: arnLike,
  arnlike: arnLike,
};

const negations: Record<string, string> = {
  stringnotequals: 'stringequals',
  stringnotequalsignorecase: 'stringequalsignorecase',
  stringnotlike: 'stringlike',
  numericnotequals: 'numericequals',
  datenotequals: 'dateequals',
  notipaddress: 'ipaddress',
  arnnotequals: 'arnequals',
  arnnotlike: 'arnlike',
};

interface ParsedOperator {
  readonly set: 'forallvalues' | 'foranyvalue' | undefined;
  readonly ifExists: boolean;
  readonly base: string;
}

function parseOperator(text: string): ParsedOperator {
  const [, set, base, ifExists] = /^(?:(forallvalues|foranyvalue):)?(.*?)(ifexists)?$/.exec(text.toLowerCase()) ?? [];
  return { set: set as ParsedOperator['set'], base: base ?? '', ifExists: ifExists !== undefined };
}

function findOperator(base: string): Operator | undefined {
  const negatedOf = Object.hasOwn(negations, base) ? negations[base] : undefined;
  const name = negatedOf ?? base;
  const compare = Object.hasOwn(comparisons, name) ? comparisons[name] : undefined;
  return compare && { compare, negated: negatedOf !== undefined };
}

/** Whether IAM knows the operator, with its `ForAnyValue:` or `IfExists` around it. */
export function isConditionOperator(text: string): boolean {
  const { base, ifExists } = parseOperator(text);
  return base === 'null' ? !ifExists : findOperator(base) !== undefined;
}

/** Undefined when the operator is unknown. */
export function evaluateCondition(
  condition: PolicyCondition,
  context: ConditionContext,
  hasVariables: boolean,
): boolean | undefined {
  const { set, base, ifExists } = parseOperator(condition.operator);
  const requestValues = context.get(condition.key.toLowerCase());
  if (base === 'null' && !ifExists) {
    return condition.values.some((value) => (value.toLowerCase() === 'true') === (requestValues === undefined));
  }
  const operator = findOperator(base);
  if (!operator) return undefined;
  const lookup: VariableLookup | undefined = hasVariables
    ? (key) => {
        const values = context.get(key.toLowerCase());
        return values?.length === 1 ? values[0] : undefined;
      }
    : undefined;
  const holds = (requestValue: string) =>
    condition.values.some((policyValue) => operator.compare(policyValue, requestValue, lookup)) !== operator.negated;

  if (requestValues === undefined || requestValues.length === 0) {
    if (ifExists || set === 'forallvalues') return true;
    return set === undefined && operator.negated;
  }
  if (set === 'forallvalues') return requestValues.every(holds);
  if (set === 'foranyvalue') return requestValues.some(holds);
  return operator.negated ? requestValues.every(holds) : requestValues.some(holds);
}
