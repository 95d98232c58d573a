import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { evaluateExpression } from './evaluate-expression.ts';
import { ExpressionError, parseExpression } from './parse-expression.ts';
import { parseSearch, tokensOf } from './search-metrics.ts';
import { type Series, seriesFrom, seriesValue, type Value } from './series.ts';

type Points = readonly (number | undefined)[];
const minuteMs = 60_000;
const length = 5;

const toSeries = (label: string, points: Points): Series =>
  seriesFrom(
    label,
    points.map((value, index) => [index * minuteMs, value ?? Number.NaN] as const),
  );

function evaluate(text: string, metrics: Record<string, Points>): Value {
  const series = Object.entries(metrics).map(([id, points]) => ({
    id,
    series: toSeries(id, points),
    periodSeconds: 60,
  }));
  return evaluateExpression(parseExpression(text), {
    metrics: series,
    periodSeconds: 60,
    grid: Array.from({ length }, (_, index) => index * minuteMs),
    search: () => [],
    resolve(id) {
      const found = series.find((metric) => metric.id === id);
      if (!found) throw new ExpressionError(`no ${id}`);
      return seriesValue(found.series);
    },
  });
}

const pointsOf = (series: Series): Points => Array.from({ length }, (_, index) => series.points.get(index * minuteMs));

function seriesResult(text: string, metrics: Record<string, Points>): Points {
  const value = evaluate(text, metrics);
  if (value.kind !== 'series') throw new Error(`${text} is ${value.kind}`);
  return pointsOf(value.series);
}

const gap = undefined;

describe('IF, as the documentation tabulates it', () => {
  const metrics = { m1: [1, 1, 0, 0, gap], m2: [30, gap, 0, 0, 30], m3: [0, 0, 20, gap, 20] };
  test.each([
    ['IF(m1, m2, m3)', [30, 0, 20, gap, gap]],
    ['IF(m1, 5, m3)', [5, 5, 20, gap, gap]],
    ['IF(m1, m2, 5)', [30, 0, 5, 5, gap]],
    ['IF(m1, m2)', [30, gap, gap, gap, gap]],
  ])('%s', (text, expected) => {
    expect(seriesResult(text, metrics)).toEqual(expected);
  });
});

describe('arithmetic', () => {
  const metrics = { m1: [1, 2, 3, gap, 5], m2: [10, gap, 0, 1, 2] };
  test.each([
    ['m1 + m2', [11, gap, 3, gap, 7]],
    ['m1 / m2', [0.1, gap, gap, gap, 2.5]],
    ['-m1 ^ 2', [-1, -4, -9, gap, -25]],
    ['2 ^ 3 ^ 0 * m1', [2, 4, 6, gap, 10]],
    ['100 * (m1 - 1) / 4', [0, 25, 50, gap, 100]],
    ['m1 > 2 && m1 < 5', [0, 0, 1, gap, 0]],
    ['m1 == 1 OR m1 == 5', [1, 0, 0, gap, 1]],
    ['FILL(m1, 0) + FILL(m2, REPEAT)', [11, 12, 3, 1, 7]],
    ['FILL(m1, LINEAR)', [1, 2, 3, 4, 5]],
    ['FILL(m1, m2)', [1, 2, 3, 1, 5]],
    ['RATE(m1)', [gap, 1 / 60, 1 / 60, gap, 2 / 120]],
    ['DIFF(m1)', [gap, 1, 1, gap, 2]],
    ['RUNNING_SUM(m1)', [1, 3, 6, gap, 11]],
    ['m1 * PERIOD(m1)', [60, 120, 180, gap, 300]],
    ['m1 / SUM(m1)', [1 / 11, 2 / 11, 3 / 11, gap, 5 / 11]],
    ['SUM([m1, m2])', [11, 2, 3, 1, 7]],
    ['AVG(METRICS())', [5.5, 1, 1.5, 0.5, 3.5]],
    ['MAX(METRICS("m")) - MIN([m1,m2])', [9, 0, 3, 0, 3]],
    ['FIRST(SORT([m1, m2], SUM, DESC))', [10, gap, 0, 1, 2]],
    ['TIME_SERIES(METRIC_COUNT([m1,m2]))', [2, 2, 2, 2, 2]],
    ['MINUTE(m1)', [0, 1, 2, gap, 4]],
    ['ABS(0 - m1)', [1, 2, 3, gap, 5]],
  ])('%s', (text, expected) => {
    const actual = seriesResult(text, metrics);
    for (const [index, value] of expected.entries()) {
      if (value === undefined) expect(actual[index], text).toBeUndefined();
      else expect(actual[index], text).toBeCloseTo(value, 9);
    }
  });
});

test('mistakes are errors that say where', () => {
  expect(() => parseExpression('m1 +')).toThrow(/end of expression/);
  expect(() => parseExpression('m1 ) 2')).toThrow(/Unexpected \) at position 4/);
  expect(() => parseExpression('SUM(m1')).toThrow(ExpressionError);
  expect(() => evaluate('NOPE(m1)', { m1: [1] })).toThrow('Unsupported function NOPE');
});

test('any text parses or throws ExpressionError', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        parseExpression(text);
      } catch (error) {
        expect(error).toBeInstanceOf(ExpressionError);
      }
    }),
  );
});

describe('SEARCH', () => {
  const metric = {
    namespace: 'AWS/ECS',
    name: 'CPUUtilization',
    dimensions: { ClusterName: 'shop', ServiceName: 'backend2' },
  };
  test.each([
    ['{AWS/ECS,ServiceName,ClusterName} MetricName="CPUUtilization"', true],
    ['{AWS/ECS,ClusterName} MetricName="CPUUtilization"', false],
    ['{AWS/ECS,ClusterName,ServiceName} cpuutilization', true],
    ['cpu utilization shop', true],
    ['cpu AND NOT shop', false],
    ['ServiceName=backend2 (memory OR cpu)', true],
    ['"backend2"', true],
    ['"backend"', false],
  ])('%s', (text, expected) => {
    expect(parseSearch(text).matches(metric)).toBe(expected);
  });

  test('tokens as documented', () => {
    expect([...tokensOf('CustomCount1')].sort()).toEqual(['1', 'count', 'custom', 'customcount1']);
  });
});
