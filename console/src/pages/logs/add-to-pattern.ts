import type { LineValue } from './line-values.ts';

const quote = (text: string) => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

/**
 * A filter pattern that asks for a value more, or for lines without it. JSON and text patterns cannot be mixed: a value of a
 * JSON line is asked for as text when the pattern is one of text already.
 */
export function addToPattern(pattern: string, value: LineValue, mode: 'include' | 'exclude'): string {
  const before = pattern.trim();
  const isJson = /^\{.*\}$/s.test(before);
  if (value.path !== undefined && (before === '' || isJson)) {
    const literal = value.kind === 'string' ? quote(value.text) : value.text;
    const operator = mode === 'include' ? '=' : '!=';
    const condition =
      value.kind === 'boolean'
        ? `${value.path} IS ${(value.text === 'true') === (mode === 'include') ? 'TRUE' : 'FALSE'}`
        : `${value.path} ${operator} ${literal}`;
    const inner = before.slice(1, -1).trim();
    if (inner === '') return `{ ${condition} }`;
    if (inner === condition || inner.includes(`(${condition})`)) return before;
    // What was joined here before stays as it is; anything else, `(a) || (b)`, is one condition beside the new one.
    const isJoined = inner.startsWith('(') && !inner.includes('||');
    return `{ ${isJoined ? inner : `(${inner})`} && (${condition}) }`;
  }
  // A JSON pattern cannot ask for text: the new term takes its place.
  const term = `${mode === 'exclude' ? '-' : ''}${quote(value.text)}`;
  if (isJson || before === '') return term;
  return before.split(/\s+(?=(?:[^"]*"[^"]*")*[^"]*$)/).includes(term) ? before : `${before} ${term}`;
}
