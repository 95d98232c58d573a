/**
 * Start of the first period: down to the whole minute, or to the period when it is shorter. Periods are counted from
 * there, so a five-minute period asked for from 10:02 covers 10:02 to 10:06.
 */
export function alignStart(start: Date, periodSeconds: number): number {
  const stepMs = Math.min(periodSeconds, 60) * 1000;
  return Math.floor(start.getTime() / stepMs) * stepMs;
}
