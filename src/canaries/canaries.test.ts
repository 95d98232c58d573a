import { mkdtempSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MetricDatum } from '../metrics/index.ts';
import { systemClock } from '../platform/clock.ts';
import { silentLogger } from '../platform/logger.ts';
import { openSqliteStateStore } from '../stores/state/sqlite.ts';
import type { StateStore } from '../stores/state/store.ts';
import { openTelemetryStore } from '../stores/telemetry/index.ts';
import type { TelemetryStore } from '../stores/telemetry/store.ts';
import type { CallContext } from '../wire/aws/call-context.ts';
import { fetchPage } from './fetch-page.ts';
import { type Canaries, createCanaries } from './index.ts';
import { parseRateMs } from './parse-schedule.ts';

let telemetry: TelemetryStore;
let state: StateStore;
let site: http.Server;
let siteUrl: string;
let answer: (response: http.ServerResponse) => void = (response) => response.end('ok');
const recorded: MetricDatum[] = [];

beforeAll(async () => {
  const directory = mkdtempSync(join(tmpdir(), 'hatoba-canaries-'));
  state = openSqliteStateStore(directory, () => new Date());
  telemetry = openTelemetryStore({
    dataDirectory: directory,
    mode: 'embedded',
    limits: { memoryBytesMax: 1e9, maxDiskGB: 1, retentionDays: 1 },
    clock: systemClock,
    logger: silentLogger,
  });
  await telemetry.start();
  site = http.createServer((request, response) => {
    if (request.url === '/moved') return response.writeHead(302, { location: '/' }).end();
    answer(response);
  });
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  siteUrl = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
});

afterAll(async () => {
  site.close();
  await telemetry.stop();
  await state.close();
});

const context: CallContext = {
  account: '000000000000',
  region: 'us-east-1',
  requestId: 'r',
  principal: { kind: 'root', account: '000000000000', arn: 'arn:aws:iam::000000000000:root', userId: '000000000000' },
  signal: new AbortController().signal,
};

const openCanaries = (): Canaries =>
  createCanaries({
    state,
    telemetry,
    metrics: { put: async (_scope, _namespace, data) => void recorded.push(...data) },
    resolveAddress: (url) =>
      url.hostname.endsWith('.elb.localhost') ? { host: '127.0.0.1', port: Number(new URL(siteUrl).port) } : undefined,
    clock: systemClock,
    logger: silentLogger,
    account: context.account,
    region: context.region,
  });

const call = (canaries: Canaries, operation: string, input: object): Promise<any> =>
  Promise.resolve(canaries.services[0]!.handlers[operation]!(input, context));

const heartbeat = (Name: string, URL: string) => ({
  Name,
  Code: { Handler: 'pageLoadBlueprint.handler' },
  ArtifactS3Location: 's3://bucket/canary',
  ExecutionRoleArn: 'arn:aws:iam::000000000000:role/canary',
  Schedule: { Expression: 'rate(0 minute)' },
  RuntimeVersion: 'syn-nodejs-puppeteer-9.1',
  RunConfig: { EnvironmentVariables: { URL } },
});

