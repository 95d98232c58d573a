import { describe, expect, it } from 'vitest';
import { addToFilter, between, edgeCondition, quoted, serviceCondition } from './filter-text.ts';

describe('filter texts', () => {
  it('quote what a name may contain', () => {
    expect(quoted('a "b" \\c')).toBe('"a \\"b\\" \\\\c"');
  });

  it('name a node by its type too, if it has one', () => {
    expect(serviceCondition({ name: 'bff', type: '' }, 'fault')).toBe('service("bff") { fault }');
    expect(serviceCondition({ name: 't', type: 'AWS::DynamoDB::Table' })).toBe(
      'service(id(name: "t", type: "AWS::DynamoDB::Table"))',
    );
    expect(edgeCondition('a', 'b', 'error')).toBe('edge("a", "b") { error }');
    expect(between(4.80004, 5)).toBe('responsetime >= 4.8 AND responsetime <= 5');
  });

  it('are joined once each, alternatives in brackets', () => {
    expect(addToFilter('', 'fault')).toBe('fault');
    expect(addToFilter('fault', 'fault')).toBe('fault');
    expect(addToFilter('ok', 'responsetime > 5')).toBe('ok AND responsetime > 5');
    expect(addToFilter('error OR fault', 'responsetime > 5')).toBe('(error OR fault) AND responsetime > 5');
  });
});
