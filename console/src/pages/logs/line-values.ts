/** Something in a line that a search can be narrowed by. */
export interface LineValue {
  /** Of JSON lines: `$.level`, as filter patterns select it. */
  path?: string;
  /** Of `key=value` lines: the key, for reading only. */
  key?: string;
  text: string;
  /** How JSON has it; strings only for other lines. */
  kind: 'string' | 'number' | 'boolean';
}

const valuesMax = 24;
const textMax = 200;
const depthMax = 3;

/** The values of a line: members of JSON, else `key=value` pairs, quoted texts and words that look like something. */
export function valuesOfLine(message: string): LineValue[] {
  const json = parseObject(message);
  const found = json ? membersOf(json, '$', 0) : wordsOf(message);
  const unique = new Map(found.map((value) => [`${value.path ?? ''} ${value.text}`, value]));
  return [...unique.values()].filter((value) => value.text !== '' && value.text.length <= textMax).slice(0, valuesMax);
}

function parseObject(message: string): Record<string, unknown> | undefined {
  if (!message.trimStart().startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(message);
    return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function membersOf(object: Record<string, unknown>, path: string, depth: number): LineValue[] {
  return Object.entries(object).flatMap(([name, value]): LineValue[] => {
    // Names with other characters cannot be written in a selector.
    if (!/^[\w-]+$/.test(name)) return [];
    const inner = `${path}.${name}`;
    if (typeof value === 'string') return [{ path: inner, text: value, kind: 'string' }];
    if (typeof value === 'number') return [{ path: inner, text: String(value), kind: 'number' }];
    if (typeof value === 'boolean') return [{ path: inner, text: String(value), kind: 'boolean' }];
    if (value === null || typeof value !== 'object' || Array.isArray(value) || depth >= depthMax) return [];
    return membersOf(value as Record<string, unknown>, inner, depth + 1);
  });
}

const wordPattern = /([\w.-]+)=("[^"]*"|[^\s,;]+)|"([^"]+)"|([^\s,;[\]()"]+)/g;

function wordsOf(message: string): LineValue[] {
  return [...message.slice(0, 4000).matchAll(wordPattern)].flatMap((match): LineValue[] => {
    const [, key, value, quotedText, word] = match;
    if (key !== undefined && value !== undefined) {
      return [{ key, text: value.replace(/^"(.*)"$/, '$1'), kind: 'string' }];
    }
    const text = quotedText ?? word ?? '';
    // A word by itself tells something when it is a level, a status, a path, a name with digits: not "the".
    const tells = quotedText !== undefined || /^[A-Z]{3,}$|\d|[/_.:@-]./.test(text);
    return tells && text.length >= 2 ? [{ text, kind: 'string' }] : [];
  });
}
