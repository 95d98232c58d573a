import type { RedirectActionConfig } from '@aws-sdk/client-elastic-load-balancing-v2';
import { errorPage, type OwnResponse } from './error-page.ts';

const locationBytesMax = 8192;

export interface RedirectFacts {
  readonly scheme: 'http' | 'https';
  readonly hostName: string;
  readonly port: number;
  readonly path: string;
  readonly query: string | undefined;
  /** Turns the result into an address that works from where the client came in (the edge port). */
  readonly reachable: (scheme: string, hostName: string, port: number) => string;
}

/** The answer of a redirect action; 500 when the location would be too long. */
export function redirectResponse(config: RedirectActionConfig, facts: RedirectFacts): OwnResponse {
  const values: Record<string, string> = {
    protocol: facts.scheme,
    host: facts.hostName,
    port: String(facts.port),
    path: facts.path.slice(1),
    query: facts.query ?? '',
  };
  const fill = (template: string): string =>
    template.replace(/#\{(protocol|host|port|path|query)\}/g, (_, name: string) => values[name] ?? '');
  const scheme = fill(config.Protocol ?? '#{protocol}').toLowerCase();
  const query = fill(config.Query ?? '#{query}');
  const origin = facts.reachable(scheme, fill(config.Host ?? '#{host}'), Number(fill(config.Port ?? '#{port}')));
  const location = `${origin}${fill(config.Path ?? '/#{path}')}${query === '' ? '' : `?${query}`}`;
  if (location.length > locationBytesMax) return errorPage(500);
  const page = errorPage(config.StatusCode === 'HTTP_301' ? 301 : 302);
  return { ...page, headers: { ...page.headers, Location: location } };
}
