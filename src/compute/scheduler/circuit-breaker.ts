import type { DeploymentConfiguration } from '@aws-sdk/client-ecs';

/** Failed tasks in a row after which a rollout has failed; undefined when the circuit breaker is off. */
export function circuitBreakerThreshold(
  configuration: DeploymentConfiguration,
  desiredCount: number,
): number | undefined {
  const breaker = configuration.deploymentCircuitBreaker;
  if (!breaker?.enable) return undefined;
  const { type = 'BOUNDED_PERCENT', value = 50 } = breaker.thresholdConfiguration ?? {};
  if (type === 'COUNT') return Math.max(1, value);
  const share = Math.ceil((desiredCount * value) / 100);
  return type === 'UNBOUNDED_PERCENT' ? Math.max(1, share) : Math.min(200, Math.max(3, share));
}

/** The count after some tasks have failed and some have become healthy since the last look. */
export function countFailures(
  before: number,
  seen: { failed: number; becameHealthy: number },
  configuration: DeploymentConfiguration,
): number {
  const resets = configuration.deploymentCircuitBreaker?.resetOnHealthyTask !== false;
  return (resets && seen.becameHealthy > 0 ? 0 : before) + seen.failed;
}
