import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { GetMetricDataCommandInput } from '@aws-sdk/client-cloudwatch';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../platform/clock.ts';
import { silentLogger } from '../platform/logger.ts';
import { openSqliteStateStore } from '../stores/state/sqlite.ts';
import type { StateStore } from '../stores/state/store.ts';
import { openTelemetryStore, type TelemetryStore } from '../stores/telemetry/index.ts';
import { createMetrics, type Metrics } from './index.ts';

let directory: string;
let state: StateStore;
let telemetry: TelemetryStore;
let metrics: Metrics;
const scope = { account: '000000000000', region: 'us-east-1' };

beforeAll(async () => {
  directory = mkdtempSync(path.join(os.tmpdir(), 'hatoba-metrics-'));
  const common = { clock: systemClock, logger: silentLogger };
  state = openSqliteStateStore(directory, () => systemClock.now());
  telemetry = openTelemetryStore({
    dataDirectory: directory,
    mode: 'embedded',
    limits: { memoryBytesMax: 1e9, maxDiskGB: 1, retentionDays: 30 },
    ...common,
  });
  await telemetry.start();
  metrics = createMetrics({ state, telemetry, ...common });
  await metrics.start();
});

afterAll(async () => {
  await metrics.stop();
  await telemetry.stop();
  await state.close();
  rmSync(directory, { recursive: true, force: true });
});

const call = async (operation: string, input: object): Promise<any> =>
  metrics.services[0]!.handlers[operation]!(input, scope as never);
const minuteMs = 60_000;
const base = new Date(Math.floor(systemClock.now().getTime() / 3_600_000) * 3_600_000 - 3_600_000);
const at = (minute: number): Date => new Date(base.getTime() + minute * minuteMs);
const query = (Id: string, MetricName: string, Stat: string, more: object = {}) => ({
  Id,
  MetricStat: { Metric: { Namespace: 'Shop', MetricName }, Stat, Period: 60, ...more },
});
const getData = (MetricDataQueries: object[], more: object = {}): Promise<any> =>
  call('GetMetricData', {
    StartTime: at(0),
    EndTime: at(10),
    MetricDataQueries,
    ScanBy: 'TimestampAscending',
    ...more,
  } as GetMetricDataCommandInput);

test('data of all three forms add up; periods without data are absent', async () => {
  await call('PutMetricData', {
    Namespace: 'Shop',
    MetricData: [
      { MetricName: 'Latency', Value: 1, Timestamp: at(0) },
      { MetricName: 'Latency', Values: [2, 4], Counts: [3, 1], Timestamp: at(0) },
      { MetricName: 'Latency', StatisticValues: { SampleCount: 2, Sum: 10, Minimum: 4, Maximum: 6 }, Timestamp: at(2) },
    ],
  });
  const { MetricDataResults: results } = await getData([
    query('a', 'Latency', 'Average'),
    query('c', 'Latency', 'SampleCount'),
    query('p', 'Latency', 'p80'),
    { Id: 'e', Expression: 'a * c', Label: `total $${'{LAST}'}` },
  ]);
  expect(results.map((result: any) => [result.Id, result.Label, result.Values])).toEqual([
    ['a', 'Latency', [2.2, 5]],
    ['c', 'Latency', [5, 2]],
    ['p', 'Latency', [2]],
    ['e', 'total 10', [11, 10]],
  ]);
  expect(results[0].Timestamps).toEqual([at(0), at(2)]);
});

test('pages cut over all results', async () => {
  const queries = [query('a', 'Latency', 'Sum'), query('b', 'Latency', 'Maximum')];
  const first = await getData(queries, { MaxDatapoints: 3 });
  expect(first.MetricDataResults.map((result: any) => result.Values)).toEqual([[11, 10], [4]]);
  const second = await getData(queries, { MaxDatapoints: 3, NextToken: first.NextToken });
  expect(second.MetricDataResults.map((result: any) => result.Values)).toEqual([[], [6]]);
  expect(second.NextToken).toBeUndefined();
});

test('dimensions in any order are one metric; units are told apart', async () => {
  const datum = (Dimensions: object[], Value: number, Unit: string) => ({
    MetricName: 'Sold',
    Dimensions,
    Value,
    Unit,
    Timestamp: at(1),
  });
  const [color, size] = [
    { Name: 'Color', Value: "re'd" },
    { Name: 'Size', Value: 'L' },
  ];
  await call('PutMetricData', {
    Namespace: 'Shop',
    MetricData: [datum([color, size], 1, 'Count'), datum([size, color], 2, 'Count'), datum([size], 5, 'Percent')],
  });
  const { Datapoints } = await call('GetMetricStatistics', {
    ...{
      Namespace: 'Shop',
      MetricName: 'Sold',
      Dimensions: [size, color],
      StartTime: at(0),
      EndTime: at(10),
      Period: 300,
    },
    ...{ Statistics: ['Sum', 'Maximum'], ExtendedStatistics: ['p100'] },
  });
  expect(Datapoints).toEqual([
    { Timestamp: at(0), Sum: 3, Maximum: 2, ExtendedStatistics: { p100: 2 }, Unit: 'Count' },
  ]);
  const other = await call('GetMetricStatistics', {
    ...{ Namespace: 'Shop', MetricName: 'Sold', Dimensions: [size], StartTime: at(0), EndTime: at(10), Period: 300 },
    ...{ Statistics: ['Sum'], Unit: 'Count' },
  });
  expect(other.Datapoints).toEqual([]);
  const listed = await call('ListMetrics', {
    Namespace: 'Shop',
    Dimensions: [{ Name: 'Color', Value: "re'd" }],
    RecentlyActive: 'PT3H',
  });
  expect(listed.Metrics).toEqual([{ Namespace: 'Shop', MetricName: 'Sold', Dimensions: [color, size] }]);
  expect((await call('ListMetrics', { Dimensions: [{ Name: 'Size' }] })).Metrics).toHaveLength(2);
});

