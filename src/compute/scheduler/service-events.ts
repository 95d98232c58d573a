import type { ServiceEventRecord } from '../model.ts';

/** Texts of service events. They are read by people, printed by tools and grepped: keep them as AWS words them. */

const tasks = (ids: readonly string[]): string => ids.map((id) => `(task ${id})`).join(' ');

export const serviceEvent = {
  started: (ids: readonly string[]) => `has started ${ids.length} tasks: ${tasks(ids)}.`,
  stopped: (ids: readonly string[]) => `has stopped ${ids.length} running tasks: ${tasks(ids)}.`,
  registeredTargets: (count: number, targetGroupArn: string) =>
    `registered ${count} targets in (target-group ${targetGroupArn})`,
  deregisteredTargets: (count: number, targetGroupArn: string) =>
    `deregistered ${count} targets in (target-group ${targetGroupArn})`,
  draining: (count: number) => `has begun draining connections on ${count} tasks.`,
  deploymentCompleted: (deploymentId: string) => `(deployment ${deploymentId}) deployment completed.`,
  deploymentFailed: (deploymentId: string) => `(deployment ${deploymentId}) deployment failed: tasks failed to start.`,
  deploymentAlarm: (deploymentId: string, alarmNames: readonly string[]) =>
    `(deployment ${deploymentId}) deployment failed: alarm detected: ${alarmNames.join(', ')}.`,
  rollingBack: (deploymentId: string) => `rolling back to deployment ${deploymentId}.`,
  steadyState: () => 'has reached a steady state.',
  startImpaired: (cause: string) =>
    `is unable to consistently start tasks successfully. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.${cause === '' ? '' : ` The last one stopped with: ${cause}`}`,
  failedContainerHealthChecks: (id: string) => `(task ${id}) failed container health checks.`,
  targetUnhealthy: (address: string, port: number, targetGroupArn: string, reason: string) =>
    `(instance ${address}) (port ${port}) is unhealthy in (target-group ${targetGroupArn}) due to (reason ${reason})`,
  cannotPlace: (reason: string) => `was unable to place a task${reason}`,
  blockedByConfiguration: () =>
    'was unable to stop or start tasks during a deployment because of the service deployment configuration. Update the minimumHealthyPercent or maximumPercent value and try again.',
  protectedTasks: (deploymentId: string) =>
    `was unable to reach steady state because task set (${deploymentId}) was unable to scale in. Reason: The number of protected tasks are more than the desired count of tasks.`,
} as const;

export const serviceEventsMax = 100;
const repeatAfterMs = 6 * 3600_000;

/**
 * Adds messages to the events of a service, newest first. A message that says again what the newest one said is left
 * out for six hours, so that a service that cannot be placed does not push its own history away.
 */
export function addServiceEvents(
  events: readonly ServiceEventRecord[],
  serviceName: string,
  messages: readonly string[],
  now: { atMs: number; newId: () => string },
): readonly ServiceEventRecord[] {
  let next = events;
  for (const text of messages) {
    const message = `(service ${serviceName}) ${text}`;
    const same = next[0]?.message === message && now.atMs - next[0].createdAtMs < repeatAfterMs;
    if (!same) next = [{ id: now.newId(), createdAtMs: now.atMs, message }, ...next].slice(0, serviceEventsMax);
  }
  return next;
}
