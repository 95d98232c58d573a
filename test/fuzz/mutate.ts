import fc from 'fast-check';

/** Where to begin, with what to mix it, and what to do to it. */
export interface Mutation {
  readonly from: number;
  readonly other: number;
  readonly steps: readonly { readonly kind: number; readonly at: number; readonly value: number }[];
}

const number = fc.nat(0xff_ffff);
export const mutations: fc.Arbitrary<Mutation> = fc.record({
  from: number,
  other: number,
  steps: fc.array(fc.record({ kind: fc.nat(8), at: number, value: number }), { maxLength: 6 }),
});

/** What parsers trip over, in text and in protobuf. */
const tokens: readonly Buffer[] = [
  ...['{', '[', '"', '\\', '}', ']', ',', ':', 'null', 'true', '-1', '1e999', '0.1e-400', '9007199254740993', 'NaN'],
  ...[
    '__proto__',
    'constructor',
    'toString',
    '\0',
    '\u202e',
    '\ud83d\ude00',
    '\\ud800',
    "';--",
    '<script>',
    '{a:String}',
  ],
  ...['(', ')', '=', '!', '#', '\n', '\r', ' ', ';', '1-5759e988-bd862e3fe1be46a994272793', 'T1S', '[]', '{}', '""'],
].map((text) => Buffer.from(text));
const bytes: readonly Buffer[] = [
  '00',
  'ff',
  '80',
  'eda080',
  'c0af',
  'ffffffffffffffffff01',
  'ffffffff0f',
  '0a00',
  '4a00',
  '0b',
  '0c',
  '1f8b08',
].map((hex) => Buffer.from(hex, 'hex'));
const inserted = [...tokens, ...bytes];
const lengthMax = 200_000;

/** One case: a text of the corpus, cut, changed, repeated and mixed with another. */
export function mutate(corpus: readonly Buffer[], { from, other, steps }: Mutation): Buffer {
  let result: Buffer = Buffer.from(corpus[from % corpus.length]!);
  const second = corpus[other % corpus.length]!;
  for (const step of steps) result = change(result, second, step).subarray(0, lengthMax);
  return result;
}

function change(given: Buffer, other: Buffer, { kind, at, value }: Mutation['steps'][number]): Buffer {
  const place = given.length === 0 ? 0 : at % given.length;
  const end = Math.min(given.length, place + 1 + (value % 40));
  switch (kind) {
    case 0:
      return given.subarray(0, place);
    case 1:
      given[place] = (given[place] ?? 0) ^ (1 << (value % 8));
      return given;
    case 2:
      given[place] = value % 256;
      return given;
    case 3:
      return Buffer.concat([given.subarray(0, place), inserted[value % inserted.length]!, given.subarray(place)]);
    case 4:
      return Buffer.concat([given.subarray(0, place), given.subarray(end)]);
    case 5:
      return Buffer.concat([given.subarray(0, place), inserted[value % inserted.length]!, given.subarray(end)]);
    case 6:
      return Buffer.concat([given.subarray(0, place), other.subarray(other.length === 0 ? 0 : value % other.length)]);
    case 7: {
      const part = given.subarray(place, end);
      return Buffer.concat([
        given.subarray(0, end),
        ...Array.from({ length: value % 50 }, () => part),
        given.subarray(end),
      ]);
    }
    default:
      return Buffer.concat([
        Buffer.from(inserted[value % inserted.length]!.toString('latin1').repeat(at % 300), 'latin1'),
        given,
      ]);
  }
}
