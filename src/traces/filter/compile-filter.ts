import {
  annotationPair,
  callColumns,
  compileAnnotation,
  compileComparison,
  compileCondition,
  compileSelector,
  segmentColumns,
} from './compile-condition.ts';
import { type Expression, FilterExpressionError, type Keyword, type Selector } from './expression.ts';
import { parseFilter } from './parse-filter.ts';
import { SqlParameters } from './sql-parameters.ts';

/** A filter as SQL on the rows of `traceAggregateColumns`, one row a trace. */
export interface CompiledFilter {
  readonly condition: string;
  /** What can be asked of a trace id before the trace is put together; `condition` holds the rest. */
  readonly prefilter: string;
  /** A condition on single segments that few will meet and that every matching trace has one for; absent where it is all there is. */
  readonly rareSegment?: string;
  /** The same on single rows of `trace_summaries`: one on a small column, then one on what it stands for. */
  readonly rareSummary?: { readonly small: string; readonly exact: string };
  /**
   * What the engine cannot decide (root causes): SQL of each decidable part, in order, and those that are left to
   * `evaluate`. `condition` then selects more than is wanted.
   */
  readonly rest?: { readonly atoms: readonly string[]; readonly expression: RestExpression };
}

export type RestExpression =
  | { readonly kind: 'and' | 'or'; readonly terms: readonly RestExpression[] }
  | { readonly kind: 'not'; readonly term: RestExpression }
  | { readonly kind: 'atom'; readonly index: number }
  | { readonly kind: 'rootcause'; readonly expression: Extract<Expression, { kind: 'rootcause' | 'rootcause-json' }> };

export interface FilterScope {
  /** SQL that selects account, region and a time range with some margin, on `segments` and `calls` alike. */
  readonly rows: string;
  /** The same without a bound on when it was stored: calls come in batches of their own. */
  readonly callRows: string;
  /** Expressions of the groups, by name and by ARN. */
  readonly groups: ReadonlyMap<string, string>;
  readonly accountId: string;
  /** Whether `condition` is asked of rows of `trace_summaries` instead; then there is nothing to ask before. */
  readonly ofSummaries?: boolean;
}

/** Columns of the inner query that the condition reads; `GROUP BY trace_id` over rows of kind segment. */
export const traceAggregateColumns = `
  argMinIf(tuple(fault, error, http_status, http_url, http_method, user_agent, client_ip,
    (toUnixTimestamp64Micro(end) - toUnixTimestamp64Micro(start)) / 1e6),
    tuple(parent_id != '', start, id), kind = 'segment') AS root,
  max(throttle) AS any_throttle, max(in_progress) AS any_in_progress,
  (toUnixTimestamp64Micro(max(end)) - toUnixTimestamp64Micro(min(start))) / 1e6 AS trace_seconds`;

const rootColumns: Readonly<Partial<Record<Keyword, string>>> = {
  ok: '(root.1 = 0 AND root.2 = 0)',
  fault: '(root.1 = 1)',
  error: '(root.2 = 1)',
  throttle: '(any_throttle = 1)',
  partial: '(any_in_progress = 1)',
  'http.status': 'root.3',
  'http.url': 'root.4',
  'http.method': 'root.5',
  'http.useragent': 'root.6',
  'http.clientip': 'root.7',
  responsetime: 'root.8',
  duration: 'trace_seconds',
};

/** The same of a row of `trace_summaries`. */
const summaryColumns: typeof rootColumns = {
  ok: '(fault = 0 AND error = 0)',
  fault: '(fault = 1)',
  error: '(error = 1)',
  throttle: '(any_throttle = 1)',
  partial: '(any_in_progress = 1)',
  'http.status': 'http_status',
  'http.url': 'http_url',
  'http.method': 'http_method',
  'http.useragent': 'user_agent',
  'http.clientip': 'client_ip',
  responsetime: '(response_micros / 1e6)',
  duration: '(trace_micros / 1e6)',
};

