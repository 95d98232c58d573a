import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDB, waitUntilTableExists } from '@aws-sdk/client-dynamodb';
import { EC2 } from '@aws-sdk/client-ec2';
import { ECS, waitUntilServicesStable } from '@aws-sdk/client-ecs';
import { XRay } from '@aws-sdk/client-xray';
import { describe, expect, test } from 'vitest';
import { type HatobaProcess, startHatoba } from '../support/hatoba-process.ts';
import { leftoversOf, networkLinks } from '../support/leftovers.ts';
import { newDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/until.ts';

const seed = Number(process.env.HATOBA_FAULT_SEED ?? 20260101);

/** Numbers in [0, 1) that are the same for the same seed. */
function randomFrom(start: number): () => number {
  let state = start;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

const settingsOf = (hatoba: HatobaProcess) => ({
  endpoint: hatoba.url,
  region: 'us-east-1',
  credentials: { accessKeyId: '000000000000', secretAccessKey: 'x' },
  maxAttempts: 1,
});

/** Sends numbered items one after the other, and remembers which were acknowledged. Never sends one twice. */
class Sender {
  readonly sent: number[] = [];
  readonly acknowledged: number[] = [];
  private stopping = false;
  private readonly loop: Promise<void>;

  constructor(send: (n: number) => Promise<void>) {
    this.loop = (async () => {
      for (let n = 1; !this.stopping; n++) {
        this.sent.push(n);
        await send(n).then(
          () => this.acknowledged.push(n),
          () => new Promise((resolve) => setTimeout(resolve, 50)),
        );
      }
    })();
  }

  stop(): Promise<void> {
    this.stopping = true;
    return this.loop;
  }
}

/** Every acknowledged item exactly once, every other at most once, and nothing that was never sent. */
function expectExactlyOnce(sender: Sender, found: readonly number[]): void {
  const counts = new Map<number, number>();
  for (const n of found) counts.set(n, (counts.get(n) ?? 0) + 1);
  const lost = sender.acknowledged.filter((n) => !counts.has(n));
  const doubled = [...counts].filter(([, count]) => count > 1).map(([n]) => n);
  const invented = [...counts.keys()].filter((n) => !sender.sent.includes(n));
  expect({ lost, doubled, invented }).toEqual({ lost: [], doubled: [], invented: [] });
}

function childrenOf(pid: number, pattern: RegExp): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((candidate) => {
      try {
        const stat = readFileSync(`/proc/${candidate}/stat`, 'utf8');
        const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
        return parent === pid && pattern.test(readFileSync(`/proc/${candidate}/cmdline`, 'utf8'));
      } catch {
        return false;
      }
    });
}

describe.skipIf(process.platform !== 'linux')('kill -9 under traffic', () => {
  test('nothing acknowledged is lost or doubled, tasks are adopted, nothing is left', {
    timeout: 900_000,
  }, async () => {
    const random = randomFrom(seed);
    const linksBefore = await networkLinks();
    const dataDir = newDirectory('hatoba-kill-');
    let hatoba = await startHatoba({ dataDir });
    const samePorts = [
      ...['--port', String(hatoba.ports.gateway), '--xray-port', String(hatoba.ports.xray)],
      ...['--otlp-http-port', String(hatoba.ports.otlpHttp), '--otlp-grpc-port', String(hatoba.ports.otlpGrpc)],
      ...['--edge-port', String(hatoba.ports.edge)],
    ];
    const settings = settingsOf(hatoba);
    const ecs = new ECS(settings);
    const xray = new XRay(settings);
    const logs = new CloudWatchLogs(settings);
    const dynamodb = new DynamoDB(settings);

    const { Subnets = [] } = await new EC2(settings).describeSubnets({});
    await ecs.createCluster({ clusterName: 'kill' });
    await ecs.registerTaskDefinition({
      family: 'counter',
      requiresCompatibilities: ['FARGATE'],
      networkMode: 'awsvpc',
      cpu: '256',
      memory: '512',
      containerDefinitions: [
        {
          name: 'main',
          image: 'busybox',
          command: ['sh', '-c', 'i=0; while :; do i=$((i+1)); echo "tick $i"; sleep 0.1; done'],
          logConfiguration: {
            logDriver: 'awslogs',
            options: {
              'awslogs-group': '/kill',
              'awslogs-region': 'us-east-1',
              'awslogs-stream-prefix': 'p',
              'awslogs-create-group': 'true',
            },
          },
        },
      ],
    });
    await ecs.createService({
      cluster: 'kill',
      serviceName: 'counter',
      taskDefinition: 'counter',
      desiredCount: 2,
      launchType: 'FARGATE',
      networkConfiguration: { awsvpcConfiguration: { subnets: [Subnets[0]!.SubnetId!] } },
    });
    await waitUntilServicesStable(
      { client: ecs, maxWaitTime: 60, minDelay: 1, maxDelay: 1 },
      { cluster: 'kill', services: ['counter'] },
    );
    const tasksBefore = (await ecs.listTasks({ cluster: 'kill' })).taskArns!.sort();
    await logs.createLogGroup({ logGroupName: '/sent' });
    await logs.createLogStream({ logGroupName: '/sent', logStreamName: 's' });
    await dynamodb.createTable({
      TableName: 'sent',
      AttributeDefinitions: [{ AttributeName: 'n', AttributeType: 'N' }],
      KeySchema: [{ AttributeName: 'n', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
    });
    await waitUntilTableExists({ client: dynamodb, maxWaitTime: 30, minDelay: 1, maxDelay: 1 }, { TableName: 'sent' });

    const startedMs = Date.now();
    const segments = new Sender(async (n) => {
      const now = Date.now() / 1000;
      const document = {
        name: 'kill',
        id: n.toString(16).padStart(16, '0'),
        trace_id: `1-${Math.floor(now).toString(16)}-${randomBytes(12).toString('hex')}`,
        start_time: now - 0.01,
        end_time: now,
        annotations: { n },
      };
      const { UnprocessedTraceSegments } = await xray.putTraceSegments({
        TraceSegmentDocuments: [JSON.stringify(document)],
      });
      if (UnprocessedTraceSegments?.length) throw new Error('unprocessed');
    });
    const lines = new Sender(async (n) => {
      await logs.putLogEvents({
        logGroupName: '/sent',
        logStreamName: 's',
        logEvents: [{ timestamp: Date.now(), message: `line ${n}` }],
      });
    });
    const items = new Sender(async (n) => {
      await dynamodb.putItem({ TableName: 'sent', Item: { n: { N: String(n) } } });
    });

    const pause = () => new Promise((resolve) => setTimeout(resolve, 300 + random() * 1200));
    const killChild = async (name: string, pattern: RegExp) => {
      await pause();
      const pids = await until(`a ${name} process to kill`, () => {
        const found = childrenOf(hatoba.pid, pattern);
        return found.length > 0 && found;
      });
      for (const pid of pids) process.kill(pid, 'SIGKILL');
    };
    for (let i = 0; i < 20; i++) {
      await pause();
      await hatoba.kill();
      hatoba = await startHatoba({ dataDir, args: samePorts });
    }
    for (let i = 0; i < 20; i++) await killChild('telemetry store', /telemetry/);
    for (let i = 0; i < 5; i++) await killChild('tables', /tables|dynalite/);
    const senders = { segments, lines, items };
    const countsOf = () => Object.entries(senders).map(([kind, sender]) => [kind, sender.acknowledged.length] as const);
    const atLastKill = Object.fromEntries(countsOf());
    await until('an acknowledged item of each kind after the last kill', () => {
      const waiting = countsOf().filter(([kind, count]) => count <= atLastKill[kind]!);
      if (waiting.length > 0) throw new Error(`nothing new of ${waiting.map(([kind]) => kind).join(', ')}`);
      return true;
    });
    await Promise.all([segments.stop(), lines.stop(), items.stop()]);
    expect(segments.acknowledged.length).toBeGreaterThan(50);
    expect(lines.acknowledged.length).toBeGreaterThan(50);

    expect((await ecs.listTasks({ cluster: 'kill' })).taskArns!.sort()).toEqual(tasksBefore);
    const storedLines: number[] = [];
    let nextToken: string | undefined;
    do {
      const page = await logs.filterLogEvents({ logGroupName: '/sent', nextToken });
      storedLines.push(...(page.events ?? []).map((event) => Number(event.message!.slice(5))));
      nextToken = page.nextToken;
    } while (nextToken);
    expectExactlyOnce(lines, storedLines);

    const storedSegments: number[] = [];
    let NextToken: string | undefined;
    do {
      const page = await xray.getTraceSummaries({
        StartTime: new Date(startedMs - 60_000),
        EndTime: new Date(Date.now() + 60_000),
        FilterExpression: 'service("kill")',
        NextToken,
      });
      for (const summary of page.TraceSummaries ?? []) {
        storedSegments.push(
          ...(summary.Annotations?.n ?? []).map((value) => Number(value.AnnotationValue?.NumberValue)),
        );
      }
      NextToken = page.NextToken;
    } while (NextToken);
    expectExactlyOnce(segments, storedSegments);

    const { Items = [] } = await dynamodb.scan({ TableName: 'sent', ConsistentRead: true });
    expectExactlyOnce(
      items,
      Items.map((item) => Number(item.n!.N)),
    );

    // What the tasks printed meanwhile: each line once and in order, over all the restarts.
    const { logStreams = [] } = await logs.describeLogStreams({ logGroupName: '/kill' });
    expect(logStreams).toHaveLength(2);
    for (const stream of logStreams) {
      const ticks: number[] = [];
      let token: string | undefined;
      for (;;) {
        const page = await logs.getLogEvents({
          logGroupName: '/kill',
          logStreamName: stream.logStreamName,
          startFromHead: true,
          nextToken: token,
        });
        ticks.push(...(page.events ?? []).map((event) => Number(event.message!.slice(5))));
        if (page.nextForwardToken === token) break;
        token = page.nextForwardToken;
      }
      expect(ticks.length).toBeGreaterThan(100);
      expect(ticks).toEqual(ticks.map((_, i) => i + 1));
    }

    expect(await hatoba.stop()).toBe(0);
    await until('nothing left', () => leftoversOf(dataDir).length === 0, { timeoutMs: 5_000 }).catch(() => {
      expect(leftoversOf(dataDir)).toEqual([]);
    });
    expect((await networkLinks()).filter((link) => !linksBefore.includes(link))).toEqual([]);
  });
});
