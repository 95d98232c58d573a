import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import { describe, expect, test } from 'vitest';
import type { SignedRequest } from './canonical-request.ts';
import { normalizePath } from './canonical-request.ts';
import { type DistinctHeaders, presentedCredential } from './presented-credential.ts';
import { verifySignature } from './verify-signature.ts';

class Sha256 {
  private readonly hash;
  constructor(secret?: any) {
    this.hash = secret ? createHmac('sha256', secret) : createHash('sha256');
  }
  update(data: any): void {
    this.hash.update(data);
  }
  async digest(): Promise<Uint8Array> {
    return this.hash.digest();
  }
}

const signedAt = new Date('2026-11-22T01:00:00Z');
const key = { secretAccessKey: 'wJalr/XUtn+FEMI', sessionToken: 'to/ken+with=' };

interface Request {
  method: string;
  path: string;
  query: Record<string, string>;
  headers: Record<string, string>;
  body: string;
}

const request = (changes: Partial<Request> = {}): Request => ({
  method: 'POST',
  path: '/',
  query: {},
  headers: { host: '127.0.0.1:4566', 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'T.Op' },
  body: '{"a":1}',
  ...changes,
});

const signer = (credentials: object = {}) =>
  new SignatureV4({
    service: 'ecs',
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIA1', ...key, ...credentials },
    sha256: Sha256 as any,
  });

async function sign(unsigned: Request, credentials?: object): Promise<SignedRequest> {
  const signed: any = await signer(credentials).sign({ ...unsigned, protocol: 'http:', hostname: '127.0.0.1' } as any, {
    signingDate: signedAt,
  });
  return asReceived(signed);
}

async function presign(unsigned: Request, expiresIn: number): Promise<SignedRequest> {
  const signed: any = await signer().presign({ ...unsigned, protocol: 'http:', hostname: '127.0.0.1' } as any, {
    signingDate: signedAt,
    expiresIn,
  });
  return asReceived(signed);
}

function asReceived(signed: any): SignedRequest {
  const query = Object.entries(signed.query as Record<string, string>)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join('&');
  const headers = Object.fromEntries(
    Object.entries(signed.headers as Record<string, string>).map(([name, value]) => [name.toLowerCase(), [value]]),
  );
  return {
    method: signed.method,
    target: query ? `${signed.path}?${query}` : signed.path,
    headers,
    body: Buffer.from(signed.body ?? ''),
  };
}

function verify(received: SignedRequest, options: { now?: Date; key?: object; service?: string } = {}) {
  const query = new URLSearchParams(received.target.split('?')[1] ?? '');
  const credential = presentedCredential(received.headers, query);
  if (credential.kind !== 'sigv4') return credential;
  const expected = { ...key, ...options.key };
  return verifySignature(received, credential, expected, options.service ?? 'ecs', options.now ?? signedAt);
}

const withHeaders = (received: SignedRequest, headers: DistinctHeaders): SignedRequest => ({
  ...received,
  headers: { ...received.headers, ...headers },
});

const later = (seconds: number) => new Date(signedAt.getTime() + seconds * 1000);

describe('accepted', () => {
  const requests: Record<string, Request> = {
    'a JSON call': request(),
    'names with blanks, plus, umlauts and marks': request({
      method: 'GET',
      path: "/canary/a b+ü'()*!",
      query: { 'x y': "1+2 ü'()*", empty: '', b: '%' },
      body: '',
    }),
    'an ARN in the path': request({ path: '/tags/arn%3Aaws%3Asynthetics%3Aus-east-1%3A1%3Acanary%3Ax' }),
    'values with runs of blanks': request({ headers: { ...request().headers, 'x-amz-meta': '  a   b ' } }),
  };
  test.each(Object.entries(requests))('%s', async (_name, unsigned) => {
    if (unsigned.path.includes(' ')) unsigned.path = encodeURI(unsigned.path);
    expect(verify(await sign(unsigned))).toBeUndefined();
  });

  test('a presigned URL until it expires', async () => {
    const received = await presign(request({ method: 'GET', headers: { host: '127.0.0.1:4566' }, body: '' }), 60);
    expect(verify(received, { now: later(59) })).toBeUndefined();
    expect(verify(received, { now: later(61) })).toMatchObject({ code: 'SignatureDoesNotMatch' });
  });

  test('a clock that is ten minutes off', async () => {
    expect(verify(await sign(request()), { now: later(600) })).toBeUndefined();
    expect(verify(await sign(request()), { now: later(-600) })).toBeUndefined();
  });
});

