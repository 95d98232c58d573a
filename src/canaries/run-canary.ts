import type { Clock } from '../platform/clock.ts';
import { newHexId, newUuid } from '../platform/ids.ts';
import { fetchPage, type ResolveAddress } from './fetch-page.ts';
import type { CanaryRecord, CanaryRunRecord, CanaryStep } from './model.ts';

const pageTimeoutMs = 30_000;

/**
 * One heartbeat run: each address in turn, all within the canary's timeout. It passes when every step does. Rejects when
 * the signal ends it: then nothing is known.
 */
export async function runCanary(
  canary: CanaryRecord,
  clock: Clock,
  resolveAddress: ResolveAddress,
  signal: AbortSignal,
): Promise<CanaryRunRecord> {
  const startedMs = clock.now().getTime();
  const deadlineMs = startedMs + canary.timeoutSeconds * 1000;
  const steps: CanaryStep[] = [];
  for (const url of canary.urls) {
    const remainingMs = deadlineMs - clock.now().getTime();
    if (remainingMs <= 0) {
      steps.push({
        url,
        durationMs: 0,
        bytes: 0,
        error: `${url}: the run took longer than ${canary.timeoutSeconds} s`,
      });
      continue;
    }
    const traceId = canary.activeTracing
      ? `1-${Math.floor(clock.now().getTime() / 1000).toString(16)}-${newHexId(12)}`
      : undefined;
    const step = await fetchPage(url, {
      timeoutMs: Math.min(pageTimeoutMs, remainingMs),
      resolveAddress,
      headers: traceId ? { 'x-amzn-trace-id': `Root=${traceId}` } : {},
      monotonicMs: () => clock.monotonicMs(),
      signal,
    });
    signal.throwIfAborted();
    steps.push(traceId ? { ...step, traceId } : step);
  }
  const reason = steps.find((step) => step.error !== undefined)?.error ?? '';
  return {
    id: newUuid(),
    canaryId: canary.id,
    canaryName: canary.name,
    startedMs,
    completedMs: clock.now().getTime(),
    passed: reason === '',
    reason: reason.slice(0, 1024),
    steps,
  };
}
