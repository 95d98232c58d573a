import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addToPattern } from './add-to-pattern.ts';
import { findPatterns, templateOf } from './find-patterns.ts';
import { valuesOfLine } from './line-values.ts';

describe('the values of a line', () => {
  it('are the members of JSON, by their paths', () => {
    expect(valuesOfLine('{"level":"error","http":{"status":502},"ok":false,"a b":1}')).toEqual([
      { path: '$.level', text: 'error', kind: 'string' },
      { path: '$.http.status', text: '502', kind: 'number' },
      { path: '$.ok', text: 'false', kind: 'boolean' },
    ]);
  });

  it('are pairs, quoted texts and words that tell something', () => {
    const values = valuesOfLine('ERROR the request "GET /cart" failed status=502 in /app/server.js');
    expect(values.map((value) => value.text)).toEqual(['ERROR', 'GET /cart', '502', '/app/server.js']);
  });

  it('never throw, whatever the line', () => {
    fc.assert(
      fc.property(fc.string(), (line) => Array.isArray(valuesOfLine(line)) && Array.isArray(valuesOfLine(`{${line}`))),
    );
  });
});

describe('a filter pattern', () => {
  const status = { path: '$.status', text: '502', kind: 'number' } as const;
  const level = { path: '$.level', text: 'error', kind: 'string' } as const;

  it('grows by what is clicked', () => {
    expect(addToPattern('', level, 'include')).toBe('{ $.level = "error" }');
    expect(addToPattern('{ $.level = "error" }', status, 'exclude')).toBe(
      '{ ($.level = "error") && ($.status != 502) }',
    );
    expect(addToPattern('GET', { text: 'ERROR', kind: 'string' }, 'include')).toBe('GET "ERROR"');
    expect(addToPattern('GET', { text: 'a "b"', kind: 'string' }, 'exclude')).toBe('GET -"a \\"b\\""');
    expect(addToPattern('', { path: '$.ok', text: 'false', kind: 'boolean' }, 'include')).toBe('{ $.ok IS FALSE }');
  });

  it('has nothing twice, and never mixes JSON and text', () => {
    const once = addToPattern('', level, 'include');
    expect(addToPattern(once, level, 'include')).toBe(once);
    expect(addToPattern('"a b"', { text: 'a b', kind: 'string' }, 'include')).toBe('"a b"');
    expect(addToPattern('GET', level, 'include')).toBe('GET "error"');
  });

  it('narrows what there is, also by a value that begins like another, and beside alternatives', () => {
    expect(addToPattern('{ $.status = 502 }', { path: '$.status', text: '50', kind: 'number' }, 'include')).toBe(
      '{ ($.status = 502) && ($.status = 50) }',
    );
    expect(addToPattern('{ ($.a = 1) || ($.b = 2) }', status, 'include')).toBe(
      '{ (($.a = 1) || ($.b = 2)) && ($.status = 502) }',
    );
    expect(addToPattern('{ ($.a = 1) && ($.b = 2) }', status, 'include')).toBe(
      '{ ($.a = 1) && ($.b = 2) && ($.status = 502) }',
    );
  });
});

describe('patterns', () => {
  const event = (message: string, timestamp = 0) => ({ message, timestamp });

  it('put lines together that differ in numbers, ids and times only', () => {
    const patterns = findPatterns([
      event('2026-11-22T04:00:00.001Z GET /cart 200 12 ms', 1),
      event('2026-11-22T04:00:09.001Z GET /cart 502 5012 ms', 2),
      event('started', 3),
    ]);
    expect(patterns.map(({ template, count }) => [template, count])).toEqual([
      ['<*> GET /cart <*> <*> ms', 2],
      ['started', 1],
    ]);
    expect(patterns[0]!.example.timestamp).toBe(2);
    expect(patterns[0]!.fixed).toEqual(['GET /cart']);
  });

  it('keep the names of JSON members', () => {
    expect(templateOf('{"level":"info","ms":12}')).toBe('{"level":<*>,"ms":<*>}');
  });

  it('count every line once', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (lines) => {
        const patterns = findPatterns(lines.map((line) => event(line)));
        expect(patterns.reduce((sum, pattern) => sum + pattern.count, 0)).toBe(lines.length);
      }),
    );
  });
});