describe('refused', () => {
  type Tamper = (received: SignedRequest) => SignedRequest;
  const tampers: Record<string, Tamper> = {
    'another method': (r) => ({ ...r, method: 'PUT' }),
    'another path': (r) => ({ ...r, target: '/other' }),
    'another query': (r) => ({ ...r, target: '/?a=1' }),
    'another body': (r) => ({ ...r, body: Buffer.from('{"a":2}') }),
    'another host': (r) => withHeaders(r, { host: ['evil.example'] }),
    'another operation': (r) => withHeaders(r, { 'x-amz-target': ['T.Other'] }),
    'another time': (r) => withHeaders(r, { 'x-amz-date': ['20261122T010001Z'] }),
    'an x-amz header that is not signed': (r) => withHeaders(r, { 'x-amz-extra': ['1'] }),
    'a signed header twice': (r) => withHeaders(r, { 'x-amz-target': ['T.Op', 'T.Other'] }),
    'a signed header taken away': (r) => withHeaders(r, { 'content-type': undefined }),
    'two Authorization headers': (r) =>
      withHeaders(r, { authorization: [...(r.headers.authorization ?? []), 'AWS4-'] }),
    'another session token': (r) => withHeaders(r, { 'x-amz-security-token': ['other'] }),
    'no session token': (r) => withHeaders(r, { 'x-amz-security-token': undefined }),
    'a hash that was declared but is not the body': (r) => withHeaders(r, { 'x-amz-content-sha256': ['0'.repeat(64)] }),
    'an unsigned payload': (r) => withHeaders(r, { 'x-amz-content-sha256': ['UNSIGNED-PAYLOAD'] }),
    'a shortened signature': (r) => changeAuthorization(r, (a) => a.slice(0, -2)),
    'a signature with one bit turned': (r) =>
      changeAuthorization(r, (a) => a.slice(0, -1) + (a.endsWith('0') ? '1' : '0')),
    'another region': (r) => changeAuthorization(r, (a) => a.replace('us-east-1', 'eu-west-1')),
    'another date in the scope': (r) => changeAuthorization(r, (a) => a.replace('/20261122/', '/20261121/')),
    'host not signed': (r) => changeAuthorization(r, (a) => a.replace('host;', '')),
    'the asymmetric algorithm': (r) =>
      changeAuthorization(r, (a) => a.replace('AWS4-HMAC-SHA256', 'AWS4-ECDSA-P256-SHA256')),
    'header and query at once': (r) => ({ ...r, target: '/?X-Amz-Algorithm=AWS4-HMAC-SHA256' }),
  };
  test.each(Object.entries(tampers))('%s', async (_name, tamper) => {
    expect(verify(tamper(await sign(request())))).toBeDefined();
  });

  test('another secret, another service, a clock that is too far off', async () => {
    const received = await sign(request());
    expect(verify(received, { key: { secretAccessKey: 'other' } })).toMatchObject({ code: 'SignatureDoesNotMatch' });
    expect(verify(received, { service: 'logs' })).toMatchObject({
      message: expect.stringContaining("correct service: 'logs'"),
    });
    expect(verify(received, { now: later(16 * 60) })).toMatchObject({
      message: expect.stringContaining('Signature expired'),
    });
    expect(verify(received, { now: later(-16 * 60) })).toMatchObject({
      message: expect.stringContaining('not yet current'),
    });
    expect(verify(received, { key: { sessionToken: undefined } })).toMatchObject({ code: 'InvalidClientTokenId' });
  });

  test('a presigned URL for longer than seven days, or with a parameter twice', async () => {
    const received = await presign(request({ method: 'GET', headers: { host: '127.0.0.1:4566' }, body: '' }), 60);
    const longer = { ...received, target: received.target.replace('X-Amz-Expires=60', 'X-Amz-Expires=604801') };
    expect(verify(longer)).toMatchObject({ code: 'IncompleteSignature' });
    const twice = { ...received, target: `${received.target}&X-Amz-Credential=other` };
    expect(verify(twice)).toMatchObject({ kind: 'unsupported' });
  });

  test.each([
    ['Bearer abc', undefined],
    ['AWS4-HMAC-SHA256 Credential=AKIA1/20261122/us-east-1/ecs, SignedHeaders=host, Signature=00', undefined],
    ['AWS4-HMAC-SHA256 Credential=AKIA1/20261122/us-east-1/ecs/aws4_request', 'AKIA1'],
    ['AWS4-HMAC-SHA256', undefined],
  ])('malformed: %s', (authorization, _accessKeyId) => {
    expect(presentedCredential({ authorization: [authorization] }, new URLSearchParams())).toMatchObject({
      kind: 'unsupported',
    });
  });

  test('Signature Version 2', () => {
    const query = new URLSearchParams('AWSAccessKeyId=AKIA1&Signature=x&Expires=1');
    expect(presentedCredential({}, query)).toMatchObject({ kind: 'unsupported', accessKeyId: 'AKIA1' });
  });
});

test.each([
  ['/a//b', '/a/b'],
  ['/a/./b/', '/a/b/'],
  ['/a/../../b', '/b'],
  ['/', '/'],
  ['', '/'],
  ['//', '/'],
])('the path %s is signed and routed as %s', (path, normalized) => {
  expect(normalizePath(path)).toBe(normalized);
});

function changeAuthorization(received: SignedRequest, change: (text: string) => string): SignedRequest {
  return withHeaders(received, { authorization: [change(received.headers.authorization![0]!)] });
}