const anySegmentKeywords = new Set<Keyword>(['user', 'availabilityzone', 'instance.id', 'resource.arn']);
const groupDepthMax = 5;

/** Parses and compiles. Throws FilterExpressionError. */
export function compileFilter(text: string, scope: FilterScope, parameters: SqlParameters): CompiledFilter {
  const expression = parseFilter(text);
  const compiler = new FilterCompiler(scope, parameters);
  // Compiled whole even where nothing of it is used: what cannot be asked is found here.
  const condition = compiler.compile(expression, 0);
  if (condition.length > sqlCharactersMax) {
    throw new FilterExpressionError('The expression has too many conditions; this starts', 0);
  }
  if (hasRootCause(expression)) {
    const atoms: string[] = [];
    const rest = { expression: compiler.split(expression, atoms), atoms };
    return { condition: 'true', prefilter: 'true', rest };
  }
  if (scope.ofSummaries) return { condition, prefilter: 'true', ...rareSummary(expression, parameters) };
  if (isOfTraceId(expression)) {
    return { condition: 'true', prefilter: condition, ...rareSegment(expression, parameters) };
  }
  const terms = expression.kind === 'and' ? expression.terms.filter(isOfTraceId) : [];
  const prefilter = terms.map((term) => compiler.compile(term, 0)).join(' AND ') || 'true';
  return { condition, prefilter, ...rareSegment(expression, parameters) };
}

/** Each is a part of the statement of its own, groups included: beyond this no engine would take it. */
const conditionsMax = 200;
/** Statements hold the condition up to twice, and the engine takes 256 KiB. */
const sqlCharactersMax = 100_000;

class FilterCompiler {
  private readonly scope: FilterScope;
  private readonly parameters: SqlParameters;
  private conditions = 0;

  constructor(scope: FilterScope, parameters: SqlParameters) {
    this.scope = scope;
    this.parameters = parameters;
  }

  compile(expression: Expression, groupDepth: number): string {
    if ('position' in expression && ++this.conditions > conditionsMax) {
      throw new FilterExpressionError(`More than ${conditionsMax} conditions; this starts`, expression.position);
    }
    switch (expression.kind) {
      case 'all':
        return 'true';
      case 'and':
      case 'or':
        return `(${expression.terms
          .map((term) => this.compile(term, groupDepth))
          .join(expression.kind === 'and' ? ' AND ' : ' OR ')})`;
      case 'not':
        return `(NOT ${this.compile(expression.term, groupDepth)})`;
      case 'keyword':
        return this.keyword(expression);
      case 'annotation': {
        const { key, comparison } = expression;
        const annotation = compileAnnotation('annotations', key, comparison, this.parameters);
        return this.scope.ofSummaries ? annotation : this.anySegment(annotation);
      }
      case 'service':
        return this.service(expression);
      case 'edge':
        return this.edge(expression);
      case 'group':
        return this.group(expression, groupDepth);
      case 'rootcause':
        // Checked for what it may contain; decided on the whole trace.
        compileCondition(expression.condition, rootCauseColumns, new SqlParameters());
        return 'true';
      case 'rootcause-json':
        return 'true';
    }
  }

  /** The same expression with everything that SQL can decide turned into atoms. */
  split(expression: Expression, atoms: string[]): RestExpression {
    if (expression.kind === 'rootcause' || expression.kind === 'rootcause-json')
      return { kind: 'rootcause', expression };
    if (hasRootCause(expression)) {
      if (expression.kind === 'not') return { kind: 'not', term: this.split(expression.term, atoms) };
      if (expression.kind === 'and' || expression.kind === 'or') {
        return { kind: expression.kind, terms: expression.terms.map((term) => this.split(term, atoms)) };
      }
    }
    atoms.push(this.compile(expression, 0));
    return { kind: 'atom', index: atoms.length - 1 };
  }

