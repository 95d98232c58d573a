interface Item {
  readonly test: (character: string) => boolean;
  readonly repeat: 'once' | 'optional' | 'any';
}

interface Alternative {
  readonly items: readonly Item[];
  readonly anchoredStart: boolean;
  readonly anchoredEnd: boolean;
}

/** The regular expression is not one that filter patterns allow. */
export class LinearRegexError extends Error {}

const itemsMax = 500;
const allowed = /^[A-Za-z0-9:_#=@/;,\-^$?[\]{}|\\*+. <>"'~`&]*$/;

/**
 * The regular expressions of filter patterns: no groups, so an alternative is a row of characters with quantifiers. All
 * ways are walked at once, so the time is the product of both lengths, whatever the expression: it comes from whoever
 * may call, and lines come from whoever may write them.
 */
export class LinearRegex {
  private readonly alternatives: readonly Alternative[];

  constructor(source: string) {
    if (!allowed.test(source)) throw new LinearRegexError(`Invalid character in regular expression: ${source}`);
    this.alternatives = splitAlternatives(source).map(parseAlternative);
  }

  /** True when any part of the text matches. */
  test(text: string): boolean {
    return this.alternatives.some((alternative) => matches(alternative, text));
  }
}

function matches({ items, anchoredStart, anchoredEnd }: Alternative, text: string): boolean {
  const end = items.length;
  let active = new Set<number>();
  const activate = (set: Set<number>, from: number) => {
    for (let index = from; index <= end; index += 1) {
      set.add(index);
      if (index === end || items[index]!.repeat === 'once') return;
    }
  };
  activate(active, 0);
  for (let position = 0; position < text.length; position += 1) {
    if (active.has(end) && !anchoredEnd) return true;
    const next = new Set<number>();
    const character = text[position]!;
    for (const index of active) {
      if (index === end || !items[index]!.test(character)) continue;
      activate(next, items[index]!.repeat === 'any' ? index : index + 1);
    }
    if (!anchoredStart) activate(next, 0);
    active = next;
  }
  return active.has(end);
}

function splitAlternatives(source: string): string[] {
  const parts = [''];
  let inClass = false;
  for (let index = 0; index < source.length; index += 1) {
    const character = source[index]!;
    if (character === '\\') {
      parts[parts.length - 1] += character + (source[index + 1] ?? '');
      index += 1;
      continue;
    }
    if (character === '[') inClass = true;
    if (character === ']') inClass = false;
    if (character === '|' && !inClass) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts;
}

function parseAlternative(source: string): Alternative {
  const anchoredStart = source.startsWith('^');
  const anchoredEnd = /(?<!\\)(?:\\\\)*\$$/.test(source);
  const body = source.slice(anchoredStart ? 1 : 0, anchoredEnd ? -1 : undefined);
  const items: Item[] = [];
  const piece = /(\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|[^\\[\]*+?{}^$])(\*|\+|\?|\{\d{1,3}(?:,\d{0,3})?\})?\??/gy;
  while (piece.lastIndex < body.length) {
    const match = piece.exec(body);
    if (!match) throw new LinearRegexError(`Invalid regular expression: ${source}`);
    items.push(...repeated(toTest(match[1]!), match[2]));
    if (items.length > itemsMax) throw new LinearRegexError('The regular expression is too long.');
  }
  return { items, anchoredStart, anchoredEnd };
}

function repeated(test: Item['test'], quantifier: string | undefined): Item[] {
  const once: Item = { test, repeat: 'once' };
  const any: Item = { test, repeat: 'any' };
  switch (quantifier) {
    case undefined:
      return [once];
    case '*':
      return [any];
    case '+':
      return [once, any];
    case '?':
      return [{ test, repeat: 'optional' }];
    default: {
      const [, least, comma, most] = /^\{(\d+)(,?)(\d*)\}$/.exec(quantifier)!;
      const head = Array<Item>(Number(least)).fill(once);
      if (comma && !most) return [...head, any];
      const optional = comma ? Number(most) - Number(least) : 0;
      if (optional < 0) throw new LinearRegexError(`Invalid quantifier ${quantifier}`);
      return [...head, ...Array<Item>(optional).fill({ test, repeat: 'optional' })];
    }
  }
}

function toTest(atom: string): Item['test'] {
  if (atom.length === 1 && atom !== '.') return (character) => character === atom;
  try {
    // One character against one class: nothing that could take long.
    const single = new RegExp(`^${atom}$`);
    return (character) => single.test(character);
  } catch {
    throw new LinearRegexError(`Invalid regular expression: ${atom}`);
  }
}
