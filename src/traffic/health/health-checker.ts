import type { Clock } from '../../platform/clock.ts';
import type { LiveTarget } from '../proxy/live-target.ts';
import type { LiveTargets } from '../proxy/live-targets.ts';
import type { GroupRoute } from '../proxy/routing-table.ts';
import { checkTarget } from './check-target.ts';
import { initialStanding, nextTargetState } from './next-target-state.ts';

const tickMs = 200;
const checksAtOnceMax = 64;

/** Checks the targets of all groups that a listener forwards to, each at its group's interval. */
export class HealthChecker {
  private readonly clock: Clock;
  private readonly targets: LiveTargets;
  private readonly stopped = new AbortController();
  private running: Promise<void> | undefined;
  private checksNow = 0;

  constructor(deps: { clock: Clock; targets: LiveTargets }) {
    this.clock = deps.clock;
    this.targets = deps.targets;
  }

  start(): void {
    this.running = this.run().catch((error: unknown) => {
      if (!this.stopped.signal.aborted) throw error;
    });
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.stopped.signal.aborted) {
      this.tick();
      await this.clock.sleep(tickMs, this.stopped.signal);
    }
  }

  /** Starts the checks that are due. Also called when targets have come, so that the first check does not wait. */
  tick(): void {
    const nowMs = this.clock.monotonicMs();
    for (const group of this.targets.routing().groups.values()) {
      for (const target of group.targets) this.look(group, target, nowMs);
    }
  }

  private look(group: GroupRoute, target: LiveTarget, nowMs: number): void {
    if (target.state === 'draining') return;
    if (group.balancers.length === 0) {
      this.targets.setStanding(group, target, {
        ...initialStanding,
        state: 'unused',
        reason: 'Target.NotInUse',
        description: 'Target group is not configured to receive traffic from the load balancer',
      });
      return;
    }
    if (!group.resource.healthCheck.enabled) {
      this.targets.setStanding(group, target, {
        ...initialStanding,
        state: 'unavailable',
        reason: 'Target.HealthCheckDisabled',
        description: 'Health checks are disabled for this target group',
      });
      return;
    }
    if (target.state === 'unused' || target.state === 'unavailable') {
      this.targets.setStanding(group, target, initialStanding);
      target.nextCheckAtMs = nowMs;
    }
    if (target.checking || nowMs < target.nextCheckAtMs || this.checksNow >= checksAtOnceMax) return;
    void this.check(group, target, nowMs);
  }

  private async check(group: GroupRoute, target: LiveTarget, nowMs: number): Promise<void> {
    const { healthCheck } = group.resource;
    target.checking = true;
    target.nextCheckAtMs = nowMs + healthCheck.intervalSeconds * 1000;
    this.checksNow += 1;
    const timeUp = new AbortController();
    const answered = new AbortController();
    const signal = AbortSignal.any([answered.signal, this.stopped.signal]);
    this.clock.sleep(healthCheck.timeoutSeconds * 1000, signal).then(
      () => timeUp.abort(),
      () => timeUp.abort(),
    );
    try {
      const result = await checkTarget(target.resource, healthCheck, timeUp.signal);
      if (this.stopped.signal.aborted) return;
      const current = this.targets.routing().groups.get(group.arn) ?? group;
      this.targets.setStanding(current, target, nextTargetState(target, result, healthCheck));
    } finally {
      answered.abort();
      target.checking = false;
      this.checksNow -= 1;
    }
  }
}