  private keyword(expression: Extract<Expression, { kind: 'keyword' }>): string {
    const { keyword, comparison, position } = expression;
    const column = (this.scope.ofSummaries ? summaryColumns : rootColumns)[keyword];
    if (column) return compileComparison(column, keyword, comparison, this.parameters);
    if (anySegmentKeywords.has(keyword))
      return this.anySegment(compileCondition(expression, segmentColumns, this.parameters));
    if (keyword === 'account.id') {
      return compileComparison(this.parameters.text(this.scope.accountId), keyword, comparison, this.parameters);
    }
    if (keyword === 'inferred') {
      const hasInferred = this.inferredNode('true');
      return compileComparison(hasInferred, keyword, comparison, this.parameters);
    }
    throw new FilterExpressionError(`"${keyword}" can only be used inside service, edge or rootcause { }`, position);
  }

  private service({ selector, condition }: Extract<Expression, { kind: 'service' }>): string {
    const isThere = this.scope.ofSummaries ? this.hasNode(selector) : 'true';
    if (this.scope.ofSummaries && condition.kind === 'all') return isThere;
    const real = this.anySegment(
      `kind = 'segment' AND ${compileSelector(selector, { name: 'name', type: 'type' }, this.parameters)} AND ${compileCondition(condition, segmentColumns, this.parameters)}`,
    );
    const inferred = this.inferredNode(
      `${compileSelector(selector, { name: 'target_name', type: 'target_type' }, this.parameters)} AND ${compileCondition(condition, callColumns, this.parameters)}`,
    );
    return `(${isThere} AND (${real} OR ${inferred}))`;
  }

  private hasNode(selector: Selector): string {
    const node = compileSelector(selector, { name: 'nodeName', type: 'nodeType' }, this.parameters);
    const { name, type, accountId } = selector;
    if (name !== undefined && type === undefined && accountId === undefined) {
      return `has(node_names, ${this.parameters.text(name)})`;
    }
    return `arrayExists((nodeName, nodeType) -> ${node}, node_names, node_types)`;
  }

  private edge({ from, to, condition }: Extract<Expression, { kind: 'edge' }>): string {
    const { rows, callRows } = this.scope;
    const columns = { ...callColumns, inferred: "(calleeName = '')", name: 'nodeName', type: 'nodeType' };
    const between = `trace_id IN (
      SELECT trace_id FROM (
        SELECT *, if(calleeName != '', calleeName, target_name) AS nodeName, if(calleeName != '', calleeType, target_type) AS nodeType
        FROM (SELECT * FROM calls WHERE ${callRows}) AS c
        LEFT JOIN (SELECT DISTINCT trace_id, parent_id AS call_id, name AS calleeName, type AS calleeType FROM segments
          WHERE ${rows} AND kind = 'segment' AND parent_id != '') AS s ON c.trace_id = s.trace_id AND toString(c.id) = s.call_id
      ) WHERE ${compileSelector(from, { name: 'owner_name', type: 'owner_type' }, this.parameters)}
        AND ${compileSelector(to, { name: 'nodeName', type: 'nodeType' }, this.parameters)}
        AND ${compileCondition(condition, columns, this.parameters)})`;
    const mayBeClient = from.type === undefined || from.type === 'client';
    if (!mayBeClient) return between;
    // The client before a service bears the service's name.
    const fromName = from.name === undefined ? 'true' : `name = ${this.parameters.text(from.name)}`;
    const client = this.anySegment(
      `kind = 'segment' AND parent_id = '' AND ${fromName} AND ${compileSelector(to, { name: 'name', type: 'type' }, this.parameters)} AND ${compileCondition(condition, segmentColumns, this.parameters)}`,
    );
    return `(${between} OR ${client})`;
  }

