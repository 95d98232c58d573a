import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileConditions, compileWildcard, type RoutableRequest } from './match-rule.ts';

const request = (values: Partial<RoutableRequest>): RoutableRequest => ({
  method: 'GET',
  hostName: 'shop.example.com',
  path: '/',
  query: undefined,
  headers: [],
  lowerNames: [],
  clientAddress: '127.0.0.1',
  ...values,
});

describe('wildcards', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '/', '.'), maxLength: 8 });

  test('a pattern without wildcards matches exactly itself', () => {
    fc.assert(
      fc.property(letters, letters, (pattern, text) => {
        expect(compileWildcard(pattern, { ignoreCase: false })(text)).toBe(pattern === text);
      }),
    );
  });

  test('agrees with the regular expression that says the same', () => {
    const patterns = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '?'), maxLength: 8 });
    fc.assert(
      fc.property(patterns, letters, (pattern, text) => {
        const expression = pattern.replaceAll('.', '\\.').replace(/\*+/g, '[^]*').replaceAll('?', '[^]');
        expect(compileWildcard(pattern, { ignoreCase: false })(text)).toBe(new RegExp(`^${expression}$`).test(text));
      }),
    );
  });

  test('a pattern that would stall a regular expression is answered at once', () => {
    expect(compileWildcard('*a*a*a*a*b', { ignoreCase: false })('a'.repeat(16_000))).toBe(false);
  });

  test('escaped wildcards are themselves', () => {
    const matches = compileWildcard('a\\*?', { ignoreCase: true, escapes: true });
    expect([matches('A*x'), matches('abx'), matches('a*')]).toEqual([true, false, false]);
  });
});

describe('conditions', () => {
  test.each([
    [{ Field: 'host-header', Values: ['*.EXAMPLE.com'] }, {}, true],
    [{ Field: 'host-header', Values: ['example.com'] }, {}, false],
    [{ Field: 'path-pattern', Values: ['/api/*'] }, { path: '/api/x' }, true],
    [{ Field: 'path-pattern', Values: ['/api/*'] }, { path: '/API/x' }, false],
    [{ Field: 'path-pattern', Values: ['/a?c'] }, { path: '/abc' }, true],
    [{ Field: 'http-request-method', HttpRequestMethodConfig: { Values: ['GET'] } }, { method: 'HEAD' }, false],
    [
      { Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'X-Team', Values: ['blue*'] } },
      { headers: ['x-team', 'red', 'x-TEAM', 'BLUE-1'], lowerNames: ['x-team', 'x-team'] },
      true,
    ],
    [
      { Field: 'query-string', QueryStringConfig: { Values: [{ Key: 'version', Value: 'v1' }] } },
      { query: 'a=b&VERSION=V1' },
      true,
    ],
    [{ Field: 'query-string', QueryStringConfig: { Values: [{ Value: '*x*' }] } }, { query: 'k=axb' }, true],
    [{ Field: 'query-string', QueryStringConfig: { Values: [{ Value: '*' }] } }, {}, false],
    [{ Field: 'source-ip', SourceIpConfig: { Values: ['10.0.0.0/8', '127.0.0.0/8'] } }, {}, true],
    [{ Field: 'source-ip', SourceIpConfig: { Values: ['::1/128'] } }, { clientAddress: '::1' }, true],
    [{ Field: 'source-ip', SourceIpConfig: { Values: ['10.0.0.0/8'] } }, {}, false],
  ])('%j on %j: %s', (condition, values, expected) => {
    expect(compileConditions([condition])(request(values))).toBe(expected);
  });

  test('all conditions must hold', () => {
    const matches = compileConditions([
      { Field: 'path-pattern', Values: ['/a', '/b'] },
      { Field: 'http-request-method', HttpRequestMethodConfig: { Values: ['GET'] } },
    ]);
    expect(matches(request({ path: '/b' }))).toBe(true);
    expect(matches(request({ path: '/b', method: 'PUT' }))).toBe(false);
  });
});
