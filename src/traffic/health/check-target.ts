import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { HealthCheck, Target } from '../model.ts';
import { targetAddress } from '../proxy/live-target.ts';
import { type CheckResult, matchesCode } from './next-target-state.ts';

const failed: CheckResult = {
  ok: false,
  reason: 'Target.FailedHealthChecks',
  description: 'Health checks failed',
};
const timedOut: CheckResult = { ok: false, reason: 'Target.Timeout', description: 'Request timed out' };

const internalError: CheckResult = {
  ok: false,
  reason: 'Elb.InternalError',
  description: 'Health checks failed due to an internal error',
};

/** Asks a target once, as the load balancer's health checker does. Never rejects; `signal` means time is up. */
export const checkTarget = (target: Target, check: HealthCheck, signal: AbortSignal): Promise<CheckResult> =>
  // A path or port that Node refuses to ask for is thrown, not emitted.
  ask(target, check, signal).catch(() => internalError);

function ask(target: Target, check: HealthCheck, signal: AbortSignal): Promise<CheckResult> {
  const host = targetAddress(target);
  const port = check.port === 'traffic-port' ? target.port : Number(check.port);
  const request = check.protocol === 'HTTPS' ? requestHttps : requestHttp;
  return new Promise((resolve) => {
    const outgoing = request(
      {
        host,
        port,
        path: check.path,
        agent: false,
        signal,
        rejectUnauthorized: false,
        headers: {
          Host: `${host.includes(':') ? `[${host}]` : host}:${port}`,
          Connection: 'close',
          'User-Agent': 'ELB-HealthChecker/2.0',
          'Accept-Encoding': 'gzip, compressed',
        },
      },
      (response) => {
        const status = response.statusCode ?? 0;
        response.destroy();
        resolve(matchesCode(check.matcher, status) ? { ok: true } : mismatch(status));
      },
    );
    outgoing.on('error', () => resolve(signal.aborted ? timedOut : failed));
    outgoing.end();
  });
}

const mismatch = (status: number): CheckResult => ({
  ok: false,
  reason: 'Target.ResponseCodeMismatch',
  description: `Health checks failed with these codes: [${status}]`,
});
