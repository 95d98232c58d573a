import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { corpus } from './corpus.fixture.ts';
import { FilterExpressionError } from './expression.ts';
import { parseFilter } from './parse-filter.ts';

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
