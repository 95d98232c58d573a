import type { Clock } from '../../platform/clock.ts';
import { serviceKeyOfTask, type TaskRecord } from '../model.ts';
import type { TargetVerdict } from '../scheduler/judge-task.ts';
import type { ComputeStore } from '../store.ts';
import type { TrafficDoor } from './task-targets.ts';

const pollMs = 500;

/** Follows the health of the targets that are tasks of services, and tells when it changes. */
export class TargetWatch {
  private readonly deps: { store: ComputeStore; traffic: TrafficDoor; clock: Clock };
  private readonly listeners: ((serviceKey: string) => void)[] = [];
  /** Target group ARN -> task ARN -> verdict. */
  private readonly groups = new Map<string, Map<string, TargetVerdict>>();
  private readonly stopped = new AbortController();
  private running: Promise<void> | undefined;

  constructor(deps: { store: ComputeStore; traffic: TrafficDoor; clock: Clock }) {
    this.deps = deps;
  }

  onChange(listener: (serviceKey: string) => void): void {
    this.listeners.push(listener);
  }

  start(): void {
    this.running = this.poll();
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    await this.running;
  }

  /** By task ARN, then by target group ARN. */
  of(tasks: readonly TaskRecord[]): Map<string, Map<string, TargetVerdict>> {
    const found = new Map<string, Map<string, TargetVerdict>>();
    for (const task of tasks) {
      if (task.loadBalancers.length === 0 || task.lastStatus !== 'RUNNING') continue;
      const verdicts = new Map<string, TargetVerdict>();
      for (const { targetGroupArn } of task.loadBalancers) {
        const verdict = this.groups.get(targetGroupArn ?? '')?.get(task.arn);
        if (targetGroupArn !== undefined && verdict !== undefined) verdicts.set(targetGroupArn, verdict);
      }
      found.set(task.arn, verdicts);
    }
    return found;
  }

  private async poll(): Promise<void> {
    const { clock } = this.deps;
    while (!this.stopped.signal.aborted) {
      await this.look();
      await clock.sleep(pollMs, this.stopped.signal).catch(() => {});
    }
  }

  private async look(): Promise<void> {
    const servicesByGroup = this.groupsInUse();
    for (const arn of this.groups.keys()) if (!servicesByGroup.has(arn)) this.groups.delete(arn);
    for (const [arn, services] of servicesByGroup) {
      const targets = await this.deps.traffic.targetHealth(arn).catch(() => []);
      const next = new Map(
        targets.map(({ taskArn, state, reason, description }) => [taskArn, { state, reason, description }]),
      );
      const before = this.groups.get(arn);
      this.groups.set(arn, next);
      if (!sameVerdicts(before, next)) for (const service of services) for (const tell of this.listeners) tell(service);
    }
  }

  private groupsInUse(): Map<string, Set<string>> {
    const found = new Map<string, Set<string>>();
    for (const [, { value: task }] of this.deps.store.tasks.entries()) {
      const service = serviceKeyOfTask(task);
      if (service === undefined || task.lastStatus !== 'RUNNING') continue;
      for (const { targetGroupArn } of task.loadBalancers) {
        if (targetGroupArn === undefined) continue;
        found.set(targetGroupArn, (found.get(targetGroupArn) ?? new Set()).add(service));
      }
    }
    return found;
  }
}

function sameVerdicts(before: Map<string, TargetVerdict> | undefined, after: Map<string, TargetVerdict>): boolean {
  if (before === undefined || before.size !== after.size) return false;
  return [...after].every(([arn, verdict]) => before.get(arn)?.state === verdict.state);
}
