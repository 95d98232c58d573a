import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Metrics } from '../../metrics/index.ts';
import { ManualClock } from '../../platform/clock.ts';
import { silentLogger } from '../../platform/logger.ts';
import { makeCall, makeSegment, putDocuments } from '../acceptance/plane-client.fixture.ts';
import { readGraphGroups } from '../read-graph-groups.ts';
import { shopRequest, startTestPlane, type TestPlane } from '../test-plane.fixture.ts';
import { createInsights, type Insights } from './index.ts';
import type { InsightUpdate } from './model.ts';

const minuteMs = 60_000;
const begin = new Date('2026-03-01T12:00:00Z').getTime();
let plane: TestPlane;
let clock: ManualClock;
let insights: Insights;
const metrics = { record() {} } as unknown as Metrics;

beforeEach(async () => {
  clock = new ManualClock(new Date(begin));
  plane = await startTestPlane({ insights: false }, { clock });
  insights = openInsights();
});
afterEach(async () => {
  await insights.stop();
  await plane.stop();
});

function openInsights(): Insights {
  const { state, telemetry } = plane;
  return createInsights({
    state,
    telemetry,
    metrics,
    clock,
    logger: silentLogger,
    readGroups: (selection, now) => readGraphGroups(telemetry, selection, now),
  });
}

/** Requests of the shop, spread over a minute; `denied` of them at the table, which is its fault. */
function requests(minute: number, count: number, denied = 0) {
  return Array.from({ length: count }, (_, index) => {
    const at = begin / 1000 + minute * 60 + (index * 58) / count;
    return shopRequest(at, { denied: index < denied }).segments;
  }).flat();
}

/** Lets a minute pass and looks at it. */
async function pass(minute: number, ...documents: object[]) {
  clock.advance(begin + (minute + 1) * minuteMs + 25_000 - clock.now().getTime());
  if (documents.length > 0) expect(await putDocuments(plane, ...documents)).toEqual([]);
  await insights.lookAt(begin + (minute + 1) * minuteMs);
}

const range = { StartTime: new Date(begin), EndTime: new Date(begin + 3_600_000) };
const summaries = async (more: object = {}) =>
  (await plane.xray.GetInsightSummaries({ ...range, GroupName: 'Default', ...more }, plane.context)).InsightSummaries!;

test('a revoked permission opens an insight within minutes; it closes when the permission is back', async () => {
  for (let minute = 0; minute < 6; minute += 1) await pass(minute, ...requests(minute, 20));
  expect(await summaries()).toEqual([]);
  await pass(6, ...requests(6, 20, 20));
  await pass(7, ...requests(7, 20, 20));
  expect(await summaries()).toEqual([]);
  await pass(8, ...requests(8, 20, 20));
  const [opened] = await summaries();
  expect(opened).toMatchObject({
    State: 'ACTIVE',
    Categories: ['FAULT'],
    GroupName: 'Default',
    RootCauseServiceId: { Name: 'access', Type: 'AWS::DynamoDB::Table' },
    RootCauseServiceRequestImpactStatistics: { FaultCount: 60, TotalCount: 60 },
    // Pages still answer 200: clients notice nothing.
    ClientRequestImpactStatistics: { FaultCount: 0, OkCount: 60, TotalCount: 60 },
    StartTime: new Date(begin + 6 * minuteMs),
    TopAnomalousServices: [{ ServiceId: { Name: 'access' } }],
  });
  for (let minute = 9; minute < 14; minute += 1) await pass(minute, ...requests(minute, 20));
  const [closed] = await summaries({ States: ['CLOSED'] });
  expect(closed).toMatchObject({ InsightId: opened!.InsightId, EndTime: new Date(begin + 9 * minuteMs) });
  expect(closed!.Summary!.split('.')[1]).toMatch(/Faults were outside their expected band from 12:06 UTC to 12:09 UTC/);
  expect(await summaries({ States: ['ACTIVE'] })).toEqual([]);
  const { InsightEvents = [] } = await plane.xray.GetInsightEvents({ InsightId: opened!.InsightId! }, plane.context);
  expect(InsightEvents.map(({ EventTime }) => (EventTime!.getTime() - begin) / minuteMs)).toEqual([14, 9]);
  const graph = await plane.xray.GetInsightImpactGraph({ InsightId: opened!.InsightId!, ...range }, plane.context);
  expect(graph.Services!.map(({ Name, Type }) => `${Name} ${Type}`).sort()).toEqual([
    'access AWS::DynamoDB::Table',
    'backend1 ',
    'bff ',
    'bff client',
  ]);
}, 120_000);

test('a handful of requests opens nothing, whatever becomes of them', async () => {
  for (let minute = 0; minute < 10; minute += 1) await pass(minute, ...requests(minute, 5, minute > 3 ? 5 : 0));
  expect(await summaries()).toEqual([]);
}, 120_000);

