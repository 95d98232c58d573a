import { mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudWatch } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDB } from '@aws-sdk/client-dynamodb';
import { ECS } from '@aws-sdk/client-ecs';
import { XRay } from '@aws-sdk/client-xray';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type HatobaProcess, run, startHatoba } from '../support/hatoba-process.ts';
import { clientSettings, expectUndisturbed } from '../support/undisturbed.ts';
import { until } from '../support/until.ts';

const isRoot = process.platform === 'linux' && process.getuid?.() === 0;

/** A file system of its own, small enough to fill. */
describe.skipIf(!isRoot)('a full disk (needs root: it mounts a small one)', () => {
  const disk = mkdtempSync(join(tmpdir(), 'hatoba-disk-'));
  const filler = join(disk, 'filler');
  let hatoba: HatobaProcess;
  let clients: { ecs: ECS; xray: XRay; logs: CloudWatchLogs; metrics: CloudWatch; tables: DynamoDB };
  const traceId = `1-${Math.floor(Date.now() / 1000).toString(16)}-0123456789abcdef01234567`;

  beforeAll(async () => {
    const mounted = await run('mount', ['-t', 'tmpfs', '-o', 'size=200m', 'hatoba-test', disk]);
    expect(mounted).toMatchObject({ code: 0 });
    mkdirSync(join(disk, 'data'));
    hatoba = await startHatoba({ dataDir: join(disk, 'data'), args: ['--runtime', 'fake', '--log-level', 'error'] });
    const settings = clientSettings(hatoba);
    clients = {
      ecs: new ECS(settings),
      xray: new XRay(settings),
      logs: new CloudWatchLogs(settings),
      metrics: new CloudWatch(settings),
      tables: new DynamoDB(settings),
    };
    await clients.logs.createLogGroup({ logGroupName: 'lines' });
    await clients.logs.createLogStream({ logGroupName: 'lines', logStreamName: 'one' });
    await clients.tables.createTable({
      TableName: 'items',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    });
    await until('an active table', async () => {
      return (await clients.tables.describeTable({ TableName: 'items' })).Table?.TableStatus === 'ACTIVE';
    });
    for (const write of Object.values(writes('before'))) await write();
    await clients.tables.putItem({ TableName: 'items', Item: { id: { S: 'before' } } });
  });
  afterAll(async () => {
    await hatoba?.stop();
    await run('umount', ['-l', disk]);
    rmdirSync(disk);
  });

  const writes = (name: string): Record<string, () => Promise<unknown>> => {
    const now = Date.now();
    const document = {
      trace_id: traceId,
      id: Buffer.from(name.padEnd(8, '.')).toString('hex'),
      name,
      start_time: now / 1000 - 1,
      end_time: now / 1000,
    };
    return {
      'a cluster': () => clients.ecs.createCluster({ clusterName: name }),
      'a segment': () => clients.xray.putTraceSegments({ TraceSegmentDocuments: [JSON.stringify(document)] }),
      'a log line': () =>
        clients.logs.putLogEvents({
          logGroupName: 'lines',
          logStreamName: 'one',
          logEvents: [{ timestamp: now, message: name }],
        }),
      'a metric': () =>
        clients.metrics.putMetricData({ Namespace: 'test', MetricData: [{ MetricName: name, Value: 1 }] }),
    };
  };
  const found = async () => {
    const { clusterArns = [] } = await clients.ecs.listClusters({});
    const { Traces = [] } = await clients.xray.batchGetTraces({ TraceIds: [traceId] });
    const { events = [] } = await clients.logs.filterLogEvents({ logGroupName: 'lines' });
    const { Metrics = [] } = await clients.metrics.listMetrics({ Namespace: 'test' });
    return {
      clusters: clusterArns.map((arn) => arn.split('/').at(-1)).sort(),
      segments: (Traces[0]?.Segments ?? []).map(({ Document = '{}' }) => JSON.parse(Document).name).sort(),
      lines: events.map(({ message }) => message),
      metrics: Metrics.map(({ MetricName }) => MetricName).sort(),
    };
  };
  const itemIds = async () =>
    ((await clients.tables.scan({ TableName: 'items' })).Items ?? []).map(({ id }) => id?.S).sort();
  const all = (...names: string[]) => ({ clusters: names, segments: names, lines: names, metrics: names });

  test('writes are refused with the reason, reads go on, nothing dies', { timeout: 120_000 }, async () => {
    expect(await until('what was written', async () => ((await found()).metrics[0] ? found() : undefined))).toEqual(
      all('before'),
    );
    expect(() => writeFileSync(filler, Buffer.alloc(300_000_000))).toThrow(/ENOSPC/);
    for (const [what, write] of Object.entries(writes('refused'))) {
      const error = await write().then(
        () => `${what} was taken`,
        (reason) => reason,
      );
      expect(error).toMatchObject({
        name: 'InsufficientStorageException',
        message: expect.stringContaining('no space left on its disk'),
        $metadata: { httpStatusCode: 507 },
      });
    }
    const otlp = await fetch(`http://127.0.0.1:${hatoba.ports.otlpHttp}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        resourceSpans: [
          {
            scopeSpans: [
              {
                spans: [
                  {
                    traceId: traceId.replaceAll('-', '').slice(1),
                    spanId: '1'.repeat(16),
                    name: 'x',
                    startTimeUnixNano: `${Date.now()}000000`,
                    endTimeUnixNano: `${Date.now()}000000`,
                  },
                ],
              },
            ],
          },
        ],
      }),
    });
    expect([otlp.status, await otlp.text()]).toEqual([503, expect.stringContaining('no space left')]);
    const item = { id: { S: 'refused' }, text: { S: 'x'.repeat(300_000) } };
    // LevelDB gives up when it cannot write: its child ends, and comes back with the first call after there is room.
    await expect(clients.tables.putItem({ TableName: 'items', Item: item })).rejects.toMatchObject({
      name: 'InternalServerError',
      message: expect.stringContaining('table process'),
    });
    expect(await found()).toEqual(all('before'));
    await expectUndisturbed(hatoba);
  });

  test('with room again everything is taken again, and only that', { timeout: 120_000 }, async () => {
    rmSync(filler);
    for (const write of Object.values(writes('later'))) await until('taken', () => write().then(() => true));
    expect(await until('both', async () => ((await found()).metrics[1] ? found() : undefined))).toEqual(
      all('before', 'later'),
    );
    await until('the table again', () =>
      clients.tables.putItem({ TableName: 'items', Item: { id: { S: 'later' } } }).then(() => true),
    );
    expect(await itemIds()).toEqual(expect.arrayContaining(['before', 'later']));
    await expectUndisturbed(hatoba);
    expect(await hatoba.stop()).toBe(0);
    hatoba = await startHatoba({ dataDir: join(disk, 'data'), args: ['--runtime', 'fake'] });
    const ecs = new ECS(clientSettings(hatoba));
    expect((await ecs.listClusters({})).clusterArns).toHaveLength(2);
    ecs.destroy();
  });
});