test('SEARCH finds metrics and expressions add them up', async () => {
  const { MetricDataResults: results } = await getData([
    { Id: 's', Expression: "SUM(SEARCH('{Shop,Size} Sold', 'Sum', 60))" },
    { Id: 'each', Expression: "SEARCH('Namespace=\"Shop\" sold', 'Sum', 60)" },
  ]);
  expect(results[0].Values).toEqual([5]);
  expect(results.slice(1).map((result: any) => [result.Id, result.Label])).toEqual([
    ['each', "re'd L Sold"],
    ['each', 'L Sold'],
  ]);
});

test('what we measure ourselves is merged per second and found', async () => {
  const now = systemClock.now().getTime();
  for (let index = 0; index < 1000; index += 1) {
    metrics.record(scope, 'AWS/ApplicationELB', [
      { name: 'TargetResponseTime', dimensions: {}, timestampMs: now, value: 0.001 * (index + 1) },
    ]);
  }
  const read = (statistic: string) =>
    metrics.read({
      ...scope,
      ...{ namespace: 'AWS/ApplicationELB', name: 'TargetResponseTime', dimensions: {}, statistic, periodSeconds: 60 },
      ...{ start: new Date(now - minuteMs), end: new Date(now + minuteMs) },
    });
  await expect.poll(async () => (await read('SampleCount'))[0]?.value, { timeout: 10_000 }).toBe(1000);
  expect((await read('p99'))[0]!.value).toBeCloseTo(0.99, 2);
  const [rows] = await telemetry.query<{ n: string }>(
    "SELECT count() AS n FROM metric_data WHERE namespace = 'AWS/ApplicationELB'",
  );
  expect(rows).toEqual({ n: '1' });
});

describe('bad input', () => {
  const put = (datum: object) =>
    call('PutMetricData', { Namespace: 'Shop', MetricData: [{ MetricName: 'Bad', ...datum }] });
  test.each([
    [{}, 'MissingRequiredParameterException'],
    [{ Value: 1, Values: [1] }, 'InvalidParameterCombinationException'],
    [{ Value: Number.NaN }, 'InvalidParameterValueException'],
    [{ Value: Number.POSITIVE_INFINITY }, 'InvalidParameterValueException'],
    [{ Values: [1, 2], Counts: [1] }, 'InvalidParameterValueException'],
    [{ Value: 1, Timestamp: new Date('2020-01-01') }, 'InvalidParameterValueException'],
    [{ Value: 1, StorageResolution: 7 }, 'InvalidParameterValueException'],
  ])('%j', async (datum, code) => {
    await expect(put(datum)).rejects.toMatchObject({ code });
  });

  test('expressions', async () => {
    const failing = (Expression: string) =>
      expect(getData([{ Id: 'e', Expression }])).rejects.toMatchObject({ code: 'ValidationError' });
    await failing('e + 1');
    await failing('nothing * 2');
    await failing('1 + 1');
    await failing('m1 +');
  });

  test.each(['{}', '{"skip":-1}', '{"skip":"x"}', '[]', 'no JSON'])('the token %s', async (text) => {
    const NextToken = Buffer.from(text).toString('base64url');
    const code = 'InvalidNextToken';
    await expect(call('ListMetrics', { NextToken })).rejects.toMatchObject({ code });
    const MetricDataQueries = [{ Id: 'e', Expression: 'TIME_SERIES(1)' }];
    const range = { StartTime: new Date('2026-01-01T00:00:00Z'), EndTime: new Date('2026-01-01T01:00:00Z') };
    await expect(call('GetMetricData', { MetricDataQueries, ...range, NextToken })).rejects.toMatchObject({ code });
  });
});

test('dashboards are kept', async () => {
  await call('PutDashboard', { DashboardName: 'main', DashboardBody: '{"widgets":[]}' });
  expect((await call('GetDashboard', { DashboardName: 'main' })).DashboardBody).toBe('{"widgets":[]}');
  expect((await call('ListDashboards', {})).DashboardEntries).toHaveLength(1);
  await expect(call('PutDashboard', { DashboardName: 'x', DashboardBody: 'no' })).rejects.toMatchObject({
    code: 'DashboardInvalidInputError',
  });
  await call('DeleteDashboards', { DashboardNames: ['main'] });
  await expect(call('GetDashboard', { DashboardName: 'main' })).rejects.toMatchObject({
    code: 'DashboardNotFoundError',
  });
});
