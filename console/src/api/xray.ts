import { restService, type Scope, toEpochSeconds } from './request.ts';

export interface Statistics {
  OkCount?: number;
  ErrorStatistics?: { ThrottleCount?: number; OtherCount?: number; TotalCount?: number };
  FaultStatistics?: { OtherCount?: number; TotalCount?: number };
  TotalCount?: number;
  TotalResponseTime?: number;
}

export interface HistogramEntry {
  Value?: number;
  Count?: number;
}

export interface GraphEdge {
  ReferenceId?: number;
  SummaryStatistics?: Statistics;
  ResponseTimeHistogram?: HistogramEntry[];
  EdgeType?: string;
  /** Of linked traces: how old messages were when they were taken. */
  ReceivedEventAgeHistogram?: HistogramEntry[];
}

export interface GraphService {
  ReferenceId?: number;
  Name?: string;
  Names?: string[];
  Root?: boolean;
  Type?: string;
  State?: string;
  Edges?: GraphEdge[];
  SummaryStatistics?: Statistics;
  DurationHistogram?: HistogramEntry[];
  ResponseTimeHistogram?: HistogramEntry[];
}

export interface ServiceId {
  Name?: string;
  Type?: string;
  AccountId?: string;
}

export interface AnnotationValue {
  StringValue?: string;
  NumberValue?: number;
  BooleanValue?: boolean;
}

export interface TraceSummary {
  Id: string;
  StartTime?: number;
  Duration?: number;
  ResponseTime?: number;
  HasFault?: boolean;
  HasError?: boolean;
  HasThrottle?: boolean;
  IsPartial?: boolean;
  Http?: { HttpURL?: string; HttpStatus?: number; HttpMethod?: string; UserAgent?: string; ClientIp?: string };
  Annotations?: Record<string, { AnnotationValue?: AnnotationValue; ServiceIds?: ServiceId[] }[]>;
  Users?: { UserName?: string }[];
  ServiceIds?: ServiceId[];
  EntryPoint?: ServiceId;
  ResourceARNs?: { ARN?: string }[];
  InstanceIds?: { Id?: string }[];
  AvailabilityZones?: { Name?: string }[];
}

export interface TraceSummaryPage {
  TraceSummaries?: TraceSummary[];
  ApproximateTime?: number;
  TracesProcessedCount?: number;
  NextToken?: string | null;
}

export interface Trace {
  Id: string;
  Duration?: number;
  LimitExceeded?: boolean;
  Segments?: { Id: string; Document: string }[];
}

export interface SamplingRule {
  RuleName?: string;
  RuleARN?: string;
  ResourceARN: string;
  Priority: number;
  FixedRate: number;
  ReservoirSize: number;
  ServiceName: string;
  ServiceType: string;
  Host: string;
  HTTPMethod: string;
  URLPath: string;
  Version?: number;
  Attributes?: Record<string, string>;
}

export interface SamplingStatistic {
  RuleName?: string;
  Timestamp?: number;
  RequestCount?: number;
  BorrowCount?: number;
  SampledCount?: number;
}

const call = restService('xray');

interface Range {
  start: number;
  end: number;
}

const times = ({ start, end }: Range) => ({ StartTime: toEpochSeconds(start), EndTime: toEpochSeconds(end) });

export async function getServiceGraph(
  scope: Scope,
  range: Range & { group?: string | undefined },
  signal?: AbortSignal,
): Promise<GraphService[]> {
  const services: GraphService[] = [];
  let token: string | null | undefined;
  do {
    const page: { Services?: GraphService[]; NextToken?: string | null } = await call(
      scope,
      {
        operation: 'GetServiceGraph',
        path: '/ServiceGraph',
        input: {
          ...times(range),
          ...(range.group ? { GroupName: range.group } : {}),
          ...(token ? { NextToken: token } : {}),
        },
      },
      signal,
    );
    services.push(...(page.Services ?? []));
    token = page.NextToken;
  } while (token);
  return services;
}

/** Statistics of one window of time; those of a node and of an edge have different names. */
export interface TimeSeriesPoint {
  Timestamp?: number;
  EdgeSummaryStatistics?: Statistics;
  ServiceSummaryStatistics?: Statistics;
  ServiceForecastStatistics?: { FaultCountHigh?: number; FaultCountLow?: number };
  ResponseTimeHistogram?: HistogramEntry[];
}

