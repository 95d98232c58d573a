import { isIPv6 } from 'node:net';
import { HttpSyntaxError, type RequestHead, type ResponseHead } from './http1-head.ts';
import type { BalancerRoute } from './routing-table.ts';
import { traceHeader } from './trace-header.ts';

const forwardedAddressesMax = 30;
const validName = /^[-A-Za-z0-9]+$/;

/** Never passed on by any HTTP/1.1 proxy, in either direction. */
const hopByHop = new Set(['connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'te', 'upgrade']);
/** We set these ourselves. Proxy-Authorization belongs to the first proxy, which we are. */
const replacedInRequest = new Set([
  ...hopByHop,
  'host',
  'proxy-authorization',
  'x-amzn-trace-id',
  'x-forwarded-for',
  'x-forwarded-port',
  'x-forwarded-proto',
]);

export interface ForwardingFacts {
  readonly balancer: BalancerRoute;
  readonly listenerPort: number;
  readonly scheme: 'http' | 'https';
  /** Host as the target shall see it. */
  readonly host: string;
  readonly clientAddress: string;
  readonly clientPort: number;
  readonly epochSeconds: number;
}

/** The request head that the target gets, with its empty line. Throws HttpSyntaxError 463. */
export function forwardedRequestHead(head: RequestHead, facts: ForwardingFacts): string {
  const { headers, lowerNames, connection } = head;
  let others = '';
  let forwardedFor = '';
  let traceId: string | undefined;
  for (let index = 0; index < lowerNames.length; index++) {
    const lowerName = lowerNames[index]!;
    const value = headers[2 * index + 1]!;
    if (replacedInRequest.has(lowerName)) {
      if (lowerName === 'x-forwarded-for') forwardedFor += forwardedFor ? `, ${value}` : value;
      else if (lowerName === 'x-amzn-trace-id') traceId ??= value;
      continue;
    }
    if (connection.length > 0 && connection.includes(lowerName)) continue;
    const name = headers[2 * index]!;
    if (facts.balancer.dropInvalidHeaders && !validName.test(name)) continue;
    others += `${name}: ${value}\r\n`;
  }
  const upgrade = head.upgrade === undefined ? '' : `Connection: Upgrade\r\nUpgrade: ${head.upgrade}\r\n`;
  return (
    `${head.method} ${head.target} HTTP/1.1\r\n${forwardedForLine(forwardedFor, facts)}` +
    `X-Forwarded-Proto: ${facts.scheme}\r\nX-Forwarded-Port: ${facts.listenerPort}\r\n` +
    `Host: ${facts.host}\r\nX-Amzn-Trace-Id: ${traceHeader(traceId, facts.epochSeconds)}\r\n${upgrade}${others}\r\n`
  );
}

function forwardedForLine(received: string, facts: ForwardingFacts): string {
  const mode = facts.balancer.forwardedFor;
  if (mode === 'remove') return '';
  if (mode === 'preserve') return received === '' ? '' : `X-Forwarded-For: ${received}\r\n`;
  if (received !== '' && received.split(',').length > forwardedAddressesMax)
    throw new HttpSyntaxError(463, 'too many X-Forwarded-For');
  const client = facts.balancer.forwardedForPort ? addressWithPort(facts) : facts.clientAddress;
  return `X-Forwarded-For: ${received === '' ? client : `${received}, ${client}`}\r\n`;
}

const addressWithPort = ({ clientAddress, clientPort }: ForwardingFacts): string =>
  isIPv6(clientAddress) ? `[${clientAddress}]:${clientPort}` : `${clientAddress}:${clientPort}`;

export interface AnsweringFacts {
  /** Says whether the client's connection stays open after this answer. */
  readonly keepAlive: boolean;
  /** The client speaks HTTP/1.0: no chunks, and persistence must be said. */
  readonly clientMinorVersion: 0 | 1;
  /** Whole lines, each with its line end. */
  readonly extraLines: string;
}

/** The response head that the client gets, with its empty line. */
export function forwardedResponseHead(head: ResponseHead, facts: AnsweringFacts): string {
  const { headers, lowerNames, connection } = head;
  let text = `HTTP/1.1 ${head.status} ${head.reason}\r\n`;
  const dechunk = facts.clientMinorVersion === 0;
  for (let index = 0; index < lowerNames.length; index++) {
    const lowerName = lowerNames[index]!;
    if (hopByHop.has(lowerName) && !(head.status === 101 && lowerName === 'upgrade')) continue;
    if (dechunk && (lowerName === 'transfer-encoding' || lowerName === 'trailer')) continue;
    if (connection.length > 0 && lowerName !== 'upgrade' && connection.includes(lowerName)) continue;
    text += `${headers[2 * index]}: ${headers[2 * index + 1]}\r\n`;
  }
  text += facts.extraLines;
  if (head.status === 101) return `${text}Connection: upgrade\r\n\r\n`;
  if (head.status < 200) return `${text}\r\n`;
  return `${text}Connection: ${facts.keepAlive ? 'keep-alive' : 'close'}\r\n\r\n`;
}

/** Host for the target: the balancer's port rules, unless it is to be preserved. `received` is what the client sent. */
export function forwardedHost(received: string, hostName: string, listenerPort: number, preserve: boolean): string {
  if (preserve) return received;
  return listenerPort === 80 || listenerPort === 443 ? hostName : `${hostName}:${listenerPort}`;
}
