import { jsonService, type Scope, toEpochSeconds } from './request.ts';

export interface Dimension {
  Name: string;
  Value: string;
}

export interface Metric {
  Namespace: string;
  MetricName: string;
  Dimensions?: Dimension[];
}

export interface Alarm {
  AlarmName: string;
  AlarmArn?: string;
  AlarmDescription?: string;
  StateValue?: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
  StateReason?: string;
  StateReasonData?: string;
  StateUpdatedTimestamp?: number;
  MetricName?: string;
  Namespace?: string;
  Statistic?: string;
  ExtendedStatistic?: string;
  Dimensions?: Dimension[];
  Period?: number;
  EvaluationPeriods?: number;
  DatapointsToAlarm?: number;
  Threshold?: number;
  ComparisonOperator?: string;
  TreatMissingData?: string;
  ActionsEnabled?: boolean;
  AlarmActions?: string[];
  AlarmRule?: string;
  Metrics?: MetricDataQuery[];
}

export interface AlarmHistoryItem {
  AlarmName?: string;
  Timestamp?: number;
  HistoryItemType?: string;
  HistorySummary?: string;
  HistoryData?: string;
}

export interface MetricDataQuery {
  Id: string;
  Label?: string;
  Expression?: string;
  ReturnData?: boolean;
  Period?: number;
  MetricStat?: { Metric: Metric; Period: number; Stat: string };
}

/** One line of a graph: times in milliseconds, oldest first. */
export interface Series {
  id: string;
  label: string;
  times: number[];
  values: number[];
}

const call = jsonService('monitoring', 'GraniteServiceVersion20100801', '1.0');

interface Range {
  start: number;
  end: number;
}

export async function listMetrics(
  scope: Scope,
  filter: { Namespace?: string; MetricName?: string },
  signal?: AbortSignal,
): Promise<Metric[]> {
  const metrics: Metric[] = [];
  let token: string | undefined;
  do {
    const input = { ...filter, ...(token ? { NextToken: token } : {}) };
    const page = await call<{ Metrics?: Metric[]; NextToken?: string }>(scope, 'ListMetrics', input, signal);
    metrics.push(...(page.Metrics ?? []));
    token = page.NextToken;
  } while (token && metrics.length < 5000);
  return metrics;
}

export async function getMetricData(
  scope: Scope,
  queries: readonly MetricDataQuery[],
  range: Range,
  signal?: AbortSignal,
): Promise<Series[]> {
  if (queries.length === 0) return [];
  const input = {
    MetricDataQueries: queries,
    StartTime: toEpochSeconds(range.start),
    EndTime: toEpochSeconds(range.end),
    ScanBy: 'TimestampAscending',
  };
  const answer = await call<{
    MetricDataResults?: { Id: string; Label?: string; Timestamps?: number[]; Values?: number[] }[];
  }>(scope, 'GetMetricData', input, signal);
  return (answer.MetricDataResults ?? []).map((result) => ({
    id: result.Id,
    label: result.Label ?? result.Id,
    times: (result.Timestamps ?? []).map((seconds) => seconds * 1000),
    values: result.Values ?? [],
  }));
}

export async function describeAlarms(
  scope: Scope,
  filter: { AlarmNames?: string[] },
  signal?: AbortSignal,
): Promise<Alarm[]> {
  const alarms: Alarm[] = [];
  let token: string | undefined;
  do {
    // Composite alarms come only when they are asked for.
    const types = { AlarmTypes: ['MetricAlarm', 'CompositeAlarm'] };
    const input = { ...filter, ...types, ...(token ? { NextToken: token } : {}) };
    const page = await call<{ MetricAlarms?: Alarm[]; CompositeAlarms?: Alarm[]; NextToken?: string }>(
      scope,
      'DescribeAlarms',
      input,
      signal,
    );
    alarms.push(...(page.MetricAlarms ?? []), ...(page.CompositeAlarms ?? []));
    token = page.NextToken;
  } while (token);
  return alarms;
}

export async function describeAlarmHistory(
  scope: Scope,
  name: string,
  signal?: AbortSignal,
): Promise<AlarmHistoryItem[]> {
  const input = { AlarmName: name, MaxRecords: 100, ScanBy: 'TimestampDescending' };
  const answer = await call<{ AlarmHistoryItems?: AlarmHistoryItem[] }>(scope, 'DescribeAlarmHistory', input, signal);
  return answer.AlarmHistoryItems ?? [];
}

/** Creates an alarm, or replaces the one of that name. */
export function putMetricAlarm(
  scope: Scope,
  alarm: {
    AlarmName: string;
    AlarmDescription?: string;
    Namespace: string;
    MetricName: string;
    Dimensions: Dimension[];
    Statistic?: string;
    ExtendedStatistic?: string;
    Period: number;
    EvaluationPeriods: number;
    Threshold: number;
    ComparisonOperator: string;
    TreatMissingData?: string;
  },
): Promise<unknown> {
  return call(scope, 'PutMetricAlarm', alarm);
}
