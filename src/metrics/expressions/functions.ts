import type { ExpressionScope } from './evaluate-expression.ts';
import { type Expression, ExpressionError } from './parse-expression.ts';
import {
  arrayValue,
  isNumber,
  mapSeries,
  type Series,
  scalar,
  seriesFrom,
  seriesValue,
  timestampsOf,
  type Value,
} from './series.ts';
import { timeFunctions } from './time-functions.ts';

type Call = Extract<Expression, { kind: 'call' }>;
type Evaluate = (argument: Expression) => Value;

/** Applies one of CloudWatch's metric-math functions. */
export function callFunction(call: Call, scope: ExpressionScope, evaluate: Evaluate): Value {
  if (call.name === 'SEARCH') return arrayValue(scope.search(call));
  if (call.name === 'METRICS') return metricsOf(call, scope, evaluate);
  if (call.name === 'PERIOD') return periodOf(call, scope);
  const values = call.arguments.map(
    (argument): Value =>
      argument.kind === 'reference' && keywords.has(argument.id.toUpperCase()) && keywordFunctions.has(call.name)
        ? { kind: 'string', text: argument.id.toUpperCase() }
        : evaluate(argument),
  );
  const elementwise = elementwiseFunctions[call.name];
  if (elementwise) return eachSeries(only(call, values), (series) => mapSeries(series, elementwise));
  const overTime = overTimeFunctions[call.name];
  if (overTime) return eachSeries(only(call, values), overTime);
  const reduce = reducers[call.name];
  if (reduce) return reduceValue(call, only(call, values), reduce);
  const special = specialFunctions[call.name];
  if (special) return special(call, values, scope);
  const ofTime = timeFunctions[call.name];
  if (ofTime) return eachSeries(only(call, values), (series) => mapSeries(series, (_, at) => ofTime(at)));
  throw new ExpressionError(`Unsupported function ${call.name}`);
}

/** Bare words that are no ids. */
const keywords = new Set(['REPEAT', 'LINEAR', 'AVG', 'MIN', 'MAX', 'SUM', 'ASC', 'DESC']);
const keywordFunctions = new Set(['FILL', 'SORT']);

const elementwiseFunctions: Readonly<Record<string, (value: number) => number>> = {
  ABS: Math.abs,
  CEIL: Math.ceil,
  FLOOR: Math.floor,
  LOG: Math.log,
  LOG10: Math.log10,
};

const overTimeFunctions: Readonly<Record<string, (series: Series) => Series>> = {
  DIFF: (series) => betweenNeighbours(series, (change) => change),
  DIFF_TIME: (series) => betweenNeighbours(series, (_, seconds) => seconds),
  RATE: (series) => betweenNeighbours(series, (change, seconds) => change / seconds),
  RUNNING_SUM: (series) => {
    let sum = 0;
    return mapSeries(series, (value) => {
      sum += value;
      return sum;
    });
  },
};

function betweenNeighbours(series: Series, compute: (change: number, seconds: number) => number): Series {
  const points = [...series.points];
  return seriesFrom(
    series.label,
    points.slice(1).map(([timestampMs, value], index) => {
      const [previousMs, previous] = points[index]!;
      return [timestampMs, compute(value - previous, (timestampMs - previousMs) / 1000)] as const;
    }),
  );
}

/** `expected` is how many series there are: AVG over an array counts a missing point as nothing, as CloudWatch does. */
type Reducer = (values: readonly number[], expected: number) => number;

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const reducers: Readonly<Record<string, Reducer>> = {
  AVG: (values, expected) => sum(values) / expected,
  SUM: sum,
  MIN: (values) => values.reduce((least, value) => Math.min(least, value), Infinity),
  MAX: (values) => values.reduce((most, value) => Math.max(most, value), -Infinity),
  STDDEV: (values) => {
    const mean = sum(values) / values.length;
    return Math.sqrt(sum(values.map((value) => (value - mean) ** 2)) / values.length);
  },
  DATAPOINT_COUNT: (values) => values.length,
};

/** One series becomes one number, several series become one series. */
function reduceValue(call: Call, value: Value, reduce: Reducer): Value {
  if (value.kind === 'series') {
    const values = [...value.series.points.values()];
    return scalar(reduce(values, values.length));
  }
  if (value.kind !== 'array') throw new ExpressionError(`${call.name} takes time series`);
  const points = timestampsOf(value.items).map((timestampMs) => {
    const values = value.items.map((series) => series.points.get(timestampMs)).filter(isNumber);
    return [timestampMs, reduce(values, value.items.length)] as const;
  });
  return seriesValue(seriesFrom(call.name, points));
}

type Special = (call: Call, values: readonly Value[], scope: ExpressionScope) => Value;

const specialFunctions: Readonly<Record<string, Special>> = {
  METRIC_COUNT: (call, values) => scalar(itemsOf(call, values[0]).length),
  FIRST: (call, values) => seriesValue(itemsOf(call, values[0])[0] ?? seriesFrom('', [])),
  LAST: (call, values) => seriesValue(itemsOf(call, values[0]).at(-1) ?? seriesFrom('', [])),
  REMOVE_EMPTY: (call, values) => arrayValue(itemsOf(call, values[0]).filter((series) => series.points.size > 0)),
  TIME_SERIES: (call, values, scope) => {
    const value = numberOf(call, values[0]);
    return seriesValue(
      seriesFrom(
        `${value}`,
        scope.grid.map((timestampMs) => [timestampMs, value] as const),
      ),
    );
  },
  FILL: (call, values, scope) => eachSeries(needed(call, values[0]), (series) => fill(series, values[1], scope)),
  IF: choose,
  SLICE: (call, values) => {
    const items = itemsOf(call, values[0]);
    const from = numberOf(call, values[1]);
    const chosen = values[2] ? items.slice(from, numberOf(call, values[2])) : items.slice(from, from + 1);
    return values[2] ? arrayValue(chosen) : seriesValue(chosen[0] ?? seriesFrom('', []));
  },
  SORT: sortSeries,
};

