import type { AlarmStateValue } from './index.ts';

export type ComparisonOperator =
  | 'GreaterThanThreshold'
  | 'GreaterThanOrEqualToThreshold'
  | 'LessThanThreshold'
  | 'LessThanOrEqualToThreshold';

export type MissingData = 'breaching' | 'notBreaching' | 'ignore' | 'missing';

export interface AlarmRule {
  readonly threshold: number;
  readonly operator: ComparisonOperator;
  /** N: how many periods are looked at. */
  readonly evaluationPeriods: number;
  /** M: how many of them must breach. Undefined when it was not given: then all, and the reason is worded without it. */
  readonly datapointsToAlarm: number | undefined;
  readonly missingData: MissingData;
}

export interface Datapoint {
  /** Start of the period. */
  readonly timestampMs: number;
  /** Undefined: nothing was reported in the period. */
  readonly value: number | undefined;
}

export interface Verdict {
  /** `keep`: the data do not say, the alarm stays as it is. */
  readonly state: AlarmStateValue | 'keep';
  /** The datapoints that decided, newest first. */
  readonly decidedBy: readonly { readonly timestampMs: number; readonly value: number }[];
  /** Missing datapoints that were counted as breaching or not breaching. */
  readonly filled: number;
}

/** AWS looks further back than N periods, so that one late datapoint does not decide. */
export const evaluationRange = (evaluationPeriods: number): number => evaluationPeriods + 2;

/**
 * CloudWatch's rules for M out of N with missing data. `points` are the evaluation range, oldest first. With at least N
 * real datapoints the newest N decide and missing ones do not matter; with fewer, what is missing is filled in as the
 * alarm says.
 */
export function evaluateAlarm(rule: AlarmRule, points: readonly Datapoint[]): Verdict {
  const real = points.flatMap(({ timestampMs, value }) => (value === undefined ? [] : [{ timestampMs, value }]));
  const needed = rule.datapointsToAlarm ?? rule.evaluationPeriods;
  const window = real.slice(-rule.evaluationPeriods);
  const breaching = window.filter((point) => isBreaching(point.value, rule));
  const calm = window.filter((point) => !isBreaching(point.value, rule));
  const missing = rule.evaluationPeriods - window.length;
  const alarm = (filled: number): Verdict => ({ state: 'ALARM', decidedBy: breaching.toReversed(), filled });
  const ok = (filled: number): Verdict => ({ state: 'OK', decidedBy: calm.toReversed(), filled });
  const keep: Verdict = { state: 'keep', decidedBy: [], filled: 0 };

  if (missing === 0) return breaching.length >= needed ? alarm(0) : ok(0);
  if (rule.missingData === 'breaching') return breaching.length + missing >= needed ? alarm(missing) : ok(missing);
  if (rule.missingData === 'notBreaching') return breaching.length >= needed ? alarm(missing) : ok(missing);
  if (real.length === 0) {
    return rule.missingData === 'ignore' ? keep : { state: 'INSUFFICIENT_DATA', decidedBy: [], filled: 0 };
  }
  if (breaching.length >= needed) return alarm(0);
  if (calm.length > 0) return ok(0);
  if (rule.missingData === 'ignore') return keep;
  // Only breaching datapoints, but too few. They count if the oldest is old enough: a lone new one must not alarm yet.
  const oldest = points.findIndex((point) => point.value !== undefined);
  return points.length - oldest >= needed ? alarm(0) : keep;
}

function isBreaching(value: number, rule: Pick<AlarmRule, 'operator' | 'threshold'>): boolean {
  switch (rule.operator) {
    case 'GreaterThanThreshold':
      return value > rule.threshold;
    case 'GreaterThanOrEqualToThreshold':
      return value >= rule.threshold;
    case 'LessThanThreshold':
      return value < rule.threshold;
    case 'LessThanOrEqualToThreshold':
      return value <= rule.threshold;
  }
}

/** Whether a percentile has too few samples to mean anything. */
export function isLowSample(percentile: number, sampleCount: number): boolean {
  const share = percentile / 100;
  return sampleCount < 10 / (share >= 0.5 ? 1 - share : share);
}
