import type { FilterPattern, PatternMatch } from './filter-pattern.ts';
import { FilterPatternError } from './filter-pattern-error.ts';
import { LinearRegex } from './linear-regex.ts';

interface Term {
  readonly sign: '' | '-' | '?';
  /** A text that every message with the term contains. */
  readonly text?: string;
  readonly occursIn: (message: string) => boolean;
}

const term = /([-?]?)(?:"((?:\\.|[^"\\])*)"|%((?:\\.|[^%\\])*)%|([^\s"%]+))(?:\s+|$)/gy;
const nothingExtracted: PatternMatch = { extractedValues: {}, valueOf: () => undefined };

/** `ERROR "disk full" -retry ?timeout`: all plain terms, none with a minus; without plain terms one with a question mark. */
export function parseTextPattern(pattern: string): FilterPattern {
  const terms = parseTerms(pattern);
  const required = terms.filter(({ sign }) => sign === '');
  const excluded = terms.filter(({ sign }) => sign === '-');
  // Beside a plain term, terms with a question mark mean nothing.
  const optional = required.length > 0 ? [] : terms.filter(({ sign }) => sign === '?');
  return {
    kind: 'text',
    requiredTexts: required.flatMap(({ text }) => text || []),
    match(message) {
      const matches =
        required.every(({ occursIn }) => occursIn(message)) &&
        !excluded.some(({ occursIn }) => occursIn(message)) &&
        (optional.length === 0 || optional.some(({ occursIn }) => occursIn(message)));
      return matches ? nothingExtracted : undefined;
    },
  };
}

function parseTerms(pattern: string): Term[] {
  const terms: Term[] = [];
  term.lastIndex = 0;
  while (term.lastIndex < pattern.length) {
    const start = term.lastIndex;
    const match = term.exec(pattern);
    if (!match) throw new FilterPatternError(`Unbalanced quotation at '${pattern.slice(start)}'`);
    const [, sign, quoted, regex, word] = match;
    terms.push({ sign: sign as Term['sign'], ...toTerm(quoted, regex, word) });
  }
  return terms;
}

function toTerm(quoted: string | undefined, regex: string | undefined, word: string | undefined): Omit<Term, 'sign'> {
  if (quoted !== undefined) {
    const text = quoted.replace(/\\(.)/g, '$1').trim() === '' ? '' : quoted.replace(/\\(.)/g, '$1');
    return { text, occursIn: (message) => message.includes(text) };
  }
  if (regex !== undefined) {
    const expression = new LinearRegex(regex);
    return { occursIn: (message) => expression.test(message) };
  }
  if (!/^[\p{L}\p{M}\p{N}_]+$/u.test(word!)) throw new FilterPatternError(`Invalid character(s) in term '${word}'`);
  return { text: word!, occursIn: (message) => containsWord(message, word!) };
}

const isAlphanumeric = (character: string | undefined) => character !== undefined && /[A-Za-z0-9]/.test(character);

/** A bare word is a whole word: what stands beside it is no letter or digit (of ASCII: other scripts need no spaces). */
function containsWord(message: string, word: string): boolean {
  for (let at = message.indexOf(word); at >= 0; at = message.indexOf(word, at + 1)) {
    const before = isAlphanumeric(word[0]) && isAlphanumeric(message[at - 1]);
    const after = isAlphanumeric(word.at(-1)) && isAlphanumeric(message[at + word.length]);
    if (!before && !after) return true;
  }
  return false;
}
