import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Traffic } from '../../traffic/index.ts';
import type { TaskRecord } from '../model.ts';

export type TrafficDoor = Pick<
  Traffic,
  | 'registerTargets'
  | 'deregisterTargets'
  | 'targetHealth'
  | 'findTargetGroup'
  | 'findDiscoveryService'
  | 'registerInstance'
  | 'deregisterInstance'
  | 'setInstanceHealth'
  | 'subnetZone'
>;

const drainPollMs = 250;
/** The longest deregistration delay that a target group can have, and a little. */
const drainMaxMs = 3_660_000;

/** A task's places in target groups and discovery services. Every call may be repeated. */
export class TaskTargets {
  private readonly traffic: TrafficDoor;
  private readonly clock: Clock;
  private readonly logger: Logger;

  constructor(traffic: TrafficDoor, clock: Clock, logger: Logger) {
    this.traffic = traffic;
    this.clock = clock;
    this.logger = logger;
  }

  /** Registers the task's address in its discovery services. */
  async registerInstances(task: TaskRecord, healthy: boolean): Promise<void> {
    for (const registry of task.serviceRegistries) {
      const serviceArn = registry.registryArn ?? '';
      const port = portFor(task, registry.containerName, registry.containerPort ?? registry.port);
      const instance = { id: task.id, address: task.address ?? '', port, availabilityZone: task.availabilityZone };
      await this.traffic.registerInstance(serviceArn, instance);
      await this.traffic.setInstanceHealth(serviceArn, task.id, healthy);
    }
  }

  async setHealth(task: TaskRecord, healthy: boolean): Promise<void> {
    for (const registry of task.serviceRegistries) {
      await this.traffic.setInstanceHealth(registry.registryArn ?? '', task.id, healthy);
    }
  }

  /** Registers the task in its target groups; resolves with their ARNs. */
  async registerTargets(task: TaskRecord): Promise<string[]> {
    const registered: string[] = [];
    for (const { targetGroupArn, target } of targetsOf(task)) {
      await this.traffic.registerTargets(targetGroupArn, [target]);
      registered.push(targetGroupArn);
    }
    return registered;
  }

  async deregisterInstances(task: TaskRecord): Promise<void> {
    for (const registry of task.serviceRegistries) {
      await this.quietly('deregister instance', () =>
        this.traffic.deregisterInstance(registry.registryArn ?? '', task.id),
      );
    }
  }

  /** Takes the task out of its target groups; resolves with their ARNs, at once. */
  async deregisterTargets(task: TaskRecord): Promise<string[]> {
    const deregistered: string[] = [];
    for (const { targetGroupArn, target } of targetsOf(task)) {
      await this.quietly('deregister target', async () => {
        await this.traffic.deregisterTargets(targetGroupArn, [target]);
        deregistered.push(targetGroupArn);
      });
    }
    return deregistered;
  }

  /** Resolves when no group is draining the task any more. */
  async drained(task: TaskRecord, signal: AbortSignal): Promise<void> {
    const endsAtMs = this.clock.monotonicMs() + drainMaxMs;
    for (const { targetGroupArn, target } of targetsOf(task)) {
      while (this.clock.monotonicMs() < endsAtMs) {
        const targets = await this.traffic.targetHealth(targetGroupArn).catch(() => []);
        const mine = targets.find((one) => one.id === target.id && one.port === target.port);
        if (mine?.state !== 'draining') break;
        await this.clock.sleep(drainPollMs, signal);
      }
    }
  }

  /** A group or service that has been deleted meanwhile must not keep a task from stopping. */
  private async quietly(what: string, action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.logger.warn({ err: error }, `could not ${what}`);
    }
  }
}

function targetsOf(task: TaskRecord) {
  if (task.address === undefined) return [];
  return task.loadBalancers.flatMap((balancer) =>
    balancer.targetGroupArn === undefined
      ? []
      : {
          targetGroupArn: balancer.targetGroupArn,
          target: {
            id: task.address ?? '',
            port: portFor(task, balancer.containerName, balancer.containerPort),
            availabilityZone: task.availabilityZone,
            taskArn: task.arn,
          },
        },
  );
}

function portFor(task: TaskRecord, containerName: string | undefined, containerPort: number | undefined): number {
  const found = task.hostPorts.find(
    (one) =>
      (containerName === undefined || one.containerName === containerName) &&
      (containerPort === undefined || one.containerPort === containerPort),
  );
  return found?.port ?? containerPort ?? 0;
}
