import { callFunction } from './functions.ts';
import { type Expression, ExpressionError } from './parse-expression.ts';
import { arrayValue, isNumber, mapSeries, type Series, scalar, seriesFrom, seriesValue, type Value } from './series.ts';

/** What an expression may see. */
export interface ExpressionScope {
  /** Value of another query. */
  resolve(id: string): Value;
  /** Series of the queries that name a metric, by id, in order. */
  readonly metrics: readonly { readonly id: string; readonly series: Series; readonly periodSeconds: number }[];
  /** Series that a SEARCH call found. */
  search(call: Expression): readonly Series[];
  /** Period of the result: the coarsest of what it is made from. */
  readonly periodSeconds: number;
  /** Starts of all periods in the range. */
  readonly grid: readonly number[];
}

/** Computes metric maths. Missing data stay missing; what is not finite (a division by zero) is missing too. */
export function evaluateExpression(expression: Expression, scope: ExpressionScope): Value {
  switch (expression.kind) {
    case 'number':
      return scalar(expression.value);
    case 'string':
      return { kind: 'string', text: expression.text };
    case 'reference':
      return scope.resolve(expression.id);
    case 'list':
      return arrayValue(expression.items.flatMap((item) => asItems(evaluateExpression(item, scope))));
    case 'negate':
      return mapValue(evaluateExpression(expression.operand, scope), (value) => -value);
    case 'binary': {
      const left = evaluateExpression(expression.left, scope);
      const right = evaluateExpression(expression.right, scope);
      return combine(left, right, operators[expression.operator]!);
    }
    case 'call':
      return callFunction(expression, scope, (argument) => evaluateExpression(argument, scope));
  }
}

type Operator = (left: number, right: number) => number;

const truth = (value: boolean): number => (value ? 1 : 0);

const operators: Readonly<Record<string, Operator>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
  '^': (left, right) => left ** right,
  '==': (left, right) => truth(left === right),
  '!=': (left, right) => truth(left !== right),
  '<': (left, right) => truth(left < right),
  '<=': (left, right) => truth(left <= right),
  '>': (left, right) => truth(left > right),
  '>=': (left, right) => truth(left >= right),
  '&&': (left, right) => truth(left !== 0 && right !== 0),
  '||': (left, right) => truth(left !== 0 || right !== 0),
  AND: (left, right) => truth(left !== 0 && right !== 0),
  OR: (left, right) => truth(left !== 0 || right !== 0),
};

function asItems(value: Value): readonly Series[] {
  if (value.kind === 'series') return [value.series];
  if (value.kind === 'array') return value.items;
  throw new ExpressionError('A list may hold time series only');
}

function mapValue(value: Value, change: (value: number) => number): Value {
  if (value.kind === 'scalar') return scalar(change(value.value));
  if (value.kind === 'series') return seriesValue(mapSeries(value.series, change));
  if (value.kind === 'array') return arrayValue(value.items.map((series) => mapSeries(series, change)));
  throw new ExpressionError('A string cannot be calculated with');
}

/** Scalars go with every point, series meet where both have data, arrays item by item. */
function combine(left: Value, right: Value, operator: Operator): Value {
  if (left.kind === 'string' || right.kind === 'string')
    throw new ExpressionError('A string cannot be calculated with');
  if (left.kind === 'scalar') return mapValue(right, (value) => operator(left.value, value));
  if (right.kind === 'scalar') return mapValue(left, (value) => operator(value, right.value));
  if (left.kind === 'series' && right.kind === 'series') {
    return seriesValue(combineSeries(left.series, right.series, operator));
  }
  if (left.kind === 'array' && right.kind === 'array') {
    if (left.items.length !== right.items.length) {
      throw new ExpressionError('Arrays of different lengths cannot be calculated with each other');
    }
    return arrayValue(left.items.map((series, index) => combineSeries(series, right.items[index]!, operator)));
  }
  if (left.kind === 'array' && right.kind === 'series') {
    return arrayValue(left.items.map((series) => combineSeries(series, right.series, operator)));
  }
  if (left.kind === 'series' && right.kind === 'array') {
    return arrayValue(
      right.items.map((series) => ({ ...combineSeries(left.series, series, operator), label: series.label })),
    );
  }
  throw new ExpressionError('These values cannot be calculated with each other');
}

function combineSeries(left: Series, right: Series, operator: Operator): Series {
  const points: [number, number][] = [];
  for (const [timestampMs, value] of left.points) {
    const other = right.points.get(timestampMs);
    if (isNumber(other)) points.push([timestampMs, operator(value, other)]);
  }
  return seriesFrom(left.label, points);
}
