import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { canonicalRequest, type SignedRequest } from './canonical-request.ts';
import type { SigV4Credential } from './presented-credential.ts';

/** Query protocol names; the gateway translates them for JSON services. */
export type SignatureErrorCode = 'IncompleteSignature' | 'SignatureDoesNotMatch' | 'InvalidClientTokenId';

export interface SignatureError {
  readonly code: SignatureErrorCode;
  readonly message: string;
}

const SKEW_MAX_MS = 15 * 60_000;
const PRESIGNED_SECONDS_MAX = 7 * 24 * 3600;

/**
 * What is wrong with a request's Signature Version 4, or undefined. Verified are the signature over the bytes as they
 * arrived, the time, the scope, that the host and every `x-amz-` header is signed and stands there once, and the token.
 */
export function verifySignature(
  request: SignedRequest,
  credential: SigV4Credential,
  key: { readonly secretAccessKey: string; readonly sessionToken?: string | undefined },
  signingName: string,
  now: Date,
): SignatureError | undefined {
  return (
    checkScope(credential, signingName) ??
    checkTime(credential, now) ??
    checkHeaders(request, credential) ??
    checkToken(credential.sessionToken, key.sessionToken) ??
    checkSignature(request, credential, key.secretAccessKey)
  );
}

function checkScope(credential: SigV4Credential, signingName: string): SignatureError | undefined {
  if (credential.service !== signingName) {
    return mismatch(`Credential should be scoped to correct service: '${signingName}'.`);
  }
  if (!credential.timestamp.startsWith(credential.date)) {
    return mismatch(`Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP`);
  }
  return undefined;
}

function checkTime(credential: SigV4Credential, now: Date): SignatureError | undefined {
  const signedAtMs = parseBasicTime(credential.timestamp);
  if (signedAtMs === undefined) {
    return { code: 'IncompleteSignature', message: "The request needs an 'X-Amz-Date' in ISO-8601 basic format." };
  }
  const nowMs = now.getTime();
  let expiresAtMs = signedAtMs + SKEW_MAX_MS;
  if (credential.expiresSeconds !== undefined) {
    const seconds = credential.expiresSeconds;
    if (!(seconds >= 1 && seconds <= PRESIGNED_SECONDS_MAX)) {
      return { code: 'IncompleteSignature', message: 'X-Amz-Expires must be between 1 and 604800 seconds.' };
    }
    expiresAtMs = signedAtMs + seconds * 1000;
  }
  if (nowMs > expiresAtMs) {
    return mismatch(`Signature expired: ${credential.timestamp} is too old for the time ${formatBasicTime(now)}`);
  }
  if (signedAtMs > nowMs + SKEW_MAX_MS) {
    return mismatch(
      `Signature not yet current: ${credential.timestamp} is later than ${formatBasicTime(now)} + 15 min.`,
    );
  }
  return undefined;
}

function checkHeaders(request: SignedRequest, credential: SigV4Credential): SignatureError | undefined {
  const signed = new Set(credential.signedHeaders);
  if (!signed.has('host')) return mismatch("'Host' must be a 'SignedHeader' in the AWS Authorization.");
  for (const name of Object.keys(request.headers)) {
    if (name.startsWith('x-amz-') && !signed.has(name)) {
      return mismatch(`'${name.slice(0, 64)}' must be a 'SignedHeader' in the AWS Authorization.`);
    }
  }
  for (const name of signed) {
    // What stands twice would be read in one way by the signature and in another by a step after it.
    if (request.headers[name]?.length !== 1)
      return mismatch(`The signed header '${name.slice(0, 64)}' must stand once.`);
  }
  return undefined;
}

function checkToken(presented: string | undefined, expected: string | undefined): SignatureError | undefined {
  const same = timingSafeEqual(sha256(presented ?? ''), sha256(expected ?? ''));
  return same ? undefined : { code: 'InvalidClientTokenId', message: INVALID_TOKEN };
}

export const INVALID_TOKEN = 'The security token included in the request is invalid.';

function checkSignature(
  request: SignedRequest,
  credential: SigV4Credential,
  secretAccessKey: string,
): SignatureError | undefined {
  const payloadHash = sha256(request.body).toString('hex');
  const declaredHash = request.headers['x-amz-content-sha256']?.[0];
  if (declaredHash !== undefined && declaredHash !== payloadHash) {
    return mismatch("The provided 'x-amz-content-sha256' header does not match what was computed.");
  }
  const scope = `${credential.date}/${credential.region}/${credential.service}/aws4_request`;
  const canonical = sha256(canonicalRequest(request, credential.signedHeaders, payloadHash)).toString('hex');
  const expected = hmac(
    signingKey(secretAccessKey, credential),
    `AWS4-HMAC-SHA256\n${credential.timestamp}\n${scope}\n${canonical}`,
  );
  const presented = Buffer.from(/^[0-9a-f]{64}$/.test(credential.signature) ? credential.signature : '', 'hex');
  if (presented.length === expected.length && timingSafeEqual(presented, expected)) return undefined;
  return mismatch(
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key ' +
      'and signing method. Consult the service documentation for details.',
  );
}

/** Not cached: four short HMACs cost some 10 us, a cache would hold secrets. */
function signingKey(secretAccessKey: string, credential: SigV4Credential): Buffer {
  const dated = hmac(`AWS4${secretAccessKey}`, credential.date);
  return hmac(hmac(hmac(dated, credential.region), credential.service), 'aws4_request');
}

const sha256 = (data: string | Buffer): Buffer => createHash('sha256').update(data).digest();
const hmac = (key: string | Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest();

const mismatch = (message: string): SignatureError => ({ code: 'SignatureDoesNotMatch', message });

function parseBasicTime(text: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  const timeMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(timeMs) ? undefined : timeMs;
}

const formatBasicTime = (date: Date): string => date.toISOString().replace(/[-:]|\.\d{3}/g, '');
