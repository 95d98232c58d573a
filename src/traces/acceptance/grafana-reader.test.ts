import type { Service, TraceSummary } from '@aws-sdk/client-xray';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeInsight } from '../insights/describe-insight.ts';
import { makeInsight } from '../insights/insight.fixture.ts';
import { InsightStore } from '../insights/insight-store.ts';
import { shopRequest, startTestPlane, type TestPlane } from '../test-plane.fixture.ts';
import { makeSegment, putDocuments } from './plane-client.fixture.ts';

// What Grafana's X-Ray data source reads of each answer. It is written in Go and looks behind pointers without asking:
// what is absent ends it. `must` is such a look.

let plane: TestPlane;
const start = Math.floor(Date.now() / 1000) - 3600;
const range = { StartTime: new Date(start * 1000), EndTime: new Date((start + 300) * 1000) };
const shop = Array.from({ length: 3 }, (_, index) => shopRequest(start + index, { denied: index === 2 }));

beforeAll(async () => {
  plane = await startTestPlane();
  const { end_time: _end, ...open } = makeSegment(start + 5, 1, 'open');
  const many = Array.from({ length: 150 }, (_, index) => makeSegment(start + 10 + index / 10, 0.01, 'many'));
  await putDocuments(
    plane,
    ...shop.flatMap(({ segments }) => segments),
    { ...open, in_progress: true },
    makeSegment(start + 6, 1, 'failed', { fault: true, http: { response: { status: 500 } } }),
    { ...makeSegment(start + 7, 1, 'orphan'), type: 'subsegment', parent_id: 'f'.repeat(16), fault: true },
    ...many,
  );
});
afterAll(() => plane.stop());

function must<Value>(value: Value | undefined | null): Value {
  if (value === undefined || value === null) throw new Error('invalid memory address or nil pointer dereference');
  return value;
}

async function readAll(more: object, valueOfPage: (page: number) => number | undefined = () => undefined) {
  const found: TraceSummary[] = [];
  let NextToken: string | undefined;
  for (let page = 0; page === 0 || NextToken; page += 1) {
    const Value = valueOfPage(page);
    const strategy =
      Value === undefined ? {} : { Sampling: true, SamplingStrategy: { Name: 'FixedRate', Value } as const };
    const answer = await plane.xray.GetTraceSummaries(
      { ...range, ...more, ...strategy, ...(NextToken ? { NextToken } : {}) },
      plane.context,
    );
    found.push(...must(answer.TraceSummaries));
    NextToken = answer.NextToken;
    expect(page).toBeLessThan(20);
  }
  return found;
}

test('the list of traces: every row has its id, times and an http object', async () => {
  const rows = await readAll({});
  expect(rows).toHaveLength(156);
  for (const row of rows) {
    must(must(row.Http));
    for (const value of [row.Id, row.StartTime, row.Duration, row.ResponseTime, row.IsPartial]) must(value);
  }
});

test('analytics: root causes have names, types and paths, and the sampling value may change between pages', async () => {
  const rows = await readAll({}, (page) => 1 / 2 ** page);
  expect(new Set(rows.map(({ Id }) => Id)).size).toBe(rows.length);
  expect(rows.length).toBeGreaterThanOrEqual(100);
  for (const row of rows) {
    must(row.HasFault);
    for (const user of must(row.Users)) must(user.UserName);
    const causes = [must(row.FaultRootCauses), must(row.ErrorRootCauses), must(row.ResponseTimeRootCauses)].flat();
    for (const cause of causes) {
      for (const service of must(cause.Services)) {
        must(service.Name);
        must(service.Type);
        const [, ...rest] = must(service.EntityPath);
        expect(service.EntityPath!.length).toBeGreaterThan(0);
        for (const entity of rest) must(entity.Name);
      }
    }
  }
});

test('a trace: every document is JSON with a name, times and an id; an unknown trace is an empty list', async () => {
  const { Traces } = await plane.xray.BatchGetTraces({ TraceIds: [shop[2]!.traceId] }, plane.context);
  for (const segment of must(must(Traces)[0]).Segments!) {
    const document = JSON.parse(must(segment.Document));
    for (const key of ['id', 'name', 'start_time', 'trace_id']) must(document[key]);
  }
  const unknown = { TraceIds: ['1-5759e988-bd862e3fe1be46a994272793'] };
  expect((await plane.xray.BatchGetTraces(unknown, plane.context)).Traces).toEqual([]);
});

