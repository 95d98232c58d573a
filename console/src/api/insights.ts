import { restService, type Scope, toEpochSeconds } from './request.ts';
import type { GraphService, ServiceId } from './xray.ts';

export interface RequestImpact {
  FaultCount?: number;
  OkCount?: number;
  TotalCount?: number;
}

export interface InsightEvent {
  Summary?: string;
  EventTime?: number;
  ClientRequestImpactStatistics?: RequestImpact;
  RootCauseServiceRequestImpactStatistics?: RequestImpact;
  TopAnomalousServices?: { ServiceId?: ServiceId }[];
}

export interface Insight {
  InsightId?: string;
  GroupName?: string;
  RootCauseServiceId?: ServiceId;
  Categories?: string[];
  State?: 'ACTIVE' | 'CLOSED';
  StartTime?: number;
  EndTime?: number;
  LastUpdateTime?: number;
  Summary?: string;
  ClientRequestImpactStatistics?: RequestImpact;
  RootCauseServiceRequestImpactStatistics?: RequestImpact;
  TopAnomalousServices?: { ServiceId?: ServiceId }[];
}

const call = restService('xray');
const pagesMax = 20;

interface Page {
  NextToken?: string | null;
}

async function allPages<Output extends Page>(read: (token: object) => Promise<Output>): Promise<Output[]> {
  const pages: Output[] = [];
  let token: string | null | undefined;
  do {
    const page = await read(token ? { NextToken: token } : {});
    pages.push(page);
    token = page.NextToken;
  } while (token && pages.length < pagesMax);
  return pages;
}

/** Insights of one group that were open at some time of the range, newest first. */
export async function getInsightSummaries(
  scope: Scope,
  query: { start: number; end: number; group: string; states?: string[] },
  signal?: AbortSignal,
): Promise<Insight[]> {
  const input = {
    StartTime: toEpochSeconds(query.start),
    EndTime: toEpochSeconds(query.end),
    GroupName: query.group,
    ...(query.states ? { States: query.states } : {}),
  };
  const pages = await allPages((token) =>
    call<Page & { InsightSummaries?: Insight[] }>(
      scope,
      { operation: 'GetInsightSummaries', path: '/InsightSummaries', input: { ...input, ...token } },
      signal,
    ),
  );
  return pages.flatMap((page) => page.InsightSummaries ?? []);
}

export async function getInsight(scope: Scope, id: string, signal?: AbortSignal): Promise<Insight | null> {
  const request = { operation: 'GetInsight', path: '/Insight', input: { InsightId: id } };
  return (await call<{ Insight?: Insight }>(scope, request, signal)).Insight ?? null;
}

/** What was known when, newest first. */
export async function getInsightEvents(scope: Scope, id: string, signal?: AbortSignal): Promise<InsightEvent[]> {
  const pages = await allPages((token) =>
    call<Page & { InsightEvents?: InsightEvent[] }>(
      scope,
      { operation: 'GetInsightEvents', path: '/InsightEvents', input: { InsightId: id, ...token } },
      signal,
    ),
  );
  return pages.flatMap((page) => page.InsightEvents ?? []).sort((a, b) => (b.EventTime ?? 0) - (a.EventTime ?? 0));
}

/** The part of the map that an insight is about; without numbers. */
export async function getInsightImpactGraph(
  scope: Scope,
  query: { id: string; start: number; end: number },
  signal?: AbortSignal,
): Promise<GraphService[]> {
  const input = {
    InsightId: query.id,
    StartTime: toEpochSeconds(query.start),
    EndTime: toEpochSeconds(query.end),
  };
  const pages = await allPages((token) =>
    call<Page & { Services?: GraphService[] }>(
      scope,
      { operation: 'GetInsightImpactGraph', path: '/InsightImpactGraph', input: { ...input, ...token } },
      signal,
    ),
  );
  return pages.flatMap((page) => page.Services ?? []);
}
