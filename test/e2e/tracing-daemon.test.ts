import { createSocket } from 'node:dgram';
import { join } from 'node:path';
import { XRay } from '@aws-sdk/client-xray';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type AppProcess, startApp } from '../support/app-process.ts';
import { type HatobaProcess, runHatoba, startHatoba } from '../support/hatoba-process.ts';
import { ledgerOf, newId, newTraceId, nowSeconds } from '../support/otlp-client.ts';
import { clientSettings } from '../support/undisturbed.ts';
import { until } from '../support/until.ts';

// A daemon of X-Ray with its endpoint at hatoba: its clients' segments, its own records, and sampling through its TCP
// port, every call signed by it. Where signatures count, a wrong key gets nowhere.

interface Counts {
  readonly received: number;
  readonly sent: number;
  readonly rejected: number;
  readonly batches: number[];
  readonly records: number;
  readonly errors: string[];
}
interface Key {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const app = (file: string): string => join(import.meta.dirname, 'apps', file);
const header = '{"format":"json","version":1}\n';
const running: AppProcess[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
});

const startDaemon = async (hatoba: HatobaProcess, key: Key): Promise<AppProcess> => {
  const daemon = await startApp(process.execPath, [app('xray-daemon.mjs')], {
    ENDPOINT: hatoba.url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: key.accessKeyId,
    AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
    RECORDS_EVERY_MS: '1500',
    NODE_NO_WARNINGS: '1',
  });
  running.push(daemon);
  return daemon;
};

async function stopAndCount(daemon: AppProcess): Promise<Counts> {
  await daemon.stop();
  running.splice(running.indexOf(daemon), 1);
  return JSON.parse(daemon.lines().at(-1)!);
}

async function sendAll(port: number, texts: readonly string[]): Promise<void> {
  const socket = createSocket('udp4');
  for (const text of texts) {
    await new Promise<void>((resolve, reject) => {
      socket.send(text, port, '127.0.0.1', (error) => (error ? reject(error) : resolve()));
    });
  }
  socket.close();
}

const segments = (count: number) =>
  Array.from({ length: count }, () => ({
    trace_id: newTraceId(),
    id: newId(),
    name: 'behind-a-daemon',
    start_time: nowSeconds() - 1,
    end_time: nowSeconds(),
  }));

async function storedOf(xray: XRay, traceIds: readonly string[]): Promise<number> {
  let stored = 0;
  for (let from = 0; from < traceIds.length; from += 100) {
    stored += (await xray.batchGetTraces({ TraceIds: traceIds.slice(from, from + 100) })).Traces?.length ?? 0;
  }
  return stored;
}

