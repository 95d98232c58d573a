import type { TraceSummary } from '@aws-sdk/client-xray';
import { isObject } from '../json-access.ts';
import type { RestExpression } from './compile-filter.ts';
import type { Comparison, Expression, Literal } from './expression.ts';

/** Decides an expression with root causes for one trace: `atoms` are the engine's answers, the rest is in the summary. */
export function evaluateRest(rest: RestExpression, atoms: readonly boolean[], summary: TraceSummary): boolean {
  switch (rest.kind) {
    case 'and':
      return rest.terms.every((term) => evaluateRest(term, atoms, summary));
    case 'or':
      return rest.terms.some((term) => evaluateRest(term, atoms, summary));
    case 'not':
      return !evaluateRest(rest.term, atoms, summary);
    case 'atom':
      return atoms[rest.index] === true;
    case 'rootcause':
      return rest.expression.kind === 'rootcause'
        ? matchesRootCause(rest.expression, summary)
        : matchesJson(rest.expression.value, summary);
  }
}

interface Element {
  readonly index: number;
  readonly count: number;
  readonly values: Readonly<Record<string, Literal | undefined>>;
}

function matchesRootCause(expression: Extract<Expression, { kind: 'rootcause' }>, summary: TraceSummary): boolean {
  return causesOf(expression.cause, summary).some((cause) =>
    elementsOf(expression.subject, cause).some((element) => matches(expression.condition, element)),
  );
}

function causesOf(cause: 'fault' | 'error' | 'responsetime', summary: TraceSummary): Record<string, unknown>[] {
  const causes = {
    fault: summary.FaultRootCauses,
    error: summary.ErrorRootCauses,
    responsetime: summary.ResponseTimeRootCauses,
  }[cause];
  return (causes ?? []) as unknown as Record<string, unknown>[];
}

function elementsOf(subject: 'service' | 'entity' | 'exception', cause: Record<string, unknown>): Element[] {
  const services = listOf(cause.Services);
  const entities = services.flatMap((service) => listOf(service.EntityPath));
  const items = {
    service: services,
    entity: entities,
    exception: entities.flatMap((entity) => listOf(entity.Exceptions)),
  }[subject];
  return items.map((item, index) => ({
    index,
    count: items.length,
    values: {
      name: literal(item.Name),
      type: literal(item.Type),
      message: literal(item.Message),
      inferred: item.Inferred === true,
      remote: item.Remote === true,
      coverage: literal(item.Coverage),
      'account.id': literal(item.AccountId),
    },
  }));
}

function matches(condition: Expression, element: Element): boolean {
  switch (condition.kind) {
    case 'all':
      return true;
    case 'and':
      return condition.terms.every((term) => matches(term, element));
    case 'or':
      return condition.terms.some((term) => matches(term, element));
    case 'not':
      return !matches(condition.term, element);
    case 'keyword':
      return compare(readValue(condition.keyword, element), condition.comparison);
    default:
      return false;
  }
}

function readValue(keyword: string, { index, count, values }: Element): Literal | undefined {
  if (keyword === 'first') return index === 0;
  if (keyword === 'last') return index === count - 1;
  if (keyword === 'index') return index;
  return values[keyword];
}

function compare(
  value: Literal | undefined,
  comparison: { operator: Comparison; value: Literal } | undefined,
): boolean {
  if (value === undefined || value === '') return false;
  if (!comparison) return value !== false;
  const { operator, value: wanted } = comparison;
  switch (operator) {
    case '=':
      return value === wanted;
    case '!=':
      return value !== wanted;
    case 'CONTAINS':
      return String(value).includes(String(wanted));
    case 'BEGINSWITH':
      return String(value).startsWith(String(wanted));
    case 'ENDSWITH':
      return String(value).endsWith(String(wanted));
    case '<':
      return value < wanted;
    case '<=':
      return value <= wanted;
    case '>':
      return value > wanted;
    case '>=':
      return value >= wanted;
  }
}

/** Fields that the pattern has must be equal, lists of equal length and order; fields that it lacks may be anything. */
function matchesJson(pattern: unknown, summary: TraceSummary): boolean {
  const patterns = Array.isArray(pattern) ? pattern : [pattern];
  const causes = (['fault', 'error', 'responsetime'] as const).flatMap((cause) => causesOf(cause, summary));
  return patterns.every((item) => causes.some((cause) => covers(item, cause)));
}

function covers(pattern: unknown, value: unknown): boolean {
  if (Array.isArray(pattern)) {
    return (
      Array.isArray(value) && value.length === pattern.length && pattern.every((item, i) => covers(item, value[i]))
    );
  }
  if (isObject(pattern))
    return isObject(value) && Object.entries(pattern).every(([key, item]) => covers(item, value[key]));
  return pattern === value;
}

function listOf(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function literal(value: unknown): Literal | undefined {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : undefined;
}
