import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AccountRegion, WorkloadIdentity } from './wire/aws/call-context.ts';

type Handle = (request: IncomingMessage, response: ServerResponse, workload?: WorkloadIdentity) => Promise<void>;

/** What an X-Ray daemon passes on for its clients, in its own name; anything else would be a way around permissions. */
const daemonPaths = new Set([
  '/GetSamplingRules',
  '/SamplingRules',
  '/SamplingTargets',
  '/TraceSegments',
  '/TelemetryRecords',
]);

/**
 * TCP 2000: unsigned X-Ray calls of SDKs, answered as the daemon that hatoba is. Where permissions are enforced
 * everywhere, a task's calls need its role's permission, as they would behind a daemon with that role.
 */
export function daemonCallsOf(deps: {
  gateway: Handle;
  auth: 'open' | 'enforce';
  account: string;
  region: string;
}): Handle {
  return async (request, response, workload) => {
    const path = (request.url ?? '').split('?')[0] ?? '';
    if (!daemonPaths.has(path)) {
      request.resume();
      response.writeHead(403, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({
          message: `The X-Ray daemon passes on sampling calls and segments only, not ${path.slice(0, 100)}.`,
        }),
      );
      return;
    }
    if (deps.auth === 'enforce') return deps.gateway(request, response, workload);
    const scope: AccountRegion = workload ?? deps;
    request.headers.authorization = `AWS4-HMAC-SHA256 Credential=${scope.account}/20260101/${scope.region}/xray/aws4_request, SignedHeaders=host, Signature=daemon`;
    return deps.gateway(request, response);
  };
}
