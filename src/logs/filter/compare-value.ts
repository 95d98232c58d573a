import { FilterPatternError } from './filter-pattern-error.ts';
import { LinearRegex } from './linear-regex.ts';

export type ComparisonOperator = '=' | '!=' | '<' | '>' | '<=' | '>=';

export interface Comparison {
  holds(value: string | number | boolean): boolean;
  /** A text that a value must contain for `=` to hold, when there is one. */
  readonly requiredText?: string;
}

const numberPattern = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

const isNumberText = (text: string): boolean => numberPattern.test(text);

/** One comparison of a JSON or fields pattern; `literal` is its right side as written: quoted, `%regex%` or bare. */
export function compileComparison(operator: ComparisonOperator, literal: string): Comparison {
  if (literal === '') throw new FilterPatternError(`A value is missing after '${operator}'`);
  if (operator !== '=' && operator !== '!=') return compileOrder(operator, literal);
  const { equals, requiredText } = compileEquality(literal);
  if (operator === '!=') return { holds: (value) => !equals(value) };
  return { holds: equals, ...(requiredText !== undefined && { requiredText }) };
}

function compileEquality(literal: string): { equals: Comparison['holds']; requiredText?: string } {
  if (literal.startsWith('%')) {
    if (literal.length < 2 || !literal.endsWith('%'))
      throw new FilterPatternError(`Invalid regular expression ${literal}`);
    const regex = new LinearRegex(literal.slice(1, -1));
    return { equals: (value) => regex.test(String(value)) };
  }
  const isQuoted = literal.startsWith('"');
  const text = isQuoted ? unquote(literal) : literal;
  if (!isQuoted && isNumberText(text)) {
    const number = Number(text);
    return {
      equals: (value) =>
        typeof value === 'number' || isNumberText(String(value)) ? Number(value) === number : value === text,
    };
  }
  return { equals: (value) => matchesWildcard(text, String(value)), ...plainPart(text) };
}

function compileOrder(operator: '<' | '>' | '<=' | '>=', literal: string): Comparison {
  if (!isNumberText(literal)) throw new FilterPatternError(`'${operator}' needs a number, not ${literal}`);
  const number = Number(literal);
  const compare = {
    '<': (value: number) => value < number,
    '>': (value: number) => value > number,
    '<=': (value: number) => value <= number,
    '>=': (value: number) => value >= number,
  }[operator];
  return {
    holds: (value) =>
      (typeof value === 'number' || (typeof value === 'string' && isNumberText(value))) && compare(Number(value)),
  };
}

function unquote(literal: string): string {
  if (literal.length < 2 || !literal.endsWith('"')) throw new FilterPatternError(`Unbalanced quotation at ${literal}`);
  return literal.slice(1, -1).replace(/\\(["\\])/g, '$1');
}

/** The longest part without wildcards, if it is written the same in JSON. */
function plainPart(text: string): { requiredText?: string } {
  const longest = text.split('*').sort((a, b) => b.length - a.length)[0] ?? '';
  return /^[A-Za-z0-9 _.:,#=@-]+$/.test(longest) ? { requiredText: longest } : {};
}

/** `*` stands for any text. The parts between are found one after the other. */
function matchesWildcard(pattern: string, text: string): boolean {
  const parts = pattern.split('*');
  if (parts.length === 1) return pattern === text;
  const head = parts[0]!;
  const tail = parts.at(-1)!;
  if (text.length < head.length + tail.length || !text.startsWith(head) || !text.endsWith(tail)) return false;
  let from = head.length;
  for (const part of parts.slice(1, -1)) {
    const at = text.indexOf(part, from);
    if (at < 0 || at + part.length > text.length - tail.length) return false;
    from = at + part.length;
  }
  return true;
}
