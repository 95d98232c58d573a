import type { HealthCheck, HealthStatus } from '@aws-sdk/client-ecs';
import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { healthCheckPlan, nextHealth, unknownHealth } from './container-health.ts';

/** A container that starts is asked after 1, 2, 4 ... s: with an interval of 30 s a deployment would only wait. */
const firstProbeMs = 1000;

/** Runs one container's health check until it is stopped, and tells when the health changes. */
export class HealthMonitor {
  readonly containerName: string;
  private readonly deps: { runtime: Runtime; clock: Clock; logger: Logger };
  private readonly taskId: string;
  private readonly check: HealthCheck;
  private readonly startedAtMs: number;
  private readonly onChange: (status: HealthStatus) => Promise<void>;
  private readonly stopped = new AbortController();

  constructor(
    deps: { runtime: Runtime; clock: Clock; logger: Logger },
    taskId: string,
    containerName: string,
    check: HealthCheck,
    startedAtMs: number,
    onChange: (status: HealthStatus) => Promise<void>,
  ) {
    this.deps = deps;
    this.taskId = taskId;
    this.containerName = containerName;
    this.check = check;
    this.startedAtMs = startedAtMs;
    this.onChange = onChange;
  }

  stop(): void {
    this.stopped.abort();
  }

  async run(): Promise<void> {
    const plan = healthCheckPlan(this.check);
    if (plan.command === undefined) return;
    let health = unknownHealth;
    let earlyMs = Math.min(firstProbeMs, plan.intervalMs);
    let sinceCountedMs = 0;
    while (!this.stopped.signal.aborted) {
      const early = health.status === 'UNKNOWN' && sinceCountedMs + earlyMs < plan.intervalMs;
      const waitMs = early ? earlyMs : Math.max(1, plan.intervalMs - sinceCountedMs);
      try {
        await this.deps.clock.sleep(waitMs, this.stopped.signal);
      } catch {
        return;
      }
      sinceCountedMs = early ? sinceCountedMs + waitMs : 0;
      earlyMs *= 2;
      const passed = await this.probe(plan.command, plan.timeoutMs);
      if (this.stopped.signal.aborted) return;
      const inStartPeriod = this.deps.clock.now().getTime() - this.startedAtMs < plan.startPeriodMs;
      const next = nextHealth(health, passed, !early && !inStartPeriod, plan.retries);
      const changed = next.status !== health.status;
      health = next;
      if (changed) await this.onChange(next.status).catch((error) => this.deps.logger.warn({ err: error }, 'health'));
    }
  }

  private async probe(command: readonly string[], timeoutMs: number): Promise<boolean> {
    try {
      const result = await this.deps.runtime.exec(this.taskId, this.containerName, command, timeoutMs);
      return result.exitCode === 0 && !result.timedOut;
    } catch {
      return false;
    }
  }
}
