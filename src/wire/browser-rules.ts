import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/** The part of a request that these rules look at. */
type Request = Pick<IncomingMessage, 'method' | 'url' | 'headers'> & {
  readonly socket: { readonly localAddress?: string | undefined };
};

export interface Refusal {
  readonly status: 421 | 403;
  readonly reason: string;
}

/**
 * Refuses requests that a web page, not a program of the user, may have sent: any page can post a form to a loopback
 * port, and a page whose name was rebound to 127.0.0.1 can read the answers too. Ours is a runtime that runs commands.
 */
export function refuseRequest(
  request: Request,
  allowed: { readonly allowedHosts: readonly string[]; readonly corsOrigins: readonly string[]; readonly host: string },
): Refusal | undefined {
  const host = request.headers.host ?? '';
  if (!isOurHost(host, allowed, request.socket.localAddress)) {
    return {
      status: 421,
      reason: `The host ${JSON.stringify(host.slice(0, 100))} is not one of hatoba's. Add it to "allowedHosts:" if it should be.`,
    };
  }
  const origin = request.headers.origin;
  if (origin !== undefined) {
    if (isOwnOrigin(origin, host) || allowed.corsOrigins.includes(origin)) return undefined;
    return {
      status: 403,
      reason: `The origin ${JSON.stringify(origin.slice(0, 100))} may not call hatoba. Add it to "cors:" if it should.`,
    };
  }
  const site = request.headers['sec-fetch-site'];
  if (site === undefined || site === 'same-origin' || site === 'none' || isPageVisit(request)) return undefined;
  return { status: 403, reason: 'Another web site may not call hatoba.' };
}

function isOurHost(
  hostHeader: string,
  allowed: { readonly allowedHosts: readonly string[]; readonly host: string },
  localAddress: string | undefined,
): boolean {
  const name = hostName(hostHeader);
  if (name === undefined) return false;
  if (name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'))) return true;
  // An address is ours when the connection came in by it; a rebound name never is an address.
  if (isIP(name) !== 0) return name === (localAddress ?? '').replace(/^::ffff:/, '') || name === allowed.host;
  return name === allowed.host.toLowerCase() || allowed.allowedHosts.some((other) => other.toLowerCase() === name);
}

/** `Host` without its port, lower case; undefined when it is no host at all. */
function hostName(hostHeader: string): string | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]/?#@\s]+))(?::\d{1,5})?$/.exec(hostHeader);
  return (match?.[1] ?? match?.[2])?.toLowerCase();
}

const isOwnOrigin = (origin: string, host: string): boolean =>
  origin.toLowerCase() === `http://${host.toLowerCase()}` || origin.toLowerCase() === `https://${host.toLowerCase()}`;

/** Following a link to the console, from a chat message say, changes nothing and may not be framed. */
function isPageVisit(request: Request): boolean {
  const navigates =
    request.headers['sec-fetch-mode'] === 'navigate' && request.headers['sec-fetch-dest'] === 'document';
  const path = request.url ?? '';
  return navigates && request.method === 'GET' && (path === '/' || /^\/console(\/|$)/.test(path));
}

/** Headers that let a listed origin read the answer; none for anybody else. */
export function corsHeaders(request: Request, corsOrigins: readonly string[]): Record<string, string> {
  const origin = request.headers.origin;
  if (origin === undefined || !corsOrigins.includes(origin)) return {};
  const headers: Record<string, string> = {
    vary: 'origin',
    'access-control-allow-origin': origin,
    'access-control-expose-headers': 'x-amzn-requestid, x-amzn-errortype, x-amzn-query-error',
  };
  if (isPreflight(request)) {
    headers['access-control-allow-methods'] = 'GET, POST, PUT, PATCH, DELETE';
    headers['access-control-allow-headers'] = String(request.headers['access-control-request-headers'] ?? '*');
    headers['access-control-max-age'] = '600';
  }
  return headers;
}

export const isPreflight = (request: Request): boolean =>
  request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined;
