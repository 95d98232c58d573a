import type { HealthCheck, HealthStatus } from '@aws-sdk/client-ecs';

/** How results of a container's health check become its health. Pure. */
export interface HealthState {
  readonly status: HealthStatus;
  readonly failuresInRow: number;
}

export const unknownHealth: HealthState = { status: 'UNKNOWN', failuresInRow: 0 };

export interface HealthCheckPlan {
  /** What to run in the container; undefined for `NONE`. */
  readonly command: readonly string[] | undefined;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly startPeriodMs: number;
}

export function healthCheckPlan(check: HealthCheck): HealthCheckPlan {
  const [kind, ...rest] = check.command ?? [];
  const command = kind === 'CMD' ? rest : kind === 'CMD-SHELL' ? ['/bin/sh', '-c', rest.join(' ')] : undefined;
  return {
    command: kind === 'NONE' || kind === undefined ? undefined : (command ?? ['/bin/sh', '-c', kind]),
    intervalMs: (check.interval ?? 30) * 1000,
    timeoutMs: (check.timeout ?? 5) * 1000,
    retries: check.retries ?? 3,
    startPeriodMs: (check.startPeriod ?? 0) * 1000,
  };
}

/** `counts` is false for results that only may bring good news: within the start period, and of early probes. */
export function nextHealth(before: HealthState, passed: boolean, counts: boolean, retries: number): HealthState {
  if (passed) return { status: 'HEALTHY', failuresInRow: 0 };
  // Once it has been healthy, the start period protects no longer.
  if (!counts && before.status === 'UNKNOWN') return before;
  const failuresInRow = before.failuresInRow + 1;
  return { status: failuresInRow >= retries ? 'UNHEALTHY' : before.status, failuresInRow };
}

/** UNHEALTHY if any essential container with a health check is, else UNKNOWN if any is, else HEALTHY; UNKNOWN without any. */
export function taskHealth(
  containers: readonly { essential: boolean; hasHealthCheck: boolean; health: HealthStatus }[],
): HealthStatus {
  const checked = containers.filter((container) => container.essential && container.hasHealthCheck);
  if (checked.some((container) => container.health === 'UNHEALTHY')) return 'UNHEALTHY';
  if (checked.length === 0 || checked.some((container) => container.health !== 'HEALTHY')) return 'UNKNOWN';
  return 'HEALTHY';
}
