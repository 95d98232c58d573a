import { isIP } from 'node:net';
import type { Attributes, OtlpSpan } from '../../wire/otlp.ts';
import { toNumber } from '../../wire/to-number.ts';
import type { JsonObject } from '../model.ts';

/** Attributes that `httpOf` has told, so that they are not repeated as metadata. */
export const httpAttributeNames: ReadonlySet<string> = new Set([
  'http.method',
  'http.request.method',
  'http.status_code',
  'http.response.status_code',
  'http.user_agent',
  'user_agent.original',
  'http.client_ip',
  'client.address',
  'http.url',
  'url.full',
  'http.scheme',
  'url.scheme',
  'http.host',
  'http.target',
  'url.path',
  'url.query',
]);

/** The `http` block of a span with HTTP attributes of the old or the stable convention; undefined without any. */
export function httpOf(span: OtlpSpan): JsonObject | undefined {
  const { attributes } = span;
  const request: JsonObject = {};
  const response: JsonObject = {};
  const method = first(attributes, 'http.request.method', 'http.method');
  const url = urlOf(span);
  const status = toNumber(attributes['http.response.status_code'] ?? attributes['http.status_code']);
  const userAgent = first(attributes, 'user_agent.original', 'http.user_agent');
  const clientIp = clientIpOf(attributes);
  if (method) request.method = method;
  if (url && (method || attributes['http.url'] || attributes['url.full'])) request.url = url;
  if (userAgent) request.user_agent = userAgent;
  if (clientIp && span.kind === 'server') {
    request.client_ip = clientIp;
    if (!first(attributes, 'net.peer.ip', 'network.peer.address')) request.x_forwarded_for = true;
  }
  if (Number.isInteger(status) && status > 0) response.status = status;
  const length = toNumber(
    attributes['http.response.body.size'] ??
      attributes['http.response_content_length'] ??
      attributes['messaging.message.body.size'] ??
      attributes['messaging.message_payload_size_bytes'],
  );
  if (Number.isInteger(length) && length >= 0) response.content_length = length;
  const http: JsonObject = {};
  if (Object.keys(request).length > 0) http.request = request;
  if (Object.keys(response).length > 0) http.response = response;
  return Object.keys(http).length > 0 ? http : undefined;
}

function urlOf(span: OtlpSpan): string {
  const { attributes } = span;
  const full = first(attributes, 'url.full', 'http.url');
  if (full) return full;
  const target = first(attributes, 'http.target') || pathAndQuery(attributes);
  const isServer = span.kind === 'server';
  const host = isServer
    ? first(attributes, 'server.address', 'http.host', 'http.server_name', 'net.host.name', 'host.name')
    : first(attributes, 'server.address', 'http.host', 'net.peer.name', 'net.peer.ip');
  if (!host) return target;
  const scheme = first(attributes, 'url.scheme', 'http.scheme') || 'http';
  const port = first(attributes, 'server.port', isServer ? 'net.host.port' : 'net.peer.port');
  const shown = !port || port === '80' || port === '443' || host.includes(':') ? '' : `:${port}`;
  return `${scheme}://${host}${shown}${target || '/'}`;
}

function pathAndQuery(attributes: Attributes): string {
  const path = first(attributes, 'url.path');
  const query = first(attributes, 'url.query');
  return query ? `${path}${query.startsWith('?') ? '' : '?'}${query}` : path;
}

function clientIpOf(attributes: Attributes): string {
  const old = first(attributes, 'http.client_ip', 'net.peer.ip');
  if (old) return old;
  return ['client.address', 'network.peer.address'].map((name) => first(attributes, name)).find((ip) => isIP(ip)) ?? '';
}

/** The first of the attributes that has text or a number. */
export function first(attributes: Attributes, ...names: string[]): string {
  for (const name of names) {
    const value = attributes[name];
    if (typeof value === 'string' && value !== '') return value;
    if (typeof value === 'number') return String(value);
  }
  return '';
}
