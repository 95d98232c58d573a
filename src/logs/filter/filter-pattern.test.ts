import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseFilterPattern } from './filter-pattern.ts';
import { LinearRegex } from './linear-regex.ts';

const accessLine = '127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534';

const cases: [pattern: string, message: string, matches: boolean][] = [
  ['', 'anything', true],
  ['" "', 'anything', true],
  ['ERROR ARGUMENTS', '[ERROR 419] MISSING ARGUMENTS', true],
  ['ERROR -ARGUMENTS', '[ERROR 419] MISSING ARGUMENTS', false],
  ['ERROR -ARGUMENTS', '[ERROR 419] MISSING', true],
  ['?ERROR ?WARN', '[WARN] x', true],
  ['?ERROR ?WARN', '[INFO] x', false],
  ['?ERROR ?WARN foo', 'foo', true],
  ['"INTERNAL SERVER ERROR"', '[ERROR 500] INTERNAL SERVER ERROR', true],
  ['-"health check"', 'GET /health check', false],
  ['%AUTH[A-Z]+%', 'UNAUTHORIZED', true],
  ['%^AUTH%', 'UNAUTHORIZED', false],
  ['%\\d{3}-\\d{4}$%', 'call 555-1234', true],
  ['%4\\d\\d|5\\d\\d%', 'status 503', true],
  ['error', 'ERROR', false],
  ['ERROR', 'ERRORS', false],
  ['ERROR', 'MY_ERROR:', true],
  ['ERROR', '処理ERROR発生', true],
  ['処理', '注文処理失敗', true],
  ['{ $.eventType = "UpdateTrail" }', '{"eventType":"UpdateTrail"}', true],
  ['{ $.eventType = UpdateTrail }', '{"eventType":"UpdateTrail"}', true],
  ['{ $.eventType = "Update*" }', '{"eventType":"UpdateTrail"}', true],
  ['{ $.sourceIPAddress != 123.123.* }', '{"sourceIPAddress":"10.0.0.1"}', true],
  ['{ $.sourceIPAddress != 123.123.* }', '{"sourceIPAddress":"123.123.0.1"}', false],
  ['{ $.sourceIPAddress != 123.123.* }', '{}', false],
  ['{ $.arrayKey[0] = "value" }', '{"arrayKey":["value"]}', true],
  ['{ $.arrayKey[*] = "b" }', '{"arrayKey":["a","b"]}', true],
  ['{ $.objectList[1].id = 2 }', '{"objectList":[{"id":1},{"id":2}]}', true],
  ['{ $.number[0] = 1e-3 }', '{"number":[0.001]}', true],
  ['{ $.latency >= 100 }', '{"latency":100.5}', true],
  ['{ $.latency < 100 }', '{"latency":"n/a"}', false],
  ['{ $.SomeObject IS NULL }', '{"SomeObject":null}', true],
  ['{ $.ok IS TRUE }', '{"ok":"true"}', false],
  ['{ $.Other NOT EXISTS }', '{"a":1}', true],
  ['{ $.a NOT EXISTS }', '{"a":null}', false],
  ['{ ($.u.id = 1) && ($.us[0].e = "x*") }', '{"u":{"id":1},"us":[{"e":"xyz"}]}', true],
  ['{ $.a = 1 || $.b = 1 && $.c = 1 }', '{"a":1,"b":0,"c":0}', true],
  ['{ ($.a = 1 || $.b = 1) && $.c = 1 }', '{"a":1,"b":0,"c":0}', false],
  ['{ $.u = %^a.c$% }', '{"u":"abc"}', true],
  ['{ $.["a b"] = 1 }', '{"a b":1}', true],
  ['{ $.u = 1 }', '{"u":{"v":1}}', false],
  ['{ $.u = 1 }', 'INFO {"u":1}', false],
  ['{ $.toString = "*" }', '{}', false],
  ['[ip, user, username, timestamp, request =*.html*, status_code = 4*, bytes]', accessLine, true],
  ['[ip, user, username, timestamp, request, status_code = 5*, bytes]', accessLine, false],
  ['[..., status_code = 404 || status_code = 410, bytes]', accessLine, true],
  ['[..., status_code >= 400 && status_code < 404, bytes]', accessLine, false],
  ['[ip, user, ...]', accessLine, true],
  ['[w1=ERROR, w2]', 'ERROR disk full now', true],
  ['[w1=ERROR, w2]', 'ERROR', false],
  ['[w1!=ERROR && w1!=WARN, w2]', 'INFO ok', true],
  ['[a, b = "x y"]', '1 "x y"', true],
  ['[a, b]', 'one', false],
];

describe('patterns of the documentation', () => {
  test.each(cases)('%s on %s', (pattern, message, matches) => {
    expect(parseFilterPattern(pattern.replace('$.[', '$[')).match(message) !== undefined).toBe(matches);
  });

  test.each(cases.filter(([, , matches]) => matches))('%s: what it requires is in %s', (pattern, message) => {
    for (const text of parseFilterPattern(pattern.replace('$.[', '$[')).requiredTexts) expect(message).toContain(text);
  });
});

test.each([
  'foo-bar',
  '"open',
  '%open',
  '%a(b)%',
  '{ $.a = }',
  '{ $.a',
  '{ a = 1 }',
  '{ $.a > x }',
  '[a',
  '[..., ...]',
  '{}',
])('%s is refused', (pattern) => {
  expect(() => parseFilterPattern(pattern)).toThrow(/Invalid filter pattern/);
});

test('values are taken out of what matches', () => {
  const json = parseFilterPattern('{ $.level = "E*" && $.ms > 1 }').match('{"level":"ERROR","ms":12.5,"n":{"x":3}}')!;
  expect(json.extractedValues).toEqual({ '$.level': 'ERROR', '$.ms': '12.5' });
  expect([json.valueOf('$.n.x'), json.valueOf('$.none')]).toEqual(['3', undefined]);
  const fields = parseFilterPattern('[ip, ..., bytes]').match(accessLine)!;
  expect(fields.extractedValues).toEqual({ $ip: '127.0.0.1', $bytes: '1534' });
});

test('a regular expression without groups means what it means elsewhere', () => {
  const piece = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\d', 'a*', 'b+', '.?', '.*', 'a{2}', '[ab]{1,2}', '|');
  const source = fc.tuple(fc.boolean(), fc.array(piece, { minLength: 1, maxLength: 6 }), fc.boolean());
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '1'), maxLength: 10 });
  fc.assert(
    fc.property(source, text, ([start, pieces, end], candidate) => {
      const regex = `${start ? '^' : ''}${pieces.join('')}${end ? '$' : ''}`;
      expect(new LinearRegex(regex).test(candidate)).toBe(new RegExp(regex).test(candidate));
    }),
    { numRuns: 2000 },
  );
});

test('an expression that makes backtracking engines stand still is answered', () => {
  expect(new LinearRegex('.*.*.*.*.*.*x$').test('a'.repeat(20_000))).toBe(false);
});

test('any text is a pattern or is refused, never anything else', () => {
  const unit = fc.constantFrom(...'{}[]()$.%"\\ =!<>&|*?-,a1', 'IS NULL', 'NOT EXISTS');
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 20 }), fc.string(), (pattern, message) => {
      try {
        parseFilterPattern(pattern).match(message);
      } catch (error) {
        expect((error as { code?: string }).code).toBe('InvalidParameterException');
      }
    }),
    { numRuns: 2000 },
  );
});
