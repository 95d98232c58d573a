import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ByteBudget } from '../platform/byte-budget.ts';
import type { WorkloadIdentity } from '../wire/aws/call-context.ts';
import type { OperationFinder } from '../wire/aws/identify-operation.ts';
import type { ServiceTable } from '../wire/aws/service-table.ts';
import { splitTarget } from '../wire/aws/sigv4/canonical-request.ts';
import { corsHeaders, isPreflight, refuseRequest } from '../wire/browser-rules.ts';
import { answerCall } from './answer-call.ts';
import { answerRoute } from './answer-route.ts';
import { answerText } from './answer-text.ts';
import { serveConsole } from './console-files.ts';
import type { GatewayDependencies } from './index.ts';
import type { Readiness } from './readiness.ts';

export interface Answering extends GatewayDependencies {
  readonly finder: OperationFinder;
  readonly readiness: Readiness;
  readonly tables: ReadonlyMap<string, ServiceTable>;
  readonly bodyBudget: ByteBudget;
}

const CONSOLE_NEEDS_OPEN = `The console is off: this hatoba runs with "auth: enforce", and the console cannot sign its calls.

With the key that "hatoba env" prints, these work: aws, the SDKs, and hatoba status, map, traces, trace, logs.
To use the console, run hatoba with "auth: open" on 127.0.0.1, and reach it from elsewhere through a tunnel:

    ssh -L 4566:127.0.0.1:4566 this-machine
`;

/** Refuses what no program of the user sent, then tells console, our own routes and AWS calls apart. */
export async function answerRequest(
  gateway: Answering,
  request: IncomingMessage,
  response: ServerResponse,
  workload: WorkloadIdentity | undefined,
): Promise<void> {
  // A client that goes away is not our failure; reading and writing notice it themselves.
  request.on('error', () => undefined);
  response.on('error', () => undefined);
  response.setHeader('x-content-type-options', 'nosniff');

  const refused = refuseRequest(request, gateway.config);
  if (refused) return answerText(response, refused.status, refused.reason);
  for (const [name, value] of Object.entries(corsHeaders(request, gateway.config.corsOrigins))) {
    response.setHeader(name, value);
  }
  if (isPreflight(request)) return void response.writeHead(204).end();

  const [path] = splitTarget(request.url ?? '/');
  if (path === '/_hatoba/health') return answerHealth(gateway, response);
  // A task reaches the AWS APIs with its role, and nothing else of us.
  if (!workload) {
    if (path.startsWith('/_hatoba/')) return answerRoute(gateway, request, response);
    if (path === '/console' || path.startsWith('/console/')) {
      // Its calls carry no signature: every one of them would be refused.
      if (gateway.config.auth === 'enforce') return answerText(response, 403, CONSOLE_NEEDS_OPEN);
      return serveConsole(gateway.config.consoleDirectory, path, request, response);
    }
    if (isBrowserAtRoot(request, path)) return void response.writeHead(302, { location: '/console/' }).end();
  }
  return answerCall(gateway, request, response, workload);
}

function answerHealth(gateway: Answering, response: ServerResponse): void {
  const ready = gateway.readiness.isReady;
  response.writeHead(ready ? 200 : 503, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify({ status: ready ? 'ready' : 'starting' }));
}

function isBrowserAtRoot(request: IncomingMessage, path: string): boolean {
  const wantsPage = String(request.headers.accept ?? '').includes('text/html');
  return path === '/' && request.method === 'GET' && wantsPage && request.headers.authorization === undefined;
}
