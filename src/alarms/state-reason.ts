import type { AlarmRule, Verdict } from './evaluate-alarm.ts';
import type { AlarmStateValue } from './index.ts';

const operatorWords: Readonly<Record<AlarmRule['operator'], string>> = {
  GreaterThanThreshold: 'greater than',
  GreaterThanOrEqualToThreshold: 'greater than or equal to',
  LessThanThreshold: 'less than',
  LessThanOrEqualToThreshold: 'less than or equal to',
};

const listedPointsMax = 5;

/** The sentence that CloudWatch gives as StateReason; clients read numbers out of it. */
export function stateReason(rule: AlarmRule, verdict: Verdict, previous: AlarmStateValue): string {
  const { evaluationPeriods: periods } = rule;
  if (verdict.state === 'INSUFFICIENT_DATA') {
    return `Insufficient Data: ${periods === 1 ? '1 datapoint was' : `${periods} datapoints were`} unknown.`;
  }
  const count = verdict.decidedBy.length;
  const fill = filledWords(rule, verdict);
  if (count === 0 && fill !== '') {
    return `Threshold Crossed: no datapoints were received for ${plural(periods, 'period')}${fill}.`;
  }
  const not = verdict.state === 'ALARM' ? '' : 'not ';
  const verb = count === 1 ? 'was' : 'were';
  const points = verdict.decidedBy
    .slice(0, listedPointsMax)
    .map((point) => `${javaDouble(point.value)} (${reasonTime(point.timestampMs)})`)
    .join(', ');
  const crossing = `${verb} ${not}${operatorWords[rule.operator]} the threshold (${javaDouble(rule.threshold)})${fill}`;
  if (rule.datapointsToAlarm === undefined) {
    return `Threshold Crossed: ${plural(count, 'datapoint')} [${points}] ${crossing}.`;
  }
  const least = verdict.state === 'ALARM' ? rule.datapointsToAlarm : periods - rule.datapointsToAlarm + 1;
  const transition = `(minimum ${plural(least, 'datapoint')} for ${previous} -> ${verdict.state} transition)`;
  return `Threshold Crossed: ${count} out of the last ${periods} datapoints [${points}] ${crossing} ${transition}.`;
}

function filledWords(rule: AlarmRule, verdict: Verdict): string {
  if (verdict.filled === 0) return '';
  const as = rule.missingData === 'breaching' ? 'Breaching' : 'NonBreaching';
  return ` and ${plural(verdict.filled, 'missing datapoint')} ${verdict.filled === 1 ? 'was' : 'were'} treated as [${as}]`;
}

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** `22/11/26 01:23:00`, in UTC. */
function reasonTime(timestampMs: number): string {
  const [, year, month, day, time] = /^\d\d(\d\d)-(\d\d)-(\d\d)T(\d\d:\d\d:\d\d)/.exec(
    new Date(timestampMs).toISOString(),
  )!;
  return `${day}/${month}/${year} ${time}`;
}

/** As Java writes a double: always with a decimal point, with an exponent from ten million and below a thousandth. */
export function javaDouble(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e7 || size < 1e-3)) {
    const [digits, exponent] = value.toExponential().split('e') as [string, string];
    return `${digits.includes('.') ? digits : `${digits}.0`}E${Number(exponent)}`;
  }
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

/** `2026-11-22T01:23:45.678+0000`. */
export const awsTime = (at: Date): string => at.toISOString().replace('Z', '+0000');

export interface ReasonDataInput {
  readonly queryDate: Date;
  readonly statistic: string;
  readonly periodSeconds: number;
  readonly unit: string | undefined;
  readonly points: readonly { timestampMs: number; value: number | undefined; sampleCount: number | undefined }[];
  readonly evaluationPeriods: number;
  readonly threshold: number;
}

const reasonDataCharactersMax = 4000;

/** StateReasonData as JSON text. */
export function stateReasonData(input: ReasonDataInput): string {
  const window = input.points.slice(-input.evaluationPeriods);
  const known = window.filter((point) => point.value !== undefined);
  const base = {
    version: '1.0',
    queryDate: awsTime(input.queryDate),
    ...(known[0] ? { startDate: awsTime(new Date(known[0].timestampMs)) } : {}),
    ...(input.unit === undefined ? {} : { unit: input.unit }),
    statistic: input.statistic,
    period: input.periodSeconds,
    recentDatapoints: known.map((point) => point.value),
    threshold: input.threshold,
  };
  const evaluated = window.toReversed().map((point) => ({
    timestamp: awsTime(new Date(point.timestampMs)),
    ...(point.sampleCount === undefined ? {} : { sampleCount: point.sampleCount }),
    ...(point.value === undefined ? {} : { value: point.value }),
  }));
  for (let count = evaluated.length; count >= 0; count -= 1) {
    const text = JSON.stringify({ ...base, evaluatedDatapoints: evaluated.slice(0, count) });
    if (text.length <= reasonDataCharactersMax) return text;
  }
  return JSON.stringify({ ...base, recentDatapoints: [] });
}
