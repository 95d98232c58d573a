import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import type { MetricDatum } from '../metrics/index.ts';
import { systemClock } from '../platform/clock.ts';
import { silentLogger } from '../platform/logger.ts';
import { openSqliteStateStore } from '../stores/state/sqlite.ts';
import type { StateStore } from '../stores/state/store.ts';
import { openTelemetryStore } from '../stores/telemetry/index.ts';
import type { TelemetryStore } from '../stores/telemetry/store.ts';
import type { CallContext, WorkloadIdentity } from '../wire/aws/call-context.ts';
import { createLogs, type Logs } from './index.ts';

/** The logs plane on a real telemetry engine; importing this starts it for the test file and gives each test a group of its own. */
export const account = '000000000000';
export const region = 'us-east-1';
export const scope = { account, region };
export const context: CallContext = {
  ...scope,
  requestId: 'r',
  principal: { kind: 'root', account, arn: `arn:aws:iam::${account}:root`, userId: account },
  signal: new AbortController().signal,
};

export let directory: string;
export let telemetry: TelemetryStore;
export let state: StateStore;
export let logs: Logs;
export let recorded: { namespace: string; data: readonly MetricDatum[] }[];
export let groupCount = 0;
/** Each test has a group of its own: they share the engine. */
export let group: string;

beforeAll(async () => {
  directory = mkdtempSync(path.join(os.tmpdir(), 'hatoba-logs-'));
  telemetry = openTelemetryStore({
    dataDirectory: directory,
    mode: 'embedded',
    limits: { memoryBytesMax: 1e9, maxDiskGB: 10, retentionDays: 30 },
    clock: systemClock,
    logger: silentLogger,
  });
  await telemetry.start();
});

afterAll(async () => {
  await telemetry.stop();
  rmSync(directory, { recursive: true, force: true });
});

beforeEach(async () => {
  state = openSqliteStateStore(':memory:', () => systemClock.now());
  recorded = [];
  logs = await startLogs();
  groupCount += 1;
  group = `/shop/${groupCount}`;
});

afterEach(async () => {
  await logs.stop();
  await state.close();
});

async function startLogs(): Promise<Logs> {
  const metrics = {
    record: (_: unknown, namespace: string, data: readonly MetricDatum[]) => void recorded.push({ namespace, data }),
  };
  const started = createLogs({ ...scope, state, telemetry, metrics, clock: systemClock, logger: silentLogger });
  await started.start();
  return started;
}

/** As after a restart of hatoba: what is not stored is gone. */
export async function restartLogs(): Promise<void> {
  await logs.stop();
  logs = await startLogs();
}

export async function call(operation: string, input: object): Promise<any> {
  return await logs.services[0]!.handlers[operation]!(input, context);
}

export async function createStream(stream = 's'): Promise<{ logGroupName: string; logStreamName: string }> {
  await logs.ensureLogStream(scope, group, stream);
  return { logGroupName: group, logStreamName: stream };
}

export const nowMs = () => systemClock.now().getTime();
export const event = (message: string, timestamp = nowMs()) => ({ timestamp, message });
export const messages = (answer: { events: { message: string }[] }) => answer.events.map(({ message }) => message);

export async function until<Value>(read: () => Promise<Value>, accept: (value: Value) => boolean): Promise<Value> {
  for (;;) {
    const value = await read();
    if (accept(value)) return value;
    await systemClock.sleep(20);
  }
}

export const workload: WorkloadIdentity = {
  ...scope,
  clusterName: 'shop',
  serviceName: 'web',
  taskArn: `arn:aws:ecs:${region}:${account}:task/shop/1`,
  taskDefinitionFamily: 'web',
  taskDefinitionRevision: 3,
  deploymentId: 'd',
  containerName: 'app',
  image: 'web:1',
  availabilityZone: 'a',
};
