import { FilterPatternError } from './filter-pattern-error.ts';

type Step = { readonly name: string } | { readonly index: number } | 'every-member' | 'every-element';

export type JsonSelector = readonly Step[];

const step = /\.\*|\.([^\s.[\](){}=!<>,"*&|]+)|\[\*\]|\[(\d+)\]|\["((?:\\.|[^"\\])*)"\]/gy;

/** The selector at the start of `text` (`$.a.b[0]["c d"]`) and where it ends; undefined when there is none. */
export function readSelector(text: string, start: number): { selector: JsonSelector; end: number } | undefined {
  if (text[start] !== '$') return undefined;
  const selector: Step[] = [];
  let end = start + 1;
  for (;;) {
    step.lastIndex = end;
    const match = step.exec(text);
    if (!match) break;
    const [whole, name, index, quoted] = match;
    if (whole === '.*') selector.push('every-member');
    else if (whole === '[*]') selector.push('every-element');
    else if (index !== undefined) selector.push({ index: Number(index) });
    else selector.push({ name: name ?? quoted!.replace(/\\(.)/g, '$1') });
    end += whole.length;
  }
  if (selector.length === 0) throw new FilterPatternError(`Invalid property selector at '${text.slice(start)}'`);
  return { selector, end };
}

/** Every value that the selector meets. */
export function select(document: unknown, selector: JsonSelector): unknown[] {
  let values: unknown[] = [document];
  for (const each of selector) values = values.flatMap((value) => follow(value, each));
  return values;
}

function follow(value: unknown, each: Step): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  if (each === 'every-element') return Array.isArray(value) ? value : [];
  if (each === 'every-member') return Array.isArray(value) ? [] : Object.values(value);
  if ('index' in each) return Array.isArray(value) && each.index < value.length ? [value[each.index]] : [];
  if (Array.isArray(value) || !Object.hasOwn(value, each.name)) return [];
  return [(value as Record<string, unknown>)[each.name]];
}
