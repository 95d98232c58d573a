/** A deployment as its service's history tells it; times are epoch milliseconds. */
export interface DeploymentTimes {
  readonly atMs: number;
  readonly finishedMs?: number;
}

export interface ComparedWindows {
  readonly windowMs: number;
  readonly before: { readonly startMs: number; readonly endMs: number };
  readonly after: { readonly startMs: number; readonly endMs: number };
}

const windowMaxMs = 30 * 60_000;

/**
 * Two windows of the same length, as long as nothing else happened to the service in either: at most half an hour, back
 * to the deployment before this one, on to the next one or to now. Requests of the new revision can be told apart from
 * those of the old one (`isTold`): then the second window begins with the deployment, otherwise when it is done.
 */
export function planWindows(
  deployment: DeploymentTimes,
  others: readonly DeploymentTimes[],
  nowMs: number,
  isTold: boolean,
): ComparedWindows {
  const { atMs } = deployment;
  const afterStartMs = isTold ? atMs : (deployment.finishedMs ?? nowMs);
  const earlier = others.filter((other) => other.atMs < atMs);
  const later = others.filter((other) => other.atMs > atMs);
  const nextMs = Math.min(nowMs, ...later.map((other) => other.atMs));
  const previousMs = Math.max(0, ...earlier.map((other) => Math.min(atMs, other.finishedMs ?? other.atMs)));
  const windowMs = Math.max(0, Math.min(windowMaxMs, nextMs - afterStartMs, atMs - previousMs));
  return {
    windowMs,
    before: { startMs: atMs - windowMs, endMs: atMs },
    after: { startMs: afterStartMs, endMs: afterStartMs + windowMs },
  };
}
