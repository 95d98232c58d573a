import dgram from 'node:dgram';
import { join } from 'node:path';
import { XRay } from '@aws-sdk/client-xray';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AppProcess, startApp } from '../support/app-process.ts';
import { type HatobaProcess, run, startHatoba } from '../support/hatoba-process.ts';
import { ledgerOf } from '../support/otlp-client.ts';
import { describeWith, pythonWith } from '../support/programs.ts';
import { until } from '../support/until.ts';

let hatoba: HatobaProcess;
let xray: XRay;
beforeAll(async () => {
  hatoba = await startHatoba({ args: ['--runtime', 'fake'] });
  xray = new XRay({
    endpoint: hatoba.url,
    region: 'us-east-1',
    credentials: { accessKeyId: '000000000000', secretAccessKey: 'x' },
  });
});
afterAll(async () => {
  await hatoba?.stop();
});

const app = (file: string): string => join(import.meta.dirname, 'apps', file);
const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

interface Sampled {
  /** Decisions taken, by epoch second. */
  readonly taken: Record<string, number>;
  /** When each rule was first seen, epoch seconds. */
  readonly rules: Record<string, number>;
}

describe('for a minute', () => {
  const reservoir = 20;
  const python = pythonWith('aws_xray_sdk');
  /** The SDKs first: they take longer to begin, and all should have reported once before the first reports again. */
  const clients: [name: string, command: string, file: string][] = [
    ['node', process.execPath, 'sampling-node.cjs'],
    python ? ['python', python, 'sampling_client.py'] : ['third', process.execPath, 'sampling-poller.mjs'],
    ['first', process.execPath, 'sampling-poller.mjs'],
    ['second', process.execPath, 'sampling-poller.mjs'],
  ];
  const segmentsSent = 60_000;

  /** A thousand segments a second for a minute. A sender that was held up catches up bit by bit, not in one burst. */
  async function sendSegments(): Promise<number> {
    const socket = dgram.createSocket('udp4');
    const begin = performance.now();
    for (let sent = 0; sent < segmentsSent; ) {
      const due = Math.min(segmentsSent, Math.floor(performance.now() - begin), sent + 50);
      for (; sent < due; sent += 1) {
        const at = Date.now() / 1000;
        const id = sent.toString(16).padStart(16, '0');
        const document = {
          trace_id: `1-5759e988-${id.padStart(24, '0')}`,
          id,
          name: 'flood',
          start_time: at,
          end_time: at,
        };
        socket.send(`{"format":"json","version":1}\n${JSON.stringify(document)}`, hatoba.ports.xray, '127.0.0.1');
      }
      await sleep(10);
    }
    await sleep(100);
    socket.close();
    return performance.now() - begin;
  }

  test('four clients share a reservoir, and a thousand segments a second are not lost', {
    timeout: 240_000,
  }, async () => {
    const rule = { ResourceARN: '*', FixedRate: 0, ServiceType: '*', Host: '*', HTTPMethod: '*', Version: 1 };
    const shared = {
      ...rule,
      RuleName: 'shared',
      Priority: 1,
      ReservoirSize: reservoir,
      ServiceName: 'sampled',
      URLPath: '*',
    };
    await xray.createSamplingRule({ SamplingRule: shared });
    const env = { AWS_XRAY_DAEMON_ADDRESS: `127.0.0.1:${hatoba.ports.xray}`, AWS_XRAY_LOG_LEVEL: 'silent' };
    const flood = sendSegments();
    const running: AppProcess[] = [];
    for (const [, command, file] of clients) running.push(await startApp(command, [app(file)], env));
    const began = Date.now() / 1000;
    // A rule that comes while they run is fetched at once, not at the next round of five minutes.
    await sleep(25_000);
    const changedAt = Date.now() / 1000;
    await xray.createSamplingRule({ SamplingRule: { ...shared, RuleName: 'late', Priority: 2, ServiceName: 'other' } });
    await sleep(45_000);
    const ended = Date.now() / 1000;
    await Promise.all(running.map((client) => client.stop()));
    const results = new Map(
      clients.map(([name], index) => [name, JSON.parse(running[index]!.lines().at(-1)!) as Sampled] as const),
    );

    const sums = new Map<string, number>();
    for (const { taken } of results.values()) {
      for (const [second, count] of Object.entries(taken)) sums.set(second, (sums.get(second) ?? 0) + count);
    }
    expect(sums.size).toBeGreaterThan(60);
    expect(Math.max(...sums.values())).toBeLessThanOrEqual(reservoir);

    // Once all have reported a few times, each has its quarter; the SDK for Node never takes more than one a second.
    const settled = (name: string) =>
      Object.entries(results.get(name)!.taken)
        .filter(([second]) => Number(second) > began + 45 && Number(second) < ended - 2)
        .map(([, count]) => count);
    for (const [name] of clients) {
      const most = name === 'node' ? 1 : reservoir / clients.length;
      expect({ name, most: Math.max(...settled(name)) }).toEqual({ name, most });
    }
    for (const [name] of clients) {
      if (name === 'node') continue;
      const seenAt = results.get(name)!.rules.late;
      expect(seenAt).toBeDefined();
      expect(seenAt! - changedAt).toBeLessThan(20);
    }

    await flood;
    const entry = await until('all segments stored', async () => {
      const one = await ledgerOf(hatoba, 'udp');
      return one.stored + one.refused >= segmentsSent && one;
    });
    expect(entry).toMatchObject({ received: segmentsSent, stored: segmentsSent, refused: 0, reasons: {} });
  });
});

describeWith('python', 'boto3', () => {
  test('pages through every paginated operation while segments arrive, and sees nothing twice', {
    timeout: 180_000,
  }, async () => {
    const { code, stdout, stderr } = await run(pythonWith('boto3')!, [app('page_boto3.py'), '450'], {
      // An account of its own: nothing but what the program sends.
      env: { ...hatoba.environment(), AWS_ACCESS_KEY_ID: '111111111111' },
      timeoutMs: 170_000,
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { sent, walks } = JSON.parse(stdout);
    expect(sent).toBeGreaterThan(20);
    expect(walks.filter((walk: any) => walk.items === 0 || walk.twice.length + walk.missing.length > 0)).toEqual([]);
    const pagesOf = (operation: string) => walks.find((walk: any) => walk.operation === operation).pages;
    expect(pagesOf('GetTraceSummaries')).toBeGreaterThanOrEqual(5);
    // Sixty traces, five a page.
    expect(pagesOf('ListRetrievedTraces')).toBe(12);
  });
});
