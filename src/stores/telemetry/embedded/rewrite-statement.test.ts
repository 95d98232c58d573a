import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkInsertBody, inlineParameters, parseInsert, takesSettings } from './rewrite-statement.ts';

describe('inlineParameters', () => {
  test('a string value becomes one escaped literal', () => {
    expect(inlineParameters('select {a:String}', { a: "x'; drop table t; --" })).toBe(
      "select 'x\\'; drop table t; --'",
    );
  });
  test('other types are cast, composite values keep their own quoting', () => {
    expect(inlineParameters("{n:UInt8} {t:DateTime64(3, 'UTC')}", { n: '5', t: '1.5' })).toBe(
      "_CAST('5', 'UInt8') _CAST('1.5', 'DateTime64(3, \\'UTC\\')')",
    );
    expect(inlineParameters('{l:Array(String)}', { l: "['it\\'s']" })).toBe(
      "_CAST('[\\'it\\\\\\'s\\']', 'Array(String)')",
    );
    expect(inlineParameters('{t:Identifier}', { t: 'a`b' })).toBe('`a\\`b`');
    expect(inlineParameters('{t:Nullable(String)}', { t: '\\N' })).toBe("_CAST(NULL, 'Nullable(String)')");
  });
  test('placeholders in quotes and comments are text', () => {
    expect(inlineParameters("select '{a:String}' -- {b:String}\n, 1", {})).toBe("select '{a:String}'  \n, 1");
  });
  test('a second statement is refused, a semicolon at the end is not', () => {
    expect(inlineParameters('select 1; -- done', {})).toBe('select 1');
    expect(() => inlineParameters('select 1; drop table t', {})).toThrow('Multi-statements');
    expect(() => inlineParameters('select $$;$$', {})).toThrow('heredocs');
    expect(() => inlineParameters("select 'x", {})).toThrow('unterminated');
    expect(() => inlineParameters('select {a:String}', {})).toThrow('was not set');
  });
  test('no value can leave its literal', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const escaped = value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\t', '\\t');
        const sql = inlineParameters('{a:String}', { a: escaped });
        expect(sql[0]).toBe("'");
        // The first quote that is not escaped is the last character.
        expect(/^'(?:[^'\\]|\\[\s\S])*'$/.test(sql)).toBe(true);
      }),
    );
  });
});

test('only JSON lines, and binary rows with their columns, may be inserted', () => {
  expect(parseInsert('INSERT INTO t FORMAT JSONEachRow')).toEqual({ table: 't', columns: [], format: 'JSONEachRow' });
  expect(parseInsert('INSERT INTO `d`.`t` (`a`, b) FORMAT JSONCompactEachRow\n')?.columns).toEqual(['a', 'b']);
  expect(parseInsert('INSERT INTO t (a) FORMAT RowBinary')).toEqual({
    table: 't',
    columns: ['a'],
    format: 'RowBinary',
  });
  expect(() => parseInsert('INSERT INTO t FORMAT RowBinary')).toThrow('names of their columns');
  expect(() => parseInsert('INSERT INTO t (a) FORMAT Native')).toThrow('cannot be inserted');
  expect(parseInsert('INSERT INTO t SELECT 1')).toBeUndefined();
  for (const body of ['{"a":1}\n\nDROP TABLE t', '\n{"a":1}', '{"a":1}\n \n{}', '1,"a\n\nb"']) {
    expect(() => checkInsertBody(Buffer.from(body))).toThrow('JSON object');
  }
  expect(() => checkInsertBody(Buffer.from('{"a":"\\n\\n"}\n{"a":2}\n'))).not.toThrow();
});

test('settings stand behind reading statements only', () => {
  expect(takesSettings('(select 1)')).toBe(true);
  expect(takesSettings('CREATE TABLE t (a Int8) ENGINE = Memory')).toBe(false);
});
