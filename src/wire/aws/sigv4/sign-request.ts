import { createHash, createHmac } from 'node:crypto';
import { canonicalRequest } from './canonical-request.ts';

export interface SigningKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Headers that sign a request without a body; `service` and `region` are the credential's scope. */
export function signingHeaders(
  method: string,
  url: URL,
  key: SigningKey,
  scope: { readonly service: string; readonly region: string },
  now: Date,
): Record<string, string> {
  const timestamp = now.toISOString().replace(/[-:]|\.\d{3}/g, '');
  const token: Record<string, string> = key.sessionToken ? { 'x-amz-security-token': key.sessionToken } : {};
  const signed: Record<string, string> = { host: url.host, 'x-amz-date': timestamp, ...token };
  const names = Object.keys(signed).sort();
  const headers = Object.fromEntries(names.map((name) => [name, [signed[name]!]]));
  const target = `${url.pathname}${url.search}`;
  const canonical = canonicalRequest({ method, target, headers, body: Buffer.alloc(0) }, names, sha256(''));
  const credentialScope = `${timestamp.slice(0, 8)}/${scope.region}/${scope.service}/aws4_request`;
  const signingKey = [timestamp.slice(0, 8), scope.region, scope.service, 'aws4_request'].reduce<string | Buffer>(
    (previous, part) => hmac(previous, part),
    `AWS4${key.secretAccessKey}`,
  );
  const text = `AWS4-HMAC-SHA256\n${timestamp}\n${credentialScope}\n${sha256(canonical)}`;
  const signature = hmac(signingKey, text).toString('hex');
  return {
    'x-amz-date': timestamp,
    ...token,
    authorization: `AWS4-HMAC-SHA256 Credential=${key.accessKeyId}/${credentialScope}, SignedHeaders=${names.join(';')}, Signature=${signature}`,
  };
}

const sha256 = (data: string): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest();