test('state outlives a restart, what came in meanwhile counts, and nothing is written while all is well', async () => {
  for (let minute = 0; minute < 4; minute += 1) await pass(minute, ...requests(minute, 20));
  const written = async () => (await plane.state.list('xray-insight', '')).length;
  const changed: string[] = [];
  const unwatch = plane.state.watch('xray-insight', 0, ({ key }) => changed.push(key));
  await pass(4, ...requests(4, 20));
  expect([await written(), changed]).toEqual([0, []]);
  await insights.stop();
  // Five minutes pass while nobody looks; the documents are stored by somebody else.
  clock.advance(5 * minuteMs);
  await putDocuments(plane, ...[5, 6, 7, 8].flatMap((minute) => requests(minute, 20, 20)));
  insights = openInsights();
  await pass(9, ...requests(9, 20, 20));
  const [opened] = await summaries();
  expect(opened).toMatchObject({ State: 'ACTIVE', StartTime: new Date(begin + 5 * minuteMs) });
  await insights.stop();
  insights = openInsights();
  await pass(10, ...requests(10, 20, 20));
  const again = await summaries();
  expect(again).toHaveLength(1);
  expect(again[0]).toMatchObject({
    InsightId: opened!.InsightId,
    RootCauseServiceRequestImpactStatistics: { FaultCount: 120 },
  });
  unwatch();
}, 120_000);

test('segments that come late change the minutes that they belong to', async () => {
  for (let minute = 0; minute < 6; minute += 1) await pass(minute, ...requests(minute, 20));
  await pass(6, ...requests(6, 20, 20));
  await pass(7);
  await pass(8, ...requests(7, 20, 20), ...requests(8, 20, 20));
  expect(await summaries()).toMatchObject([
    { State: 'ACTIVE', RootCauseServiceRequestImpactStatistics: { FaultCount: 60 } },
  ]);
}, 120_000);

/** `front` calls `back`; both fail. */
function failing(minute: number, count: number, failed: number) {
  return Array.from({ length: count }, (_, index) => {
    const at = begin / 1000 + minute * 60 + (index * 58) / count;
    const flags = index < failed ? { fault: true } : {};
    const call = makeCall(at, 0.1, 'back.local', flags);
    const front = makeSegment(at, 0.2, 'front', { subsegments: [call], ...flags });
    const back = { ...makeSegment(at, 0.05, 'back', flags), trace_id: front.trace_id, parent_id: call.id };
    return [front, back];
  }).flat();
}

test('a group has insights of its own traces, tells of them, and errors of its filter are counted', async () => {
  const told: InsightUpdate[] = [];
  insights.watch(async (update) => {
    told.push(update);
  });
  const InsightsConfiguration = { InsightsEnabled: true, NotificationsEnabled: true };
  const FilterExpression = 'service("front")';
  await plane.xray.CreateGroup({ GroupName: 'front', FilterExpression, InsightsConfiguration }, plane.context);
  await plane.xray.UpdateGroup(
    { GroupName: 'Default', InsightsConfiguration: { InsightsEnabled: false, NotificationsEnabled: false } },
    plane.context,
  );
  for (let minute = 0; minute < 5; minute += 1) {
    await pass(minute, ...failing(minute, 15, 0), ...requests(minute, 20, 20));
  }
  for (let minute = 5; minute < 9; minute += 1) {
    await pass(minute, ...failing(minute, 15, 12), ...requests(minute, 20, 20));
  }
  expect(await summaries()).toEqual([]);
  const found = await summaries({ GroupName: 'front' });
  expect(found).toMatchObject([
    {
      RootCauseServiceId: { Name: 'back' },
      ClientRequestImpactStatistics: { FaultCount: 48, TotalCount: 60 },
    },
  ]);
  expect(found[0]!.TopAnomalousServices!.map(({ ServiceId }) => ServiceId!.Name).sort()).toEqual(['back', 'front']);
  await vi.waitFor(() => expect(told).toHaveLength(1));
  expect(told[0]).toMatchObject({ source: 'aws.xray', detail: { State: 'ACTIVE', GroupName: 'front' } });
  await plane.xray.UpdateGroup(
    { GroupName: 'front', InsightsConfiguration: { InsightsEnabled: false, NotificationsEnabled: false } },
    plane.context,
  );
  await pass(9);
  expect(await summaries({ GroupName: 'front' })).toMatchObject([{ State: 'CLOSED' }]);
}, 120_000);

test('the forecast is the band that insights use, and fits what happened while all was well', async () => {
  for (let minute = 0; minute < 12; minute += 1) await pass(minute, ...failing(minute, 40, minute > 8 ? 30 : 1));
  const { TimeSeriesServiceStatistics: rows = [] } = await plane.xray.GetTimeSeriesServiceStatistics(
    { ...range, Period: 60, EntitySelectorExpression: 'service(id(name: "back", type: ""))', ForecastStatistics: true },
    plane.context,
  );
  expect(rows).toHaveLength(12);
  for (const [minute, row] of rows.entries()) {
    const { FaultCountLow, FaultCountHigh } = row.ServiceForecastStatistics!;
    const faults = row.ServiceSummaryStatistics!.FaultStatistics!.TotalCount!;
    expect(FaultCountLow).toBeLessThanOrEqual(faults);
    if (minute > 8) expect(faults).toBeGreaterThan(FaultCountHigh!);
    else expect(faults).toBeLessThanOrEqual(FaultCountHigh!);
  }
}, 120_000);
