import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AlarmSummary } from '../alarms/index.ts';
import type { MetricDatum } from '../metrics/index.ts';
import { systemClock } from '../platform/clock.ts';
import { silentLogger } from '../platform/logger.ts';
import { openSqliteStateStore } from '../stores/state/sqlite.ts';
import type { StateStore } from '../stores/state/store.ts';
import type { TargetHealth, TargetRegistration } from '../traffic/index.ts';
import type { CallContext } from '../wire/aws/call-context.ts';
import type { LogsDoor } from './agent/task-logs.ts';
import type { TrafficDoor } from './agent/task-targets.ts';
import type { EcsHandlers } from './api/deps.ts';
import { type Compute, type ComputeConfig, createCompute } from './index.ts';
import { createFakeRuntime, type FakeRuntime } from './runtime/fake.ts';

/** For tests: the compute plane on the fake runtime, with neighbours that behave. */
export interface ComputeFixture {
  readonly compute: Compute;
  readonly runtime: FakeRuntime;
  readonly traffic: FakeTraffic;
  readonly logs: FakeLogs;
  readonly metrics: { namespace: string; datum: MetricDatum }[];
  readonly alarmsInAlarm: AlarmSummary[];
  readonly state: StateStore;
  readonly directory: string;
  /** Calls an operation as a client would, the gateway's checks apart. */
  call<Name extends keyof EcsHandlers>(
    name: Name,
    input: Parameters<NonNullable<EcsHandlers[Name]>>[0],
  ): Promise<Awaited<ReturnType<NonNullable<EcsHandlers[Name]>>>>;
  /** A second process on the same state and directory, after this one has been dropped without a word. */
  restart(): Promise<ComputeFixture>;
  stop(): Promise<void>;
}

export const testAccount = { account: '000000000000', region: 'us-east-1' } as const;

export const testContext: CallContext = {
  ...testAccount,
  requestId: 'test',
  principal: { kind: 'root', account: testAccount.account, arn: 'arn:aws:iam::000000000000:root', userId: 'root' },
  signal: new AbortController().signal,
};

export async function startComputeFixture(options: Partial<ComputeConfig> = {}): Promise<ComputeFixture> {
  const directory = mkdtempSync(join(tmpdir(), 'hatoba-compute-'));
  const state = openSqliteStateStore(':memory:', () => new Date());
  return open(directory, state, new FakeTraffic(), new FakeLogs(), options);
}

