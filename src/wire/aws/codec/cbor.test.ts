import { cbor } from '@smithy/core/cbor';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SerializationError } from '../serialization-error.ts';
import { parseCbor } from './cbor-reader.ts';
import { writeCborText } from './cbor-writer.ts';

const plain = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.string({ unit: 'grapheme' }),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true }),
    fc.boolean(),
    fc.array(tie('value'), { maxLength: 30 }),
    fc.dictionary(fc.string(), tie('value')),
  ),
})).value;

test('reads what the SDK writes', () => {
  fc.assert(
    fc.property(plain, (value) => {
      const read = parseCbor(Buffer.from(cbor.serialize(value)));
      expect(JSON.stringify(read)).toBe(JSON.stringify(value));
    }),
  );
});

test('cut or changed at any byte, it is refused or read, and nothing else', () => {
  fc.assert(
    fc.property(plain, fc.nat(), fc.nat({ max: 255 }), (value, at, byte) => {
      const bytes = Buffer.from(cbor.serialize(value));
      const changed = Buffer.from(bytes);
      changed[at % bytes.length] = byte;
      for (const input of [bytes.subarray(0, at % bytes.length), changed]) {
        try {
          parseCbor(input);
        } catch (error) {
          expect(error).toBeInstanceOf(SerializationError);
        }
      }
    }),
  );
});

test.each([
  ['a list that claims four thousand million items', '9affffffff'],
  ['ten thousand nested lists', '81'.repeat(10_000)],
  ['a lone break', 'ff'],
  ['two values', '0102'],
  ['a number as a key', 'a10102'],
  ['a string of mixed parts', '7f61614162ff'],
])('refuses %s', (_name, hex) => {
  expect(() => parseCbor(Buffer.from(hex, 'hex'))).toThrow(SerializationError);
});

test.each([
  ['f93e00', 1.5],
  ['f90001', 2 ** -24],
  ['fa47c35000', 100_000],
  ['c1fb41d8fa2e5f000000', 1676196220],
  ['9f0102ff', [1, 2]],
  ['bf6161f6ff', { a: null }],
  ['7f6161626263ff', 'abc'],
  ['1bffffffffffffffff', 2 ** 64],
])('reads %s', (hex, value) => {
  expect(parseCbor(Buffer.from(hex, 'hex'))).toEqual(value);
});

test('the SDK reads what we write', () => {
  const texts = { __type: 'a#b', message: 'ü'.repeat(300) };
  expect(cbor.deserialize(writeCborText(texts))).toEqual(texts);
});
