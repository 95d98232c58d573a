/**
 * Back-off between starts of a service whose tasks do not stay up. The first failure is answered at once (a task that
 * was killed is simply replaced); then 1, 2, 4 ... seconds. A task that never ran waits up to 15 minutes, one that ran
 * and ended soon up to one minute.
 */
export interface Throttle {
  readonly failures: number;
  readonly nextStartAtMs: number;
}

export const noThrottle: Throttle = { failures: 0, nextStartAtMs: 0 };

const neverRanDelaySecondsMax = 900;
const endedSoonDelaySecondsMax = 60;

export function throttleAfterFailures(
  before: Throttle,
  failed: { neverRan: number; endedSoon: number },
  nowMs: number,
): Throttle {
  const count = failed.neverRan + failed.endedSoon;
  if (count === 0) return before;
  // Tasks that fail together are one observation: ten tasks of one bad image must not wait a thousand times longer.
  const failures = before.failures + 1;
  const delaySecondsMax = failed.neverRan > 0 ? neverRanDelaySecondsMax : endedSoonDelaySecondsMax;
  const delaySeconds = failures === 1 ? 0 : Math.min(delaySecondsMax, 2 ** (failures - 2));
  return { failures, nextStartAtMs: Math.max(before.nextStartAtMs, nowMs + delaySeconds * 1000) };
}

/** From this many failures on, the service is told to be unable to start its tasks. */
export const impairedAfterFailures = 3;
