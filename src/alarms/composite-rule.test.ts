import fc from 'fast-check';
import { expect, test } from 'vitest';
import { childrenOf, evaluateRule, parseRule, RuleError } from './composite-rule.ts';
import type { AlarmStateValue } from './index.ts';

const states: Record<string, AlarmStateValue> = { a: 'ALARM', b: 'OK', 'with space': 'ALARM', d: 'INSUFFICIENT_DATA' };
const evaluate = (text: string) => evaluateRule(parseRule(text), (name) => states[name]);

test.each([
  ['ALARM(a)', true],
  ['ALARM(b) OR ALARM(a) AND OK(b)', true],
  ['(ALARM(b) OR ALARM(a)) AND NOT OK(b)', false],
  ['NOT ALARM(b)', true],
  ['ALARM("with space")', true],
  ['INSUFFICIENT_DATA(d) AND TRUE', true],
  ['FALSE OR ALARM(nowhere)', false],
  ['AT_LEAST(2, ALARM, (a, b, "with space"))', true],
  ['AT_LEAST(50%, ALARM, (a, b))', true],
  ['AT_LEAST(2, NOT ALARM, (a, b))', false],
])('%s', (text, expected) => {
  expect(evaluate(text)).toBe(expected);
});

test('children by name, mistakes by position', () => {
  expect(childrenOf(parseRule('ALARM(a) AND (OK("b c") OR AT_LEAST(1, OK, (d)))'))).toEqual(['a', 'b c', 'd']);
  expect(() => parseRule('ALARM(a) AND')).toThrow('position 13');
  expect(() => parseRule('')).toThrow(RuleError);
  expect(() => parseRule('('.repeat(500))).toThrow(RuleError);
});

test('any text is a rule or a RuleError', () => {
  const word = fc.constantFrom(
    'ALARM',
    'OK',
    '(',
    ')',
    'a',
    'NOT',
    'AND',
    'OR',
    'TRUE',
    '"',
    ',',
    'AT_LEAST',
    '5',
    '%',
  );
  fc.assert(
    fc.property(fc.array(word), (words) => {
      try {
        parseRule(words.join(' '));
      } catch (error) {
        expect(error).toBeInstanceOf(RuleError);
      }
    }),
  );
});