  private group({ value, operator, position }: Extract<Expression, { kind: 'group' }>, groupDepth: number): string {
    const text = this.scope.groups.get(value);
    if (text === undefined) throw new FilterExpressionError(`There is no group "${value}"`, position);
    if (groupDepth >= groupDepthMax) throw new FilterExpressionError('Groups refer to each other too deeply', position);
    const parsed = parseFilter(text);
    if (hasRootCause(parsed))
      throw new FilterExpressionError('A group by root cause cannot be part of a filter', position);
    const member = this.compile(parsed, groupDepth + 1);
    return operator === '=' ? member : `(NOT ${member})`;
  }

  private anySegment(condition: string): string {
    return `trace_id IN (SELECT trace_id FROM segments WHERE ${this.scope.rows} AND ${condition})`;
  }

  private inferredNode(condition: string): string {
    const { rows, callRows } = this.scope;
    return `trace_id IN (SELECT trace_id FROM calls WHERE ${inferredNodesSql(rows, callRows)} AND ${condition})`;
  }
}

/** SQL on `calls`: those that stand for the service that they called, since it sends nothing. */
export function inferredNodesSql(rows: string, callRows: string): string {
  return `${callRows}
      AND (trace_id, toString(id)) NOT IN (SELECT trace_id, parent_id FROM segments WHERE ${rows} AND kind = 'segment' AND parent_id != '')
      AND (trace_id, parent_id) NOT IN (SELECT trace_id, toString(id) FROM calls WHERE ${callRows} AND namespace = 'aws')`;
}

/** Keywords that a rootcause { } may hold; only their presence matters here. */
const rootCauseColumns: Readonly<Partial<Record<Keyword, string>>> = {
  inferred: 'false',
  first: 'false',
  last: 'false',
  remote: 'false',
  index: '0',
  coverage: '0',
  name: "''",
  type: "''",
  message: "''",
  'account.id': "''",
};

/** Equal annotations have an index; what is asked besides need only be asked of the traces that they lead to. */
function rareSegment(expression: Expression, parameters: SqlParameters): { rareSegment?: string } {
  if (expression.kind !== 'and') return {};
  const equal = expression.terms.find((term) => term.kind === 'annotation' && term.comparison?.operator === '=');
  if (equal?.kind !== 'annotation') return {};
  return { rareSegment: compileAnnotation('annotations', equal.key, equal.comparison, parameters) };
}

/** Equal annotations are looked for by their hashes before anything else is read. */
function rareSummary(
  expression: Expression,
  parameters: SqlParameters,
): { rareSummary?: { small: string; exact: string } } {
  const terms = expression.kind === 'and' ? expression.terms : [expression];
  const equal = terms.find((term) => term.kind === 'annotation' && term.comparison?.operator === '=');
  if (equal?.kind !== 'annotation' || !equal.comparison) return {};
  const pair = parameters.text(annotationPair(equal.key, equal.comparison.value));
  return {
    rareSummary: {
      small: `has(annotation_hashes, toUInt16(cityHash64(${pair})))`,
      exact: `has(annotations, ${pair})`,
    },
  };
}

/** Whether it only asks which ids a trace is among, and nothing that takes all its rows. */
function isOfTraceId(expression: Expression): boolean {
  switch (expression.kind) {
    case 'and':
    case 'or':
      return expression.terms.every(isOfTraceId);
    case 'not':
      return isOfTraceId(expression.term);
    case 'keyword':
      return rootColumns[expression.keyword] === undefined;
    case 'group':
    case 'rootcause':
    case 'rootcause-json':
      return false;
    default:
      return true;
  }
}

/** Whether it asks for root causes, which only a whole trace tells. */
export function hasRootCause(expression: Expression): boolean {
  switch (expression.kind) {
    case 'rootcause':
    case 'rootcause-json':
      return true;
    case 'and':
    case 'or':
      return expression.terms.some(hasRootCause);
    case 'not':
      return hasRootCause(expression.term);
    default:
      return false;
  }
}
