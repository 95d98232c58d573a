import { signingHeaders } from '../src/wire/aws/sigv4/sign-request.ts';
import type { Connection } from './instance.ts';

/** GET of one of hatoba's own routes, signed: `auth: enforce` asks for it, `auth: open` does not mind. */
export function signedFetch(connection: Connection, pathAndQuery: string, signal?: AbortSignal): Promise<Response> {
  const url = new URL(pathAndQuery, connection.endpoint);
  const scope = { service: 'hatoba', region: connection.region };
  return fetch(url, { headers: signingHeaders('GET', url, connection.credentials, scope, new Date()), signal });
}

/** What a person can do about a 403. */
export async function explainRefusal(answer: Response, connection: Connection): Promise<string> {
  const { message } = (await answer.json().catch(() => ({}))) as { message?: string };
  return `${connection.endpoint} refuses (${message ?? 'status 403'}); it runs with auth: enforce. Run this as the user who owns its data directory, with --data-dir, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`;
}
