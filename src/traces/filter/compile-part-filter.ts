import {
  type Columns,
  callColumns,
  compileComparison,
  compileCondition,
  compileSelector,
  segmentColumns,
} from './compile-condition.ts';
import { type Expression, FilterExpressionError } from './expression.ts';
import { parseFilter } from './parse-filter.ts';
import type { SqlParameters } from './sql-parameters.ts';

/** Which parts of one trace a filter is about: conditions on its rows of `segments`, and of `calls`. */
export interface PartFilter {
  readonly segments: string;
  readonly calls: string;
}

export interface PartScope {
  /** SQL that selects the trace, on `segments`. */
  readonly trace: string;
  readonly groups: ReadonlyMap<string, string>;
  readonly accountId: string;
}

const groupDepthMax = 5;

/**
 * The filter language inside one trace: what is asked of a trace is asked of each part by itself. `service("a") { fault }`
 * are a's segments that failed, `edge("a", "b")` the calls between them. Throws FilterExpressionError.
 */
export function compilePartFilter(text: string, scope: PartScope, parameters: SqlParameters): PartFilter {
  const expression = parseFilter(text);
  return {
    segments: new PartCompiler(scope, parameters, false).compile(expression, 0),
    calls: new PartCompiler(scope, parameters, true).compile(expression, 0),
  };
}

class PartCompiler {
  private readonly scope: PartScope;
  private readonly parameters: SqlParameters;
  private readonly isCalls: boolean;
  private readonly columns: Columns;

  constructor(scope: PartScope, parameters: SqlParameters, isCalls: boolean) {
    this.scope = scope;
    this.parameters = parameters;
    this.isCalls = isCalls;
    this.columns = isCalls ? callColumns : segmentColumns;
  }

  compile(expression: Expression, groupDepth: number): string {
    switch (expression.kind) {
      case 'and':
      case 'or':
        return `(${expression.terms
          .map((term) => this.compile(term, groupDepth))
          .join(expression.kind === 'and' ? ' AND ' : ' OR ')})`;
      case 'not':
        return `(NOT ${this.compile(expression.term, groupDepth)})`;
      case 'all':
      case 'annotation':
        return compileCondition(expression, this.columns, this.parameters);
      case 'keyword': {
        if (expression.keyword !== 'account.id') return compileCondition(expression, this.columns, this.parameters);
        const account = this.parameters.text(this.scope.accountId);
        return compileComparison(account, expression.keyword, expression.comparison, this.parameters);
      }
      case 'service':
        return this.service(expression);
      case 'edge':
        return this.isCalls ? this.edge(expression) : 'false';
      case 'group':
        return this.group(expression, groupDepth);
      case 'rootcause':
      case 'rootcause-json':
        throw new FilterExpressionError(
          'Root causes select traces, not parts of one; this starts',
          expression.position,
        );
    }
  }

  private service({ selector, condition }: Extract<Expression, { kind: 'service' }>): string {
    const columns = this.isCalls ? { name: 'target_name', type: 'target_type' } : { name: 'name', type: 'type' };
    const isOne = this.isCalls ? this.isInferred() : "kind = 'segment'";
    return `(${isOne} AND ${compileSelector(selector, columns, this.parameters)} AND ${compileCondition(condition, this.columns, this.parameters)})`;
  }

  private edge({ from, to, condition }: Extract<Expression, { kind: 'edge' }>): string {
    const callee = compileSelector(to, { name: 'name', type: 'type' }, this.parameters);
    const isCallee = `toString(id) IN (SELECT parent_id FROM segments WHERE ${this.scope.trace} AND kind = 'segment' AND ${callee})`;
    const isTarget = `(${this.isInferred()} AND ${compileSelector(to, { name: 'target_name', type: 'target_type' }, this.parameters)})`;
    return `(${compileSelector(from, { name: 'owner_name', type: 'owner_type' }, this.parameters)} AND (${isCallee} OR ${isTarget})
      AND ${compileCondition(condition, callColumns, this.parameters)})`;
  }

  /** A call that no segment answers stands for the service that it called. */
  private isInferred(): string {
    return `toString(id) NOT IN (SELECT parent_id FROM segments WHERE ${this.scope.trace} AND kind = 'segment')`;
  }

  private group({ value, operator, position }: Extract<Expression, { kind: 'group' }>, groupDepth: number): string {
    const text = this.scope.groups.get(value);
    if (text === undefined) throw new FilterExpressionError(`There is no group "${value}"`, position);
    if (groupDepth >= groupDepthMax) throw new FilterExpressionError('Groups refer to each other too deeply', position);
    const member = this.compile(parseFilter(text), groupDepth + 1);
    return operator === '=' ? member : `(NOT ${member})`;
  }
}