function fill(series: Series, filler: Value | undefined, scope: ExpressionScope): Series {
  if (filler?.kind === 'string' && fillModes.has(filler.text)) return fillBetween(series, filler.text, scope.grid);
  const fillerAt = (timestampMs: number): number | undefined => {
    if (filler?.kind === 'scalar') return filler.value;
    if (filler?.kind === 'series') return filler.series.points.get(timestampMs);
    throw new ExpressionError('FILL takes a number, a time series, REPEAT or LINEAR');
  };
  const points = gridOf(series, scope.grid).map(
    (at) => [at, series.points.get(at) ?? fillerAt(at) ?? Number.NaN] as const,
  );
  return seriesFrom(series.label, points);
}

const fillModes = new Set(['REPEAT', 'LINEAR']);

const gridOf = (series: Series, grid: readonly number[]): number[] =>
  [...new Set([...grid, ...series.points.keys()])].sort((left, right) => left - right);

function fillBetween(series: Series, mode: string, grid: readonly number[]): Series {
  const known = [...series.points];
  let next = 0;
  const points = gridOf(series, grid).map((at): readonly [number, number] => {
    while (next < known.length && known[next]![0] <= at) next += 1;
    const before = known[next - 1];
    const after = known[next];
    if (!before) return [at, Number.NaN];
    if (before[0] === at || mode === 'REPEAT' || !after) return [at, before[1]];
    const share = (at - before[0]) / (after[0] - before[0]);
    return [at, before[1] + share * (after[1] - before[1])];
  });
  return seriesFrom(series.label, points);
}

/**
 * IF(condition, then, else). As CloudWatch does it: a true condition with nothing in `then` gives 0, a false one with
 * nothing in `else` gives nothing, and without `else` false points are dropped.
 */
function choose(call: Call, values: readonly Value[]): Value {
  const [condition, whenTrue, whenFalse] = values;
  if (!condition || !whenTrue) throw new ExpressionError('IF takes a condition and one or two values');
  if (condition.kind === 'scalar') {
    return condition.value !== 0 ? whenTrue : (whenFalse ?? seriesValue(seriesFrom('', [])));
  }
  const test = seriesOf(call, condition);
  const at = (value: Value, timestampMs: number) =>
    value.kind === 'scalar' ? value.value : seriesOf(call, value).points.get(timestampMs);
  const chosen = mapSeries(test, (flag, timestampMs) => {
    if (flag !== 0) return at(whenTrue, timestampMs) ?? (whenFalse ? 0 : undefined);
    return whenFalse ? at(whenFalse, timestampMs) : undefined;
  });
  return seriesValue(chosen);
}

function sortSeries(call: Call, values: readonly Value[]): Value {
  const nameOf = (index: number): string => {
    const value = values[index];
    return value?.kind === 'string' ? value.text.toUpperCase() : '';
  };
  const reduce = reducers[nameOf(1)];
  const direction = nameOf(2) === 'DESC' ? -1 : 1;
  if (!reduce) throw new ExpressionError('SORT takes AVG, MIN, MAX or SUM');
  const keyed = itemsOf(call, values[0]).map((series) => {
    const points = [...series.points.values()];
    return { series, key: points.length === 0 ? Number.NEGATIVE_INFINITY : reduce(points, points.length) };
  });
  const sorted = keyed.sort((left, right) => direction * (left.key - right.key)).map((entry) => entry.series);
  return arrayValue(values[3] ? sorted.slice(0, numberOf(call, values[3])) : sorted);
}

function metricsOf(call: Call, scope: ExpressionScope, evaluate: Evaluate): Value {
  const part = call.arguments[0] ? evaluate(call.arguments[0]) : { kind: 'string' as const, text: '' };
  if (part.kind !== 'string') throw new ExpressionError('METRICS takes a string');
  return arrayValue(scope.metrics.filter((metric) => metric.id.includes(part.text)).map((metric) => metric.series));
}

function periodOf(call: Call, scope: ExpressionScope): Value {
  const argument = call.arguments[0];
  const metric = scope.metrics.find((candidate) => argument?.kind === 'reference' && candidate.id === argument.id);
  if (!metric) throw new ExpressionError('PERIOD takes the id of a metric');
  return scalar(metric.periodSeconds);
}

function eachSeries(value: Value, change: (series: Series) => Series): Value {
  if (value.kind === 'series') return seriesValue(change(value.series));
  if (value.kind === 'array') return arrayValue(value.items.map(change));
  throw new ExpressionError('A time series is needed here');
}

function needed(call: Call, value: Value | undefined): Value {
  if (!value) throw new ExpressionError(`${call.name} misses an argument`);
  return value;
}

function only(call: Call, values: readonly Value[]): Value {
  if (values.length !== 1) throw new ExpressionError(`${call.name} takes one argument`);
  return values[0]!;
}

function itemsOf(call: Call, value: Value | undefined): readonly Series[] {
  if (value?.kind === 'array') return value.items;
  if (value?.kind === 'series') return [value.series];
  throw new ExpressionError(`${call.name} takes time series`);
}

function seriesOf(call: Call, value: Value): Series {
  if (value.kind === 'series') return value.series;
  throw new ExpressionError(`${call.name} takes one time series`);
}

function numberOf(call: Call, value: Value | undefined): number {
  if (value?.kind === 'scalar') return value.value;
  throw new ExpressionError(`${call.name} takes a number`);
}
