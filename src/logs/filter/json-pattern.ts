import { type ComparisonOperator, compileComparison } from './compare-value.ts';
import type { FilterPattern } from './filter-pattern.ts';
import { FilterPatternError } from './filter-pattern-error.ts';
import { type JsonSelector, readSelector, select } from './json-selector.ts';

interface Expression {
  holds(document: unknown): boolean;
  /** What the message must contain for the expression to hold. */
  readonly requiredTexts: readonly string[];
}

const depthMax = 50;

/** `{ ($.level = "ERROR") && ($.ms > 100) }` over messages that are one JSON object or array. */
export function parseJsonPattern(pattern: string): FilterPattern {
  if (!pattern.endsWith('}')) throw new FilterPatternError("A JSON pattern ends in '}'");
  const parser = new JsonPatternParser(pattern.slice(1, -1));
  const expression = parser.parse();
  return {
    kind: 'json',
    requiredTexts: expression.requiredTexts,
    match(message) {
      const document = parseDocument(message);
      if (document === undefined || !expression.holds(document)) return undefined;
      const valueAt = (selector: string) => {
        const read = readSelector(selector, 0);
        return read && textOf(select(document, read.selector)[0]);
      };
      const entries = parser.selectorTexts.map((selector) => [selector, valueAt(selector)] as const);
      return {
        extractedValues: Object.fromEntries(
          entries.filter((entry): entry is [string, string] => entry[1] !== undefined),
        ),
        valueOf: valueAt,
      };
    },
  };
}

function parseDocument(message: string): object | undefined {
  // Most lines of a mixed stream are no JSON: parsing would throw for each.
  if (!/^\s*[{[]/.test(message)) return undefined;
  try {
    return JSON.parse(message) as object;
  } catch {
    return undefined;
  }
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? undefined : JSON.stringify(value);
}

class JsonPatternParser {
  readonly selectorTexts: string[] = [];
  private readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  parse(): Expression {
    const expression = this.or(0);
    this.skipSpace();
    if (this.at < this.text.length) throw this.error();
    return expression;
  }

  private or(depth: number): Expression {
    const parts = [this.and(depth)];
    while (this.take('||')) parts.push(this.and(depth));
    if (parts.length === 1) return parts[0]!;
    return { holds: (document) => parts.some((part) => part.holds(document)), requiredTexts: [] };
  }

  private and(depth: number): Expression {
    const parts = [this.unary(depth)];
    while (this.take('&&')) parts.push(this.unary(depth));
    return {
      holds: (document) => parts.every((part) => part.holds(document)),
      requiredTexts: parts.flatMap((part) => part.requiredTexts),
    };
  }

  private unary(depth: number): Expression {
    if (depth > depthMax) throw new FilterPatternError('Too many parentheses');
    if (!this.take('(')) return this.condition();
    const inner = this.or(depth + 1);
    if (!this.take(')')) throw this.error();
    return inner;
  }

  private condition(): Expression {
    this.skipSpace();
    const read = readSelector(this.text, this.at);
    if (!read) throw this.error();
    this.selectorTexts.push(this.text.slice(this.at, read.end));
    this.at = read.end;
    return this.existence(read.selector) ?? this.comparison(read.selector);
  }

  private existence(selector: JsonSelector): Expression | undefined {
    const match = this.takePattern(/(?:IS\s+(NULL|TRUE|FALSE)|(NOT\s+EXISTS))\b/iy);
    if (!match) return undefined;
    if (match[2]) return { holds: (document) => select(document, selector).length === 0, requiredTexts: [] };
    const wanted = { NULL: null, TRUE: true, FALSE: false }[match[1]!.toUpperCase()];
    return { holds: (document) => select(document, selector).some((value) => value === wanted), requiredTexts: [] };
  }

  private comparison(selector: JsonSelector): Expression {
    const operator = this.takePattern(/!=|<=|>=|=|<|>/y)?.[0] as ComparisonOperator | undefined;
    if (!operator) throw this.error();
    const literal = this.takePattern(/"(?:\\.|[^"\\])*"|%(?:\\.|[^%\\])*%|[^\s()"%&|}]+/y)?.[0] ?? '';
    const comparison = compileComparison(operator, literal);
    return {
      requiredTexts: comparison.requiredText === undefined ? [] : [comparison.requiredText],
      holds: (document) =>
        select(document, selector).some(
          (value) =>
            (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') &&
            comparison.holds(value),
        ),
    };
  }

  private take(token: string): boolean {
    this.skipSpace();
    if (!this.text.startsWith(token, this.at)) return false;
    this.at += token.length;
    return true;
  }

  private takePattern(pattern: RegExp): RegExpExecArray | undefined {
    this.skipSpace();
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.text);
    if (!match) return undefined;
    this.at += match[0].length;
    return match;
  }

  private skipSpace(): void {
    while (/\s/.test(this.text[this.at] ?? '')) this.at += 1;
  }

  private error(): FilterPatternError {
    return new FilterPatternError(
      `Unexpected text at position ${this.at + 1}: '${this.text.slice(this.at, this.at + 20)}'`,
    );
  }
}
