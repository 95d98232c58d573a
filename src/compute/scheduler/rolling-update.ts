/** Bounds that a rolling update keeps: how many tasks may exist, and how many healthy ones must. */
export interface RollingBounds {
  readonly healthyMin: number;
  readonly totalMax: number;
}

export function rollingBounds(
  desiredCount: number,
  configuration: { minimumHealthyPercent: number; maximumPercent: number },
): RollingBounds {
  return {
    healthyMin: Math.ceil((desiredCount * configuration.minimumHealthyPercent) / 100),
    totalMax: Math.floor((desiredCount * configuration.maximumPercent) / 100),
  };
}

export interface RollingCounts {
  readonly desiredCount: number;
  /** Tasks of the PRIMARY deployment that are meant to run and are not being replaced. */
  readonly primary: number;
  /** Tasks of any deployment that are meant to run: pending and running, without those that are stopping. */
  readonly total: number;
  readonly healthyTotal: number;
  readonly oldHealthy: number;
  readonly oldUnhealthy: number;
  /** False while starts wait (throttle, no placement, deployment failed). */
  readonly mayStart: boolean;
  /** True when the last start found no place: then room must be made within the bounds. */
  readonly needsRoom: boolean;
}

export interface RollingStep {
  readonly start: number;
  readonly stopOldHealthy: number;
  readonly stopOldUnhealthy: number;
  /** The bounds allow neither a start nor a stop, and tasks are missing. */
  readonly blocked: boolean;
}

/**
 * One step towards `desiredCount` tasks of the PRIMARY deployment and none of the others. Healthy old tasks go when
 * healthy new ones stand in for them; before that only as far as room is needed, and never below `healthyMin`.
 */
export function rollingStep(counts: RollingCounts, bounds: RollingBounds): RollingStep {
  const missing = Math.max(0, counts.desiredCount - counts.primary);
  const room = Math.max(0, bounds.totalMax - counts.total);
  const start = counts.mayStart ? Math.min(missing, room) : 0;
  // An old task that is not healthy stands in for nobody, and only takes a new one's place.
  const stopOldUnhealthy = counts.oldUnhealthy;
  const spareAboveFloor = Math.max(0, counts.healthyTotal - bounds.healthyMin);
  const surplus = Math.max(0, counts.healthyTotal - counts.desiredCount);
  const unmet = Math.max(0, missing - start - stopOldUnhealthy);
  const roomWanted = counts.needsRoom ? missing : counts.mayStart ? unmet : 0;
  const wanted = Math.max(surplus, roomWanted);
  const stopOldHealthy = Math.max(0, Math.min(counts.oldHealthy, spareAboveFloor, wanted));
  const blocked = counts.mayStart && missing > 0 && start === 0 && stopOldHealthy === 0 && stopOldUnhealthy === 0;
  return { start, stopOldHealthy, stopOldUnhealthy, blocked };
}
