/** `*` and `?` of a policy; anything else is one literal character. */
type Token = { readonly wild: 'many' | 'one' } | string;

/** Looks up a policy variable such as `aws:username`; undefined when the request has no such key. */
export type VariableLookup = (key: string) => string | undefined;

const many: Token = { wild: 'many' };
const one: Token = { wild: 'one' };
const variablePattern = /\$\{([^}]*)\}/g;

/** True when `text` matches a pattern of `*` and `?`. Linear in practice, never exponential. */
export function matchesPattern(pattern: string, text: string, ignoreCase = false): boolean {
  return matchTokens(toTokens(ignoreCase ? pattern.toLowerCase() : pattern), ignoreCase ? text.toLowerCase() : text);
}

/**
 * As `matchesPattern`, after policy variables are replaced. What a variable brings in is literal: a user named `*`
 * matches only itself. False when a variable has neither value nor default.
 */
export function matchesPatternWithVariables(pattern: string, text: string, lookup: VariableLookup): boolean {
  const tokens = expandTokens(pattern, lookup);
  return tokens !== undefined && matchTokens(tokens, text);
}

/** Replaces policy variables for comparisons that know no wildcards. Undefined when a variable has no value. */
export function expandVariables(text: string, lookup: VariableLookup): string | undefined {
  let unresolved = false;
  const expanded = text.replace(variablePattern, (_, expression: string) => {
    const value = variableValue(expression, lookup);
    if (value === undefined) unresolved = true;
    return value ?? '';
  });
  return unresolved ? undefined : expanded;
}

function expandTokens(pattern: string, lookup: VariableLookup): Token[] | undefined {
  const tokens: Token[] = [];
  let end = 0;
  for (const match of pattern.matchAll(variablePattern)) {
    const value = variableValue(match[1]!, lookup);
    if (value === undefined) return undefined;
    tokens.push(...toTokens(pattern.slice(end, match.index)), ...value);
    end = match.index + match[0].length;
  }
  tokens.push(...toTokens(pattern.slice(end)));
  return tokens;
}

function variableValue(expression: string, lookup: VariableLookup): string | undefined {
  if (expression === '*' || expression === '?' || expression === '$') return expression;
  const [, key, fallback] = /^\s*([^,]*?)\s*(?:,\s*'([^']*)'\s*)?$/.exec(expression) ?? [];
  return (key ? lookup(key) : undefined) ?? fallback;
}

function toTokens(pattern: string): Token[] {
  return Array.from(pattern, (character) => (character === '*' ? many : character === '?' ? one : character));
}

function matchTokens(tokens: readonly Token[], text: string): boolean {
  const characters = Array.from(text);
  let token = 0;
  let position = 0;
  let lastMany = -1;
  let resumeAt = 0;
  while (position < characters.length) {
    const current = tokens[token];
    if (current === many) {
      lastMany = token;
      resumeAt = position;
      token += 1;
    } else if (current !== undefined && (current === one || current === characters[position])) {
      token += 1;
      position += 1;
    } else if (lastMany >= 0) {
      resumeAt += 1;
      position = resumeAt;
      token = lastMany + 1;
    } else {
      return false;
    }
  }
  while (tokens[token] === many) token += 1;
  return token === tokens.length;
}