describe.each(['open', 'enforce'] as const)('auth: %s', (auth) => {
  let hatoba: HatobaProcess;
  let key: Key;
  let xray: XRay;
  beforeAll(async () => {
    hatoba = await startHatoba({ args: ['--runtime', 'fake'], env: { HATOBA_AUTH: auth } });
    const { stdout } = await runHatoba(['env', '--data-dir', hatoba.dataDir]);
    const read = (name: string) => new RegExp(`^export ${name}='?([^'\n]+)'?$`, 'm').exec(stdout)?.[1] ?? '';
    key = { accessKeyId: read('AWS_ACCESS_KEY_ID'), secretAccessKey: read('AWS_SECRET_ACCESS_KEY') };
    xray = new XRay({ ...clientSettings(hatoba), credentials: { ...key } });
  });
  afterAll(async () => {
    xray?.destroy();
    await hatoba?.stop();
  });
  // Where signatures count, nobody without one may read the ledger.
  const apiEntry = async () => (auth === 'open' ? ledgerOf(hatoba, 'api') : undefined);

  test('batches of 50, the bad among them told apart, and records', async () => {
    const before = await apiEntry();
    const daemon = await startDaemon(hatoba, key);
    const good = segments(123);
    const texts = good.map((one) => header + JSON.stringify(one));
    texts.splice(10, 0, `${header}not JSON`, 'no header at all', `${header}{"id":"${newId()}"}`);
    await sendAll(daemon.port, texts);
    const traceIds = good.map(({ trace_id }) => trace_id);
    await until('all segments', async () => (await storedOf(xray, traceIds)) === good.length);
    // The daemon's own records are taken: the next round comes within two seconds.
    await new Promise((resolve) => setTimeout(resolve, 3500));
    const counts = await stopAndCount(daemon);
    expect(counts).toMatchObject({ received: 126, sent: 123, rejected: 3, errors: [] });
    expect(counts.batches.reduce((sum, size) => sum + size, 0)).toBe(125);
    expect(Math.max(...counts.batches)).toBe(50);
    expect(counts.records).toBeGreaterThan(0);
    if (before) {
      const after = (await apiEntry())!;
      expect([after.stored - before.stored, after.refused - before.refused]).toEqual([123, 2]);
    }
  });

  test('the X-Ray SDK behind it: sampled by its rules, traced through it', async () => {
    const rule = { ResourceARN: '*', ServiceType: '*', Host: '*', HTTPMethod: '*', URLPath: '*', ServiceName: '*' };
    await xray.createSamplingRule({
      SamplingRule: { ...rule, RuleName: 'all', Priority: 1, FixedRate: 1, ReservoirSize: 0, Version: 1 },
    });
    const daemon = await startDaemon(hatoba, key);
    const client = await startApp(process.execPath, [app('express-xray.cjs')], {
      AWS_XRAY_DAEMON_ADDRESS: `127.0.0.1:${daemon.port}`,
      NODE_NO_WARNINGS: '1',
    });
    running.push(client);
    const range = { StartTime: new Date(Date.now() - 60_000), EndTime: new Date(Date.now() + 600_000) };
    // Until its rules have come the SDK samples one a second by itself; then every request, by the rule's name.
    await until('a request that was sampled by the rule', async () => {
      await fetch(client.url);
      const { TraceSummaries = [] } = await xray.getTraceSummaries({
        ...range,
        FilterExpression: 'service("express-app")',
      });
      const { Traces = [] } = await xray.batchGetTraces({ TraceIds: TraceSummaries.slice(0, 5).map(({ Id }) => Id!) });
      return Traces.some(({ Segments = [] }) =>
        Segments.some(({ Document }) => JSON.parse(Document!).aws?.xray?.rule_name === 'all'),
      );
    });
    const ask = (path: string, body?: object) =>
      fetch(`http://127.0.0.1:${daemon.port}${path}`, {
        method: 'POST',
        ...(body ? { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } } : {}),
      });
    // OpenTelemetry's samplers post nothing at all for the rules.
    const rules = (await (await ask('/GetSamplingRules')).json()) as any;
    expect(rules.SamplingRuleRecords.map(({ SamplingRule }: any) => SamplingRule.RuleName)).toEqual(['all', 'Default']);
    const report = {
      RuleName: 'all',
      ClientID: 'a'.repeat(24),
      RequestCount: 1,
      SampledCount: 1,
      Timestamp: nowSeconds(),
    };
    const targets = (await (await ask('/SamplingTargets', { SamplingStatisticsDocuments: [report] })).json()) as any;
    expect(targets.SamplingTargetDocuments).toMatchObject([{ RuleName: 'all', FixedRate: 1, Interval: 10 }]);
    expect(typeof targets.LastRuleModification).toBe('number');
    expect(await stopAndCount(daemon)).toMatchObject({ rejected: 0, errors: [] });
  });

  if (auth === 'open') return;
  test('with a wrong key nothing of it is taken, and the daemon is told', async () => {
    const daemon = await startDaemon(hatoba, { ...key, secretAccessKey: `${key.secretAccessKey}x` });
    const some = segments(7);
    await sendAll(
      daemon.port,
      some.map((one) => header + JSON.stringify(one)),
    );
    const rules = await fetch(`http://127.0.0.1:${daemon.port}/GetSamplingRules`, { method: 'POST' });
    expect(rules.status).toBe(403);
    const counts = await stopAndCount(daemon);
    expect(counts).toMatchObject({ received: 7, sent: 0, errors: ['PutTraceSegments InvalidSignatureException'] });
    expect(
      await storedOf(
        xray,
        some.map(({ trace_id }) => trace_id),
      ),
    ).toBe(0);
  });
});
