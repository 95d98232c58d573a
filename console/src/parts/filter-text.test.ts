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
    expect(addToFilter('(error) OR (fault)', 'ok')).toBe('((error) OR (fault)) AND ok');
    expect(addToFilter('service("a OR b") AND (ok or fault)', 'ok')).toBe('service("a OR b") AND (ok or fault) AND ok');
  });

  it('takes only a whole condition for one that is there already', () => {
    expect(addToFilter('service("a") { fault } AND http.url = "/fault"', 'fault')).toMatch(/ AND fault$/);
    expect(addToFilter('annotation[a] = 12', 'annotation[a] = 1')).toBe('annotation[a] = 12 AND annotation[a] = 1');
    const joined = 'service("a") { fault } AND http.url = "x AND fault" AND error';
    for (const condition of ['service("a") { fault }', 'http.url = "x AND fault"', 'error']) {
      expect(addToFilter(joined, condition)).toBe(joined);
    }
  });
});
