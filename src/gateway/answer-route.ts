import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { AwsError } from '../wire/aws/aws-error.ts';
import type { ServiceModel } from '../wire/aws/model.ts';
import type { HttpRoute } from '../wire/aws/service-table.ts';
import { presentedCredential } from '../wire/aws/sigv4/presented-credential.ts';
import type { Answering } from './answer-request.ts';
import { answerText } from './answer-text.ts';
import { authenticate } from './authenticate.ts';
import { conditionContext } from './authorize-call.ts';
import { readBody } from './read-body.ts';
import { securityError } from './security-error.ts';

/** Our own routes as a service: its signing name is `hatoba`, its actions are Read (GET) and Write. */
const ROUTES_SERVICE: ServiceModel = {
  id: 'hatoba',
  metadata: { apiVersion: '1', endpointPrefix: 'hatoba', protocols: ['rest-json'], serviceFullName: 'hatoba' },
  operations: new Map(),
  errors: new Map(),
};

/** Answers a request below `/_hatoba/` by the plane that offers the route. With `auth: enforce` it must be signed. */
export async function answerRoute(
  gateway: Answering,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://hatoba.invalid');
  const here = gateway.routes.filter((route) => matches(route, url.pathname));
  const route = here.find(({ method }) => method === request.method);
  if (!route) {
    return answerText(response, here.length > 0 ? 405 : 404, `There is no ${request.method} ${url.pathname}.`);
  }
  try {
    const allowed = gateway.config.auth === 'enforce' ? await admit(gateway, request, response, url) : request;
    await route.handle(allowed, response, url);
  } catch (error) {
    answerRouteError(gateway, error, request, response);
  }
}

function matches(route: HttpRoute, path: string): boolean {
  return route.path.endsWith('/*') ? path.startsWith(route.path.slice(0, -1)) : path === route.path;
}

/** The request, its body verified; throws when its signer may not use our routes. */
async function admit(
  gateway: Answering,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): Promise<IncomingMessage> {
  const body = await readBody(request, gateway.config.bodyBytesMax, gateway.bodyBudget);
  gateway.bodyBudget.release(body.length);
  const headers = request.headersDistinct;
  const signed = { method: request.method ?? 'GET', target: request.url ?? '/', headers, body };
  const credential = presentedCredential(headers, url.searchParams);
  const caller = await authenticate(gateway, signed, credential, ROUTES_SERVICE, undefined);
  const action = request.method === 'GET' ? 'hatoba:Read' : 'hatoba:Write';
  const context = { ...caller, requestId: '', signal: new AbortController().signal };
  const conditions = conditionContext(context, request, gateway.clock.now());
  const decision = await gateway.identity.authorize(caller.principal, action, ['*'], conditions);
  if (!decision.allowed) {
    throw securityError(
      ROUTES_SERVICE,
      'AccessDenied',
      `User: ${caller.principal.arn} is not authorized to perform: ${action}`,
    );
  }
  return replay(request, response, body);
}

/** The same request with a body that can be read once more; it closes when the asker goes. */
function replay(request: IncomingMessage, response: ServerResponse, body: Buffer): IncomingMessage {
  const { method, url, headers, rawHeaders, socket } = request;
  const again = Readable.from(body.length > 0 ? [body] : []);
  response.once('close', () => again.destroy());
  return Object.assign(again, { method, url, headers, rawHeaders, socket }) as IncomingMessage;
}

function answerRouteError(
  gateway: Answering,
  error: unknown,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  if (!(error instanceof AwsError)) gateway.logger.error({ err: error, target: request.url }, 'a route failed');
  if (response.headersSent || response.destroyed) return void response.destroy();
  const known = error instanceof AwsError ? error : undefined;
  response.writeHead(known ? (known.httpStatus ?? 400) : 500, { 'content-type': 'application/json' });
  response.end(
    JSON.stringify({
      code: known?.code ?? 'InternalFailure',
      message: known?.message ?? 'An internal error occurred.',
    }),
  );
}