function readMap(services: readonly Service[]): void {
  const ids = new Set(services.map(({ ReferenceId }) => must(ReferenceId)));
  for (const service of services) {
    must(service.Name);
    must(service.Type);
    must(service.Names);
    const edges = must(service.Edges);
    // A node without statistics is a client, read through its first edge.
    const statistics = must(
      (service.SummaryStatistics ?? must(edges[0]).SummaryStatistics) as Service['SummaryStatistics'],
    );
    must(statistics.TotalCount);
    must(statistics.TotalResponseTime);
    must(must(statistics.ErrorStatistics).ThrottleCount);
    must(must(statistics.FaultStatistics).TotalCount);
    for (const edge of edges) {
      expect(ids).toContain(must(edge.ReferenceId));
      must(edge.SummaryStatistics);
      for (const entry of must(edge.ResponseTimeHistogram)) must(entry.Count);
    }
  }
}

test('the map, of a range and of a trace', async () => {
  const map = must((await plane.xray.GetServiceGraph(range, plane.context)).Services);
  expect(map.length).toBeGreaterThan(4);
  readMap(map);
  for (const { traceId } of shop) {
    readMap(must((await plane.xray.GetTraceGraph({ TraceIds: [traceId] }, plane.context)).Services));
  }
});

test('statistics: every row divides time by a count that is not zero', async () => {
  for (const selector of [{}, { EntitySelectorExpression: 'service("many")' }]) {
    const { TimeSeriesServiceStatistics } = await plane.xray.GetTimeSeriesServiceStatistics(
      { ...range, Period: 60, ...selector },
      plane.context,
    );
    expect(must(TimeSeriesServiceStatistics).length).toBeGreaterThan(0);
    for (const row of TimeSeriesServiceStatistics!) {
      const counts = must(row.EdgeSummaryStatistics ?? row.ServiceSummaryStatistics);
      expect(must(counts.TotalResponseTime) / must(counts.TotalCount)).toBeGreaterThanOrEqual(0);
      must(row.Timestamp);
    }
  }
});

test('groups and their filters', async () => {
  for (const group of must((await plane.xray.GetGroups({}, plane.context)).Groups)) {
    must(group.GroupName);
    must(group.GroupARN);
    must(group.FilterExpression);
  }
});

test('insights: a service stands first, and a closed one says something in its second sentence', async () => {
  const store = new InsightStore(plane.state);
  const ids = ['1', '2'].map((digit) => `01234567-89ab-4def-8123-456789abcde${digit}`);
  const end = (start + 200) * 1000;
  await store.save(makeInsight(ids[0]!, start * 1000), 'absent');
  const closed = makeInsight(ids[1]!, start * 1000, { state: 'CLOSED', endMs: end, updatedMs: end });
  await store.save({ ...closed, summary: describeInsight(closed) }, 'absent');
  for (const States of [['ACTIVE'], ['CLOSED'], []] as const) {
    for (const { GroupName } of must((await plane.xray.GetGroups({}, plane.context)).Groups)) {
      const input = { ...range, GroupName: must(GroupName), States: [...States] };
      for (const row of must((await plane.xray.GetInsightSummaries(input, plane.context)).InsightSummaries)) {
        for (const value of [row.InsightId, row.State, row.StartTime, row.Categories?.[0]]) must(value);
        for (const service of [row.RootCauseServiceId, row.TopAnomalousServices?.[0]?.ServiceId]) {
          must(must(service).Name);
          must(must(service).Type);
        }
        must(row.RootCauseServiceRequestImpactStatistics?.FaultCount);
        must(row.ClientRequestImpactStatistics?.TotalCount);
        if (row.State === 'CLOSED') {
          must(row.EndTime);
          expect(must(must(row.Summary).split('.')[1]).trim()).not.toBe('');
        }
      }
    }
  }
  const pages: string[] = [];
  let NextToken: string | undefined;
  do {
    const page = await plane.xray.GetInsightSummaries(
      { ...range, GroupName: 'Default', MaxResults: 1, ...(NextToken ? { NextToken } : {}) },
      plane.context,
    );
    pages.push(...page.InsightSummaries!.map(({ InsightId }) => InsightId!));
    NextToken = page.NextToken;
  } while (NextToken && pages.length < 9);
  // Newest first; of two that opened at the same time, either.
  expect(pages.sort()).toEqual(ids);
});
