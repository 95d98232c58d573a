import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FilterExpressionError } from './expression.ts';
import { parseFilter } from './parse-filter.ts';

const corpus = [
  'responsetime > 5',
  'duration >= 5 AND duration <= 8',
  'ok',
  '!ok',
  'ok = false',
  'ok !partial duration <3',
  'http.status != 200',
  'http.url CONTAINS "/api/game/"',
  'user CONTAINS ""',
  'http.url AND responseTime > 2',
  'service("api.example.com") { fault }',
  'service() { fault }',
  'service("api.example.com") { fault = true OR responsetime > 2.5 } AND annotation.foo = "bar"',
  'service("data-plane") {root = true and fault = true}',
  'edge("api.example.com", "backend.example.com") { error }',
  'edge(id(name: "service-one", type:"service::type"), id(name: "service-two", type:"service::type")) { fault }',
  'http.url BEGINSWITH "http://api.example.com/" AND http.url CONTAINS "/v2/" AND !service("api.example.com")',
  'annotation.gameid = "817DL6VO"',
  'annotation.age',
  '!annotation.age',
  'annotation.age > 29',
  'annotation[aws.local.service] = "orders"',
  'group.name = "high_response_time" AND user = "alice"',
  'fault = true AND http.url CONTAINS "example/game" AND responsetime >= 5',
  'service(id(name: "random-name", type: "AWS::Lambda::Function")) { error }',
  'service(id(type: "AWS::Lambda::Function")) { error }',
  'service("frontend") AND service(id(account.id: "123456789012"))',
  'rootcause.fault.entity { last and name = "deserialize" }',
  'rootcause.responsetime.entity { remote and coverage > 0.7 and name = "traces" }',
  'rootcause.fault.service { inferred and name = traces and type = "AWS::DynamoDB" }',
  'rootcause.fault.service { index > 5 }',
  'rootcause.responsetime.service { last and type = "AWS::DynamoDB" }',
  'rootcause.fault.exception { last and message = "Access Denied for account_id: 1234567890" }',
  'rootcause.json = #[{ "Services": [ { "Name": "GetWeatherData", "EntityPath": [{ "Name": "GetWeatherData" }] } ] }]',
];

describe('parseFilter', () => {
  test.each(corpus)('reads %s', (text) => {
    expect(parseFilter(text).kind).not.toBe('all');
  });

  test('AND binds tighter than OR, and juxtaposition is AND', () => {
    expect(parseFilter('ok OR fault !partial')).toMatchObject({
      kind: 'or',
      terms: [{ keyword: 'ok' }, { kind: 'and', terms: [{ keyword: 'fault' }, { kind: 'not' }] }],
    });
  });

  test('an empty expression selects everything', () => {
    expect(parseFilter('  ')).toEqual({ kind: 'all' });
  });

  test.each([
    ['respnsetime > 5', 0],
    ['ok AND', 6],
    ['service("a"', 11],
    ['http.url = "abc', 11],
    ['fault > 3', 0],
    ['ok ) fault', 3],
    ['duration > "x"', 0],
    ['group.name > "x"', 13],
  ])('%s is wrong at %i', (text, position) => {
    const error = (() => {
      try {
        parseFilter(text);
      } catch (caught) {
        return caught;
      }
    })();
    expect(error).toBeInstanceOf(FilterExpressionError);
    expect((error as FilterExpressionError).position).toBe(position);
  });

  test('whatever is typed, it parses or says where it is wrong', () => {
    const words = fc.constantFrom(
      'ok',
      'AND',
      '(',
      ')',
      '{',
      '}',
      '!',
      '"a"',
      'service',
      'edge',
      ',',
      '=',
      '>',
      '5',
      '[',
      ']',
      '#',
      'id',
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(words).map((parts) => parts.join(' ')),
    );
    fc.assert(
      fc.property(text, (expression) => {
        try {
          parseFilter(expression);
        } catch (error) {
          expect(error).toBeInstanceOf(FilterExpressionError);
        }
      }),
    );
  });
});
