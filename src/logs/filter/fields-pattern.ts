import { type ComparisonOperator, compileComparison } from './compare-value.ts';
import type { FilterPattern } from './filter-pattern.ts';
import { FilterPatternError } from './filter-pattern-error.ts';

interface Field {
  readonly name?: string;
  readonly isEllipsis: boolean;
  readonly holds?: (value: string) => boolean;
}

/** `[ip, user, ..., status = 4*, bytes]` over the fields of a line. */
export function parseFieldsPattern(pattern: string): FilterPattern {
  if (!pattern.endsWith(']')) throw new FilterPatternError("A pattern of fields ends in ']'");
  const fields = splitOutsideQuotes(pattern.slice(1, -1), ',').map((text) => parseField(text.trim()));
  if (fields.filter(({ isEllipsis }) => isEllipsis).length > 1) {
    throw new FilterPatternError("'...' may stand once only");
  }
  return {
    kind: 'fields',
    requiredTexts: [],
    match(message) {
      const values = assignValues(fields, message);
      if (!values) return undefined;
      const named = new Map<string, string>();
      for (const [index, field] of fields.entries()) {
        const value = values[index];
        if (field.holds && (value === undefined || !field.holds(value))) return undefined;
        if (field.name !== undefined && value !== undefined) named.set(`$${field.name}`, value);
      }
      return { extractedValues: Object.fromEntries(named), valueOf: (selector) => named.get(selector) };
    },
  };
}

/** The value of each field, undefined for the ellipsis; undefined when the numbers do not fit. */
function assignValues(fields: readonly Field[], message: string): (string | undefined)[] | undefined {
  const tokens = tokenize(message);
  const ellipsis = fields.findIndex(({ isEllipsis }) => isEllipsis);
  if (ellipsis >= 0) {
    const tail = fields.length - ellipsis - 1;
    if (tokens.length < fields.length - 1) return undefined;
    const values = tokens.map(({ value }) => value);
    return [...values.slice(0, ellipsis), undefined, ...values.slice(values.length - tail)];
  }
  if (tokens.length < fields.length) return undefined;
  const values: string[] = tokens.slice(0, fields.length).map(({ value }) => value);
  if (tokens.length > fields.length) {
    // A last field without a condition takes the rest of the line.
    if (fields.at(-1)!.holds) return undefined;
    values[values.length - 1] = message.slice(tokens[fields.length - 1]!.start).trimEnd();
  }
  return values;
}

/** Fields are parted by spaces; `"..."` and `[...]` are one field, without the marks. */
function tokenize(message: string): { value: string; start: number }[] {
  const tokens: { value: string; start: number }[] = [];
  for (const match of message.matchAll(/"([^"]*)"|\[([^\]]*)\]|\S+/g)) {
    tokens.push({ value: match[1] ?? match[2] ?? match[0], start: match.index });
  }
  return tokens;
}

function parseField(text: string): Field {
  if (text === '...') return { isEllipsis: true };
  if (/^[A-Za-z0-9_]+$/.test(text)) return { isEllipsis: false, name: text };
  const names = new Set<string>();
  const alternatives = splitOutsideQuotes(text, '||').map((alternative) =>
    splitOutsideQuotes(alternative, '&&').map((condition) => {
      const match = /^\s*\(*\s*([A-Za-z0-9_]+)\s*(!=|<=|>=|=|<|>)\s*(.*?)\s*\)*\s*$/s.exec(condition);
      if (!match) throw new FilterPatternError(`Invalid field '${text}'`);
      names.add(match[1]!);
      return compileComparison(match[2] as ComparisonOperator, match[3]!);
    }),
  );
  if (names.size !== 1) throw new FilterPatternError(`A field has one name: '${text}'`);
  return {
    isEllipsis: false,
    name: [...names][0]!,
    holds: (value) => alternatives.some((all) => all.every((comparison) => comparison.holds(value))),
  };
}

function splitOutsideQuotes(text: string, separator: string): string[] {
  const parts = [''];
  let quote: string | undefined;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index]!;
    if (quote === undefined && text.startsWith(separator, index)) {
      parts.push('');
      index += separator.length - 1;
      continue;
    }
    if (character === quote) quote = undefined;
    else if (quote === undefined && (character === '"' || character === '%')) quote = character;
    parts[parts.length - 1] += character;
  }
  return parts;
}