async function open(
  directory: string,
  state: StateStore,
  traffic: FakeTraffic,
  logs: FakeLogs,
  options: Partial<ComputeConfig>,
): Promise<ComputeFixture> {
  const metrics: ComputeFixture['metrics'] = [];
  const alarmsInAlarm: AlarmSummary[] = [];
  const runtime = createFakeRuntime({ directory, clock: systemClock });
  const compute = createCompute({
    state,
    runtime,
    traffic,
    logs,
    alarms: { alarms: async () => [...alarmsInAlarm] },
    metrics: {
      record: (_scope, namespace, data) => {
        metrics.push(...data.map((datum) => ({ namespace, datum })));
      },
    },
    clock: systemClock,
    logger: silentLogger,
    config: { machineIdentity: directory, stopTasksOnExit: false, settleMs: 0, ...options },
  });
  await compute.start();
  const handlers = compute.services[0]!.handlers;
  return {
    compute,
    runtime,
    traffic,
    logs,
    metrics,
    alarmsInAlarm,
    state,
    directory,
    call: async (name, input) => (await handlers[name]!(input, testContext)) as any,
    async restart() {
      await compute.stop();
      return open(directory, state, traffic, logs, options);
    },
    async stop() {
      await compute.stop();
      await state.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Target groups and discovery services by name; tests say which targets are healthy. */
export class FakeTraffic implements TrafficDoor {
  /** `target group ARN` -> health of new targets; a group exists when it is named here. */
  readonly groups = new Map<string, TargetHealth['state']>();
  readonly targets = new Map<string, Map<string, TargetHealth>>();
  readonly instances = new Map<string, Map<string, { address: string; port: number; healthy: boolean }>>();
  readonly registries = new Set<string>();
  /** Keeps deregistered targets in `draining` until it is cleared. */
  holdDraining = false;

  async registerTargets(targetGroupArn: string, targets: readonly TargetRegistration[]): Promise<void> {
    const group = this.targets.get(targetGroupArn) ?? new Map<string, TargetHealth>();
    this.targets.set(targetGroupArn, group);
    const state = this.groups.get(targetGroupArn) ?? 'healthy';
    for (const target of targets) {
      group.set(`${target.id}:${target.port}`, { ...target, state, reason: '', description: 'Health checks failed' });
    }
  }

  async deregisterTargets(targetGroupArn: string, targets: readonly TargetRegistration[]): Promise<void> {
    const group = this.targets.get(targetGroupArn);
    for (const target of targets) {
      const key = `${target.id}:${target.port}`;
      const known = group?.get(key);
      if (known === undefined) continue;
      if (this.holdDraining) group?.set(key, { ...known, state: 'draining' });
      else group?.delete(key);
    }
  }

  async targetHealth(targetGroupArn: string): Promise<TargetHealth[]> {
    const group = this.targets.get(targetGroupArn) ?? new Map<string, TargetHealth>();
    if (!this.holdDraining) {
      for (const [key, target] of group) if (target.state === 'draining') group.delete(key);
    }
    return [...group.values()];
  }

  setState(targetGroupArn: string, taskArn: string, state: TargetHealth['state']): void {
    const group = this.targets.get(targetGroupArn);
    for (const [key, target] of group ?? []) if (target.taskArn === taskArn) group?.set(key, { ...target, state });
  }

  async findTargetGroup(arn: string) {
    return this.groups.has(arn) ? { arn, name: arn, targetType: 'ip', loadBalancerArns: ['lb'] } : undefined;
  }

  async findDiscoveryService(arn: string) {
    return this.registries.has(arn) ? { arn, name: 'x.local', recordTypes: ['A' as const] } : undefined;
  }

  async registerInstance(serviceArn: string, instance: { id: string; address: string; port: number }): Promise<void> {
    const service = this.instances.get(serviceArn) ?? new Map();
    this.instances.set(serviceArn, service.set(instance.id, { ...instance, healthy: true }));
  }

  async deregisterInstance(serviceArn: string, instanceId: string): Promise<void> {
    this.instances.get(serviceArn)?.delete(instanceId);
  }

  async setInstanceHealth(serviceArn: string, instanceId: string, healthy: boolean): Promise<void> {
    const instance = this.instances.get(serviceArn)?.get(instanceId);
    if (instance !== undefined) instance.healthy = healthy;
  }

  async subnetZone(_scope: object, subnetId: string): Promise<string | undefined> {
    return { 'subnet-a': 'us-east-1a', 'subnet-b': 'us-east-1b', 'subnet-c': 'us-east-1c' }[subnetId];
  }
}

export class FakeLogs implements LogsDoor {
  readonly groups = new Set<string>();
  readonly streams: string[] = [];
  readonly followed: { path: string; stream: string; finished: boolean }[] = [];

  async ensureLogStream(_scope: object, logGroupName: string, logStreamName: string): Promise<void> {
    this.groups.add(logGroupName);
    this.streams.push(`${logGroupName}:${logStreamName}`);
  }

  async logGroupExists(_scope: object, logGroupName: string): Promise<boolean> {
    return this.groups.has(logGroupName);
  }

  followTaskOutput(output: { path: string; logGroupName: string; logStreamName: string }) {
    const entry = { path: output.path, stream: `${output.logGroupName}:${output.logStreamName}`, finished: false };
    this.followed.push(entry);
    return {
      finish: async () => {
        entry.finished = true;
      },
    };
  }
}

/** Waits for what will be true soon; fails with `what` when it is not within `timeoutMs`. */
export async function eventually<Value>(
  what: string,
  look: () => Promise<Value | undefined | false> | Value | undefined | false,
  timeoutMs = 10_000,
): Promise<Value> {
  const endsAtMs = systemClock.monotonicMs() + timeoutMs;
  for (;;) {
    const value = await look();
    if (value !== undefined && value !== false) return value;
    if (systemClock.monotonicMs() > endsAtMs) throw new Error(`did not happen in time: ${what}`);
    await systemClock.sleep(10);
  }
}
