import http from 'node:http';
import https from 'node:https';
import type { CanaryStep } from './model.ts';

/** Where to connect for a URL whose name this machine cannot resolve: a load balancer's name. */
export type ResolveAddress = (url: URL) => { host: string; port: number } | undefined;

const redirectsMax = 5;
const bodyBytesMax = 10_000_000;

/** Opens `url` as a browser's address bar would: redirects are followed, anything but 2xx is a failure. Never rejects. */
export async function fetchPage(
  url: string,
  options: {
    timeoutMs: number;
    resolveAddress: ResolveAddress;
    headers: Readonly<Record<string, string>>;
    monotonicMs: () => number;
    signal: AbortSignal;
  },
): Promise<CanaryStep> {
  const startedMs = options.monotonicMs();
  const timeout = AbortSignal.timeout(options.timeoutMs);
  const signal = AbortSignal.any([timeout, options.signal]);
  const elapsed = () => Math.round((options.monotonicMs() - startedMs) * 10) / 10;
  try {
    let current = new URL(url);
    for (let redirects = 0; ; redirects++) {
      const answer = await request(current, options.resolveAddress(current), options.headers, signal);
      if (answer.location !== undefined && redirects < redirectsMax) {
        current = new URL(answer.location, current);
        continue;
      }
      const ok = answer.status >= 200 && answer.status <= 299;
      return {
        url,
        status: answer.status,
        durationMs: elapsed(),
        bytes: answer.bytes,
        ...(!ok && { error: `${current.href} answered ${answer.status}` }),
      };
    }
  } catch (error) {
    const reason = timeout.aborted ? `no answer within ${options.timeoutMs} ms` : (error as Error).message;
    return { url, durationMs: elapsed(), bytes: 0, error: `${url}: ${reason}` };
  }
}

function request(
  url: URL,
  address: { host: string; port: number } | undefined,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<{ status: number; bytes: number; location?: string }> {
  const client = url.protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    const outgoing = client.get(
      {
        host: address?.host ?? url.hostname.replace(/^\[|\]$/g, ''),
        port: address?.port ?? url.port,
        path: url.pathname + url.search,
        headers: { host: url.host, 'user-agent': 'hatoba-canary', accept: '*/*', ...headers },
        signal,
        agent: false,
      },
      (response) => {
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > bodyBytesMax) response.destroy(new Error(`the answer is longer than ${bodyBytesMax} bytes`));
        });
        response.on('error', reject);
        response.on('aborted', () => reject(new Error('the connection was cut in the middle of the answer')));
        response.on('end', () => {
          const status = response.statusCode ?? 0;
          const location = status >= 300 && status < 400 ? response.headers.location : undefined;
          resolve({ status, bytes, ...(location !== undefined && { location }) });
        });
      },
    );
    outgoing.on('error', reject);
  });
}
