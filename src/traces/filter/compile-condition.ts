import {
  type Comparison,
  type Expression,
  FilterExpressionError,
  type Keyword,
  type Literal,
  type Selector,
} from './expression.ts';
import type { SqlParameters } from './sql-parameters.ts';

/** How each keyword reads in some rows, as SQL; a keyword that is absent cannot be used there. */
export type Columns = Readonly<Partial<Record<Keyword, string>>> & {
  /** The column of annotations, where rows have them. */
  readonly annotations?: string;
};

const seconds = '((toUnixTimestamp64Micro(end) - toUnixTimestamp64Micro(start)) / 1e6)';

const statusColumns = {
  ok: '(fault = 0 AND error = 0 AND throttle = 0)',
  error: '(error = 1)',
  throttle: '(throttle = 1)',
  fault: '(fault = 1)',
  partial: '(in_progress = 1)',
  responsetime: seconds,
  duration: seconds,
  'http.status': 'http_status',
  'http.url': 'http_url',
  'http.method': 'http_method',
} as const satisfies Columns;

/** A row of `segments`, seen as a node of its trace. */
export const segmentColumns: Columns = {
  ...statusColumns,
  inferred: 'false',
  root: "(parent_id = '')",
  'http.useragent': 'user_agent',
  'http.clientip': 'client_ip',
  user: 'user',
  name: 'name',
  type: 'type',
  availabilityzone: 'availability_zone',
  'instance.id': 'instance_id',
  'resource.arn': 'resource_arn',
  'account.id': 'account',
  annotations: 'annotations',
};

/** A row of `calls`, seen as the node that it infers, or as an edge. */
export const callColumns: Columns = {
  ...statusColumns,
  inferred: 'true',
  root: 'false',
  'http.useragent': "''",
  'http.clientip': "''",
  user: "''",
  name: 'target_name',
  type: 'target_type',
  availabilityzone: "''",
  'instance.id': "''",
  'resource.arn': "''",
  'account.id': 'account',
  annotations: '[]::Array(String)',
};

/** A condition on one row. Throws FilterExpressionError for what cannot be asked of such rows. */
export function compileCondition(expression: Expression, columns: Columns, parameters: SqlParameters): string {
  switch (expression.kind) {
    case 'all':
      return 'true';
    case 'and':
    case 'or':
      return `(${expression.terms
        .map((term) => compileCondition(term, columns, parameters))
        .join(expression.kind === 'and' ? ' AND ' : ' OR ')})`;
    case 'not':
      return `(NOT ${compileCondition(expression.term, columns, parameters)})`;
    case 'keyword': {
      const column = columns[expression.keyword];
      if (!column) throw new FilterExpressionError(`"${expression.keyword}" cannot be used here`, expression.position);
      return compileComparison(column, expression.keyword, expression.comparison, parameters);
    }
    case 'annotation':
      if (!columns.annotations) throw new FilterExpressionError('Annotations cannot be used here', expression.position);
      return compileAnnotation(columns.annotations, expression.key, expression.comparison, parameters);
    default:
      throw new FilterExpressionError('This cannot be used inside { }', expression.position);
  }
}

const booleanKeywords = new Set<Keyword>([
  'ok',
  'error',
  'throttle',
  'fault',
  'partial',
  'inferred',
  'root',
  'first',
  'last',
  'remote',
]);
const numberKeywords = new Set<Keyword>(['responsetime', 'duration', 'http.status', 'index', 'coverage']);

/** A comparison does not match where there is no value, not even `!=`. */
export function compileComparison(
  column: string,
  keyword: Keyword,
  comparison: { operator: Comparison; value: Literal } | undefined,
  parameters: SqlParameters,
): string {
  if (booleanKeywords.has(keyword)) {
    const wanted = !comparison || (comparison.operator === '=') === (comparison.value === true);
    return wanted ? column : `(NOT ${column})`;
  }
  if (numberKeywords.has(keyword)) {
    const isSet = keyword === 'http.status' ? `${column} > 0` : 'true';
    if (!comparison) return `(${isSet})`;
    return `(${isSet} AND ${column} ${comparison.operator} ${parameters.number(Number(comparison.value))})`;
  }
  const isSet = `${column} != ''`;
  if (!comparison) return `(${isSet})`;
  return `(${isSet} AND ${compareText(column, comparison.operator, String(comparison.value), parameters)})`;
}

function compareText(column: string, operator: Comparison, value: string, parameters: SqlParameters): string {
  const text = parameters.text(value);
  switch (operator) {
    case 'CONTAINS':
      return `position(${column}, ${text}) > 0`;
    case 'BEGINSWITH':
      return `startsWith(${column}, ${text})`;
    case 'ENDSWITH':
      return `endsWith(${column}, ${text})`;
    default:
      return `${column} ${operator} ${text}`;
  }
}

/** An annotation as it is stored: `key=` and the value's JSON, so that equality is one lookup of the pair. */
export function annotationPair(key: string, value: Literal): string {
  return `${prefixOf(key)}${JSON.stringify(value)}`;
}

const prefixOf = (key: string): string => `${key.replaceAll('=', '_')}=`;

export function compileAnnotation(
  column: string,
  key: string,
  comparison: { operator: Comparison; value: Literal } | undefined,
  parameters: SqlParameters,
): string {
  const prefix = prefixOf(key);
  const exists = (condition: string) =>
    `arrayExists(item -> startsWith(item, ${parameters.text(prefix)}) AND ${condition}, ${column})`;
  if (!comparison) return exists(`item != ${parameters.text(`${prefix}false`)}`);
  const { operator, value } = comparison;
  const pair = annotationPair(key, value);
  if (operator === '=') return `has(${column}, ${parameters.text(pair)})`;
  const json = `substring(item, ${parameters.number(Buffer.byteLength(prefix) + 1)}::UInt64)`;
  if (operator === '!=') {
    // Another value of the same type.
    const first = {
      string: "'\"'",
      boolean: "'t', 'f'",
      number: "'-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'",
    }[typeof value as 'string' | 'boolean' | 'number'];
    return exists(`substring(${json}, 1, 1) IN (${first}) AND item != ${parameters.text(pair)}`);
  }
  if (operator === 'CONTAINS' || operator === 'BEGINSWITH' || operator === 'ENDSWITH') {
    return exists(
      `startsWith(${json}, '"') AND ${compareText(`JSONExtractString(${json})`, operator, String(value), parameters)}`,
    );
  }
  if (typeof value !== 'number') return 'false';
  return exists(`ifNull(toFloat64OrNull(${json}) ${operator} ${parameters.number(value)}, false)`);
}

export function compileSelector(
  selector: Selector,
  columns: { name: string; type: string },
  parameters: SqlParameters,
): string {
  const conditions = [
    ...(selector.name === undefined ? [] : [`${columns.name} = ${parameters.text(selector.name)}`]),
    ...(selector.type === undefined ? [] : [`${columns.type} = ${parameters.text(selector.type)}`]),
    ...(selector.accountId === undefined ? [] : [`account = ${parameters.text(selector.accountId)}`]),
  ];
  return conditions.length > 0 ? `(${conditions.join(' AND ')})` : 'true';
}