/** Windows of `period` seconds without a request are left out. Without a selector: the requests of clients. */
export async function getTimeSeries(
  scope: Scope,
  query: Range & { selector?: string; period: number; group?: string | undefined; forecast?: boolean },
  signal?: AbortSignal,
): Promise<TimeSeriesPoint[]> {
  const points: TimeSeriesPoint[] = [];
  let token: string | null | undefined;
  do {
    const input = {
      ...times(query),
      Period: query.period,
      ...(query.selector ? { EntitySelectorExpression: query.selector } : {}),
      ...(query.group ? { GroupName: query.group } : {}),
      ...(query.forecast ? { ForecastStatistics: true } : {}),
      ...(token ? { NextToken: token } : {}),
    };
    const page: { TimeSeriesServiceStatistics?: TimeSeriesPoint[]; NextToken?: string | null } = await call(
      scope,
      { operation: 'GetTimeSeriesServiceStatistics', path: '/TimeSeriesServiceStatistics', input },
      signal,
    );
    points.push(...(page.TimeSeriesServiceStatistics ?? []));
    token = page.NextToken;
  } while (token);
  return points;
}

export function getTraceSummaries(
  scope: Scope,
  query: Range & { filter: string; token?: string | null },
  signal?: AbortSignal,
): Promise<TraceSummaryPage> {
  const input = {
    ...times(query),
    TimeRangeType: 'Event',
    Sampling: false,
    ...(query.filter.trim() ? { FilterExpression: query.filter } : {}),
    ...(query.token ? { NextToken: query.token } : {}),
  };
  return call(scope, { operation: 'GetTraceSummaries', path: '/TraceSummaries', input }, signal);
}

export async function getTrace(scope: Scope, id: string, signal?: AbortSignal): Promise<Trace | null> {
  const input = { TraceIds: [id] };
  const answer = await call<{ Traces?: Trace[] }>(
    scope,
    { operation: 'BatchGetTraces', path: '/Traces', input },
    signal,
  );
  return answer.Traces?.[0] ?? null;
}

export async function getTraceGraph(scope: Scope, id: string, signal?: AbortSignal): Promise<GraphService[]> {
  const services: GraphService[] = [];
  let token: string | null | undefined;
  do {
    const input = { TraceIds: [id], ...(token ? { NextToken: token } : {}) };
    const page: { Services?: GraphService[]; NextToken?: string | null } = await call(
      scope,
      { operation: 'GetTraceGraph', path: '/TraceGraph', input },
      signal,
    );
    services.push(...(page.Services ?? []));
    token = page.NextToken;
  } while (token);
  return services;
}

export async function getSamplingRules(scope: Scope, signal?: AbortSignal): Promise<SamplingRule[]> {
  const answer = await call<{ SamplingRuleRecords?: { SamplingRule: SamplingRule }[] }>(
    scope,
    { operation: 'GetSamplingRules', path: '/GetSamplingRules' },
    signal,
  );
  return (answer.SamplingRuleRecords ?? []).map((record) => record.SamplingRule);
}

export async function getSamplingStatistics(scope: Scope, signal?: AbortSignal): Promise<SamplingStatistic[]> {
  const statistics: SamplingStatistic[] = [];
  let token: string | null | undefined;
  do {
    const input = token ? { NextToken: token } : {};
    const page: { SamplingStatisticSummaries?: SamplingStatistic[]; NextToken?: string | null } = await call(
      scope,
      { operation: 'GetSamplingStatisticSummaries', path: '/SamplingStatisticSummaries', input },
      signal,
    );
    statistics.push(...(page.SamplingStatisticSummaries ?? []));
    token = page.NextToken;
  } while (token);
  return statistics;
}

export function createSamplingRule(scope: Scope, rule: SamplingRule): Promise<unknown> {
  return call(scope, {
    operation: 'CreateSamplingRule',
    path: '/CreateSamplingRule',
    input: { SamplingRule: { ...rule, Version: 1 } },
  });
}

export function updateSamplingRule(scope: Scope, rule: Partial<SamplingRule>): Promise<unknown> {
  return call(scope, {
    operation: 'UpdateSamplingRule',
    path: '/UpdateSamplingRule',
    input: { SamplingRuleUpdate: rule },
  });
}

export function deleteSamplingRule(scope: Scope, name: string): Promise<unknown> {
  return call(scope, { operation: 'DeleteSamplingRule', path: '/DeleteSamplingRule', input: { RuleName: name } });
}
