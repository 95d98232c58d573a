import { expect, test } from 'vitest';
import { compilePartFilter } from './compile-part-filter.ts';
import { FilterExpressionError } from './expression.ts';
import { SqlParameters } from './sql-parameters.ts';

const scope = {
  trace: 'trace_id = {traceId:String}',
  groups: new Map([['slow', 'duration > 1']]),
  accountId: '000000000000',
};
const compile = (text: string) => {
  const parameters = new SqlParameters();
  return { ...compilePartFilter(text, scope, parameters), values: parameters.values };
};

test('text of a user is bound, never part of the statement', () => {
  const { segments, calls, values } = compile(`service("x') OR 1=1 --") AND http.url CONTAINS "'"`);
  expect(segments + calls).not.toContain('1=1');
  expect(Object.values(values)).toContain("x') OR 1=1 --");
});

test('an edge is a call, a group is its expression', () => {
  expect(compile('edge("a", "b")').segments).toBe('false');
  expect(compile('group.name = "slow"').segments).toContain('toUnixTimestamp64Micro(end)');
});

test('what is not about parts is refused at its place', () => {
  expect(() => compile('fault AND rootcause.fault.service { name = "a" }')).toThrow(FilterExpressionError);
  expect(() => compile('group.name = "none"')).toThrow('There is no group "none" at position 1');
});