describe('a heartbeat canary', () => {
  test('passes on 2xx, by the name of a load balancer, and records run and metrics', async () => {
    const canaries = openCanaries();
    await call(canaries, 'CreateCanary', heartbeat('good', 'http://shop-1.us-east-1.elb.localhost/moved'));
    expect((await call(canaries, 'GetCanary', { Name: 'good' })).Canary.Status.State).toBe('READY');
    await call(canaries, 'StartCanary', { Name: 'good' });
    await expect
      .poll(async () => (await call(canaries, 'GetCanaryRuns', { Name: 'good' })).CanaryRuns, { timeout: 10_000 })
      .toMatchObject([{ Status: { State: 'PASSED' } }]);
    expect(recorded).toContainEqual(
      expect.objectContaining({ name: 'SuccessPercent', value: 100, dimensions: { CanaryName: 'good' } }),
    );
    // rate(0 minute) runs once, and then the canary stops by itself.
    await expect
      .poll(async () => (await call(canaries, 'GetCanary', { Name: 'good' })).Canary.Status.State)
      .toBe('STOPPED');
    await canaries.stop();
  });

  test('fails with a reason on 5xx, and Failed is counted only then', async () => {
    const canaries = openCanaries();
    answer = (response) => response.writeHead(503).end();
    await call(canaries, 'CreateCanary', heartbeat('bad', siteUrl));
    await call(canaries, 'StartCanary', { Name: 'bad' });
    await expect
      .poll(async () => (await call(canaries, 'DescribeCanariesLastRun', {})).CanariesLastRun, { timeout: 10_000 })
      .toContainEqual(
        expect.objectContaining({
          CanaryName: 'bad',
          LastRun: expect.objectContaining({
            Status: expect.objectContaining({ State: 'FAILED', StateReason: `${siteUrl}/ answered 503` }),
          }),
        }),
      );
    expect(recorded.filter((d) => d.name === 'Failed').map((d) => d.dimensions)).toEqual([{ CanaryName: 'bad' }, {}]);
    await canaries.stop();
    answer = (response) => response.end('ok');
  });

  test('goes on after a restart, and cannot be deleted while it runs', async () => {
    const first = openCanaries();
    await call(first, 'CreateCanary', { ...heartbeat('steady', siteUrl), Schedule: { Expression: 'rate(1 minute)' } });
    await call(first, 'StartCanary', { Name: 'steady' });
    await expect(call(first, 'DeleteCanary', { Name: 'steady' })).rejects.toMatchObject({ code: 'ConflictException' });
    const runs = async (canaries: Canaries) =>
      (await call(canaries, 'GetCanaryRuns', { Name: 'steady' })).CanaryRuns.length;
    await expect.poll(() => runs(first), { timeout: 10_000 }).toBe(1);
    await first.stop();
    const second = openCanaries();
    await second.start();
    await expect.poll(() => runs(second), { timeout: 10_000 }).toBe(2);
    const ResourceArn = `arn:aws:synthetics:us-east-1:${context.account}:canary:steady`;
    const tag = (key: string) => call(second, 'TagResource', { ResourceArn, Tags: { [key]: 'yes' } });
    await Promise.all(['a', 'b', 'c'].map(tag));
    expect((await call(second, 'ListTagsForResource', { ResourceArn })).Tags).toEqual({ a: 'yes', b: 'yes', c: 'yes' });
    await call(second, 'StopCanary', { Name: 'steady' });
    await call(second, 'DeleteCanary', { Name: 'steady' });
    await expect(call(second, 'GetCanary', { Name: 'steady' })).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
    });
    await second.stop();
  });

  test('a changed canary never runs beside itself, and a stop does not wait for a page that never answers', async () => {
    const canaries = openCanaries();
    const open = new Set<http.ServerResponse>();
    const held: number[] = [];
    answer = (response) => {
      open.add(response);
      response.on('close', () => open.delete(response));
      held.push(open.size);
    };
    await call(canaries, 'CreateCanary', { ...heartbeat('slow', siteUrl), Schedule: { Expression: 'rate(1 minute)' } });
    await call(canaries, 'StartCanary', { Name: 'slow' });
    await expect.poll(() => held.length).toBe(1);
    for (const DurationInSeconds of [100n, 200n]) {
      await call(canaries, 'UpdateCanary', {
        Name: 'slow',
        Schedule: { Expression: 'rate(1 minute)', DurationInSeconds },
      });
    }
    for (const response of open) response.end('ok');
    await expect.poll(() => held.length, { timeout: 10_000 }).toBe(2);
    expect(held).toEqual([1, 1]);
    const ofSlow = () => recorded.filter(({ dimensions }) => dimensions.CanaryName === 'slow').length;
    const before = ofSlow();
    await canaries.stop();
    expect(ofSlow()).toBe(before);
    answer = (response) => response.end('ok');
    await call(canaries, 'StopCanary', { Name: 'slow' });
  });

  test('without an address, with a script or with a schedule that we cannot keep is refused with what to do', async () => {
    const canaries = openCanaries();
    await expect(call(canaries, 'CreateCanary', { ...heartbeat('none', ''), RunConfig: {} })).rejects.toThrow(
      'RunConfig.EnvironmentVariables.URL',
    );
    await expect(call(canaries, 'CreateCanary', heartbeat('file', 'file:///etc/passwd'))).rejects.toThrow('no http');
    await expect(
      call(canaries, 'CreateCanary', { ...heartbeat('cron', siteUrl), Schedule: { Expression: 'cron(0 * * * ? *)' } }),
    ).rejects.toThrow('is not supported');
  });
});

test('a page that is cut in the middle or never answers is a failed step, never a rejection', async () => {
  const options = {
    timeoutMs: 300,
    resolveAddress: () => undefined,
    headers: {},
    monotonicMs: () => performance.now(),
    signal: new AbortController().signal,
  };
  answer = (response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('half');
    setTimeout(() => response.destroy(), 20);
  };
  expect((await fetchPage(siteUrl, options)).error).toMatch(/cut in the middle|aborted|socket hang up/);
  answer = () => {};
  expect((await fetchPage(siteUrl, options)).error).toBe(`${siteUrl}: no answer within 300 ms`);
  expect((await fetchPage('http://127.0.0.1:1/', options)).error).toMatch(/ECONNREFUSED/);
  answer = (response) => response.end('ok');
});

test('rates', () => {
  expect(['rate(5 minutes)', 'rate(1 hour)', 'rate(0 minute)', 'rate(2 hours)', 'cron(1)'].map(parseRateMs)).toEqual([
    300_000,
    3_600_000,
    0,
    undefined,
    undefined,
  ]);
});
