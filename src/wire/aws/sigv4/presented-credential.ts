/** What a request says about who signed it; nothing of it is verified yet. */
export type PresentedCredential =
  | { readonly kind: 'none' }
  | ({ readonly kind: 'sigv4' } & SigV4Credential)
  /** SigV2, SigV4A, or an Authorization header that is not understood. Never verifiable here. */
  | { readonly kind: 'unsupported'; readonly reason: string; readonly accessKeyId?: string };

export interface SigV4Credential {
  readonly accessKeyId: string;
  /** `20261122`, of the credential scope. */
  readonly date: string;
  readonly region: string;
  /** Signing name of the service. */
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** `20261122T011500Z` */
  readonly timestamp: string;
  readonly sessionToken: string | undefined;
  /** Presigned URLs only. */
  readonly expiresSeconds?: number;
}

/** Every value of each header, lower-case names: `IncomingMessage.headersDistinct`. */
export type DistinctHeaders = Readonly<Record<string, readonly string[] | undefined>>;

export function presentedCredential(headers: DistinctHeaders, query: URLSearchParams): PresentedCredential {
  const authorization = headers.authorization;
  const presigned = query.has('X-Amz-Algorithm');
  if (authorization && presigned) {
    return unsupported("Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.");
  }
  if (authorization) {
    if (authorization.length > 1) return unsupported('More than one Authorization header.');
    return fromHeader(authorization[0]!, headers);
  }
  if (presigned) return fromQuery(query);
  const signatureV2Key = query.get('AWSAccessKeyId');
  return signatureV2Key ? unsupported('Signature Version 2 is not supported.', signatureV2Key) : { kind: 'none' };
}

const AUTHORIZATION = /^(AWS4-[A-Z0-9-]+)\s+(.*)$/s;

function fromHeader(authorization: string, headers: DistinctHeaders): PresentedCredential {
  const match = AUTHORIZATION.exec(authorization);
  if (!match) return unsupported('The Authorization header is not an AWS Signature Version 4.');
  const parts = new Map<string, string>();
  for (const part of match[2]!.split(',')) {
    const equals = part.indexOf('=');
    if (equals > 0) parts.set(part.slice(0, equals).trim(), part.slice(equals + 1).trim());
  }
  return build(match[1]!, {
    credential: parts.get('Credential'),
    signedHeaders: parts.get('SignedHeaders'),
    signature: parts.get('Signature'),
    timestamp: single(headers['x-amz-date']),
    sessionToken: single(headers['x-amz-security-token']),
  });
}

function fromQuery(query: URLSearchParams): PresentedCredential {
  const one = (name: string) => (query.getAll(name).length > 1 ? undefined : (query.get(name) ?? undefined));
  const expires = one('X-Amz-Expires');
  return build(one('X-Amz-Algorithm') ?? '', {
    credential: one('X-Amz-Credential'),
    signedHeaders: one('X-Amz-SignedHeaders'),
    signature: one('X-Amz-Signature'),
    timestamp: one('X-Amz-Date'),
    sessionToken: one('X-Amz-Security-Token'),
    expiresSeconds: expires !== undefined && /^\d{1,7}$/.test(expires) ? Number(expires) : Number.NaN,
  });
}

interface Parts {
  credential: string | undefined;
  signedHeaders: string | undefined;
  signature: string | undefined;
  timestamp: string | undefined;
  sessionToken: string | undefined;
  expiresSeconds?: number;
}

function build(algorithm: string, parts: Parts): PresentedCredential {
  const scope = parts.credential?.split('/') ?? [];
  if (algorithm !== 'AWS4-HMAC-SHA256') {
    return unsupported(`The algorithm ${algorithm.slice(0, 40)} is not supported; use AWS4-HMAC-SHA256.`, scope[0]);
  }
  // An access key id may hold slashes; the four parts of the scope may not.
  const [date, region, service, terminator] = scope.slice(-4);
  const accessKeyId = scope.slice(0, -4).join('/');
  if (!accessKeyId || !date || !region || !service || terminator !== 'aws4_request') {
    return unsupported('Credential must be KEY/DATE/REGION/SERVICE/aws4_request.', accessKeyId || scope[0]);
  }
  if (!parts.signedHeaders || !parts.signature) {
    return unsupported('SignedHeaders and Signature are required.', accessKeyId);
  }
  return {
    kind: 'sigv4',
    accessKeyId,
    date,
    region,
    service,
    signedHeaders: parts.signedHeaders.split(';'),
    signature: parts.signature,
    timestamp: parts.timestamp ?? '',
    sessionToken: parts.sessionToken,
    ...(parts.expiresSeconds === undefined ? {} : { expiresSeconds: parts.expiresSeconds }),
  };
}

const single = (values: readonly string[] | undefined) => (values?.length === 1 ? values[0] : undefined);

const unsupported = (reason: string, accessKeyId?: string): PresentedCredential =>
  accessKeyId === undefined ? { kind: 'unsupported', reason } : { kind: 'unsupported', reason, accessKeyId };
