import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BodyReader } from './body-reader.ts';
import { HttpSyntaxError, parseRequestHead, parseResponseHead } from './http1-head.ts';

const status = (read: () => unknown): number | undefined => {
  try {
    read();
    return undefined;
  } catch (error) {
    if (error instanceof HttpSyntaxError) return error.status;
    throw error;
  }
};

describe('request heads', () => {
  test('an absolute target gives the host', () => {
    const head = parseRequestHead('GET http://a.example:81/x?y=1 HTTP/1.1\r\nHost: b');
    expect(head).toMatchObject({ host: 'a.example:81', path: '/x', query: 'y=1', target: '/x?y=1', keepAlive: true });
  });

  test.each([
    ['two lengths', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2', 400],
    ['a length beside chunks', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked', 400],
    ['another coding', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked', 501],
    ['a space before the colon', 'GET / HTTP/1.1\r\nHost : a', 400],
    ['a folded line', 'GET / HTTP/1.1\r\nHost: a\r\n b', 400],
    ['a bare line feed', 'GET / HTTP/1.1\r\nHost: a\nX: b', 400],
    ['a bare carriage return', 'GET / HTTP/1.1\r\nHost: a\rX: b', 400],
    ['two hosts', 'GET / HTTP/1.1\r\nHost: a\r\nHost: b', 400],
    ['no host', 'GET / HTTP/1.1\r\nX: b', 400],
    ['a signed length', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1', 400],
    ['HTTP/2', 'PRI * HTTP/2.0', 505],
    ['a long line', `GET /${'x'.repeat(17_000)} HTTP/1.1\r\nHost: a`, 414],
    ['a large header', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(17_000)}`, 400],
  ])('%s is refused', (_, text, expected) => {
    expect(status(() => parseRequestHead(text))).toBe(expected);
  });

  test('nothing but HttpSyntaxError comes of any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        status(() => parseRequestHead(`GET / HTTP/1.1\r\nHost: a\r\n${text}`));
        status(() => parseRequestHead(text));
        status(() => parseResponseHead(text, 'GET'));
      }),
    );
  });
});

describe('response heads', () => {
  test('HEAD, 204 and 304 have no body whatever their headers say', () => {
    const head = (code: number, method: string) =>
      parseResponseHead(`HTTP/1.1 ${code} OK\r\nContent-Length: 9`, method).framing.kind;
    expect([head(200, 'HEAD'), head(204, 'GET'), head(304, 'GET'), head(200, 'GET')]).toEqual([
      'none',
      'none',
      'none',
      'length',
    ]);
  });

  test('without length and chunks the body ends with the connection, which then is not reused', () => {
    expect(parseResponseHead('HTTP/1.1 200 OK', 'GET')).toMatchObject({
      framing: { kind: 'until-close' },
      keepAlive: false,
    });
  });
});

describe('bodies', () => {
  const chunked = (parts: readonly string[]): string =>
    `${parts
      .filter((part) => part.length > 0)
      .map((part) => `${Buffer.byteLength(part, 'latin1').toString(16)};x=y\r\n${part}\r\n`)
      .join('')}0\r\nTrailer: yes\r\n\r\n`;

  test('the end of chunks is found however the bytes are cut, and the payload is whole', () => {
    const parts = fc.array(fc.string({ unit: fc.constantFrom('a', '\r', '\n', '0'), maxLength: 20 }), { maxLength: 5 });
    fc.assert(
      fc.property(parts, fc.integer({ min: 1, max: 7 }), (texts, size) => {
        const body = Buffer.from(chunked(texts), 'latin1');
        const bytes = Buffer.concat([body, Buffer.from('GET /next')]);
        let payload = '';
        const reader = new BodyReader({ kind: 'chunked' }, (data) => {
          payload += data.toString('latin1');
        });
        let consumed = 0;
        for (let at = 0; at < bytes.length && !reader.done; at += size) {
          consumed += reader.feed(bytes.subarray(at, at + size), 0);
        }
        expect(reader.done).toBe(true);
        expect(consumed).toBe(body.length);
        expect(payload).toBe(texts.join(''));
      }),
    );
  });

  test.each(['x\r\n', '1\n', '1\r\nab', '1\r\na\n', '123456789\r\n', '0\r\nA: b\n\r\n'])('%j is no chunk', (text) => {
    expect(status(() => new BodyReader({ kind: 'chunked' }).feed(Buffer.from(text), 0))).toBe(400);
  });

  test('a length ends where it says', () => {
    const reader = new BodyReader({ kind: 'length', length: 5 });
    expect(reader.feed(Buffer.from('abc'), 0)).toBe(3);
    expect(reader.feed(Buffer.from('defgh'), 0)).toBe(2);
    expect(reader.done).toBe(true);
  });
});
