import type { TargetState } from '../index.ts';

/** What one check found. */
export type CheckResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: string; readonly description: string };

export interface TargetStanding {
  readonly state: TargetState;
  readonly reason: string;
  readonly description: string;
  /** Results in a row of the same kind as the last. */
  readonly passed: number;
  readonly failed: number;
}

export interface Thresholds {
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
}

export const initialStanding: TargetStanding = {
  state: 'initial',
  reason: 'Elb.InitialHealthChecking',
  description: 'Initial health checks in progress',
  passed: 0,
  failed: 0,
};

/**
 * A new target is healthy after its first passed check; the thresholds count for later changes, and for a new target's
 * failures. Drained and unused targets are not checked, so a late result changes nothing.
 */
export function nextTargetState(now: TargetStanding, result: CheckResult, thresholds: Thresholds): TargetStanding {
  if (now.state !== 'initial' && now.state !== 'healthy' && now.state !== 'unhealthy') return now;
  const passed = result.ok ? now.passed + 1 : 0;
  const failed = result.ok ? 0 : now.failed + 1;
  if (result.ok) {
    const recovered = now.state !== 'unhealthy' || passed >= thresholds.healthyThreshold;
    return recovered ? { state: 'healthy', reason: '', description: '', passed, failed } : { ...now, passed, failed };
  }
  if (now.state === 'unhealthy' || failed >= thresholds.unhealthyThreshold) {
    return { state: 'unhealthy', reason: result.reason, description: result.description, passed, failed };
  }
  return { ...now, passed, failed };
}

/** `200`, `200,202`, `200-299`. */
export function matchesCode(matcher: string, status: number): boolean {
  return matcher.split(',').some((part) => {
    const [from = Number.NaN, to = from] = part.split('-').map(Number);
    return status >= from && status <= to;
  });
}
