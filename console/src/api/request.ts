/** Whose things we look at. Every call carries it, in the same place where a signed call has it. */
export interface Scope {
  account: string;
  region: string;
}

/** What the server said, in AWS's words, with the id to look for in hatoba's own log. */
export class ApiError extends Error {
  readonly code: string;
  readonly status: number;
  readonly requestId: string;
  readonly operation: string;

  constructor(operation: string, code: string, message: string, status: number, requestId: string) {
    super(message);
    this.name = 'ApiError';
    this.operation = operation;
    this.code = code;
    this.status = status;
    this.requestId = requestId;
  }
}

/** An Authorization header that names account, region and service; on loopback the signature itself is not looked at. */
export function authorization(scope: Scope, service: string): string {
  const day = new Date().toISOString().slice(0, 10).replaceAll('-', '');
  const credential = `${scope.account}/${day}/${scope.region}/${service}/aws4_request`;
  return `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host, Signature=${'0'.repeat(64)}`;
}

interface Call {
  scope: Scope;
  service: string;
  operation: string;
  path?: string;
  method?: string;
  headers?: Record<string, string>;
  body?: string | undefined;
  signal?: AbortSignal | undefined;
}

/** A connection that is cut without a word would otherwise leave its page waiting for ever. */
const answerMsMax = 60_000;

/** Fetches a whole answer. Throws ApiError with the code `Unreachable` when none came, whatever cut it short. */
export async function fetchText(
  operation: string,
  path: string,
  request: RequestInit,
  signal?: AbortSignal,
): Promise<{ response: Response; text: string }> {
  const late = AbortSignal.timeout(answerMsMax);
  try {
    const response = await fetch(path, { ...request, signal: signal ? AbortSignal.any([signal, late]) : late });
    return { response, text: await response.text() };
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new ApiError(operation, 'Unreachable', cause instanceof Error ? cause.message : String(cause), 0, '');
  }
}

/** Sends one call and gives back its text. Throws ApiError; an unreachable server has the code `Unreachable`. */
export async function send(call: Call): Promise<string> {
  const { scope, service, operation, path = '/', method = 'POST', headers = {}, body, signal } = call;
  const request: RequestInit = {
    method,
    headers: { ...headers, authorization: authorization(scope, service) },
    ...(body === undefined ? {} : { body }),
  };
  const { response, text } = await fetchText(operation, path, request, signal);
  if (!response.ok) throw toApiError(operation, response, text);
  return text;
}

/** What an answer that is no success says. */
export function toApiError(operation: string, response: Response, text: string): ApiError {
  const requestId = response.headers.get('x-amzn-requestid') ?? response.headers.get('x-amz-request-id') ?? '';
  const typeHeader = response.headers.get('x-amzn-errortype') ?? undefined;
  const xmlCode = /<Code>([^<]*)<\/Code>/.exec(text)?.[1];
  if (xmlCode) {
    const message = /<Message>([^<]*)<\/Message>/.exec(text)?.[1] ?? '';
    return new ApiError(operation, xmlCode, unescapeXml(message), response.status, requestId);
  }
  const body = parseObject(text);
  const code = shortCode(typeHeader ?? text1(body.__type) ?? text1(body.code)) ?? `HTTP ${response.status}`;
  const message = text1(body.message) ?? text1(body.Message) ?? text.slice(0, 500);
  return new ApiError(operation, code, message, response.status, requestId);
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

const text1 = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** `com.amazonaws.ecs#ClusterNotFoundException:http://...` -> `ClusterNotFoundException` */
function shortCode(code: string | undefined): string | undefined {
  return code?.split(':')[0]?.split('#').at(-1);
}

function unescapeXml(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&');
}

/** A caller of one service that speaks JSON 1.0 or 1.1. */
export function jsonService(service: string, targetPrefix: string, version: '1.0' | '1.1') {
  return async <Output>(scope: Scope, operation: string, input: object, signal?: AbortSignal): Promise<Output> => {
    const text = await send({
      scope,
      service,
      operation,
      headers: { 'content-type': `application/x-amz-json-${version}`, 'x-amz-target': `${targetPrefix}.${operation}` },
      body: JSON.stringify(input),
      signal,
    });
    return (text ? JSON.parse(text) : {}) as Output;
  };
}

/** A caller of one rest-json service: the path is part of the call. */
export function restService(service: string) {
  return async <Output>(
    scope: Scope,
    call: { operation: string; path: string; method?: string; input?: object },
    signal?: AbortSignal,
  ): Promise<Output> => {
    const { operation, path, method = 'POST', input } = call;
    const text = await send({
      scope,
      service,
      operation,
      path,
      method,
      headers: { 'content-type': 'application/json' },
      body: method === 'GET' ? undefined : JSON.stringify(input ?? {}),
      signal,
    });
    return (text ? JSON.parse(text) : {}) as Output;
  };
}

/** AWS's JSON has times as seconds since 1970. */
export const toEpochSeconds = (milliseconds: number): number => milliseconds / 1000;
