import { FilterExpressionError } from './expression.ts';

/** Reads a filter expression character by character; every method skips white space first. */
export class Scanner {
  readonly text: string;
  position = 0;

  constructor(text: string) {
    this.text = text;
  }

  /** Where the next token starts. */
  mark(): number {
    while (/\s/.test(this.text[this.position] ?? '')) this.position += 1;
    return this.position;
  }

  isAtEnd(): boolean {
    return this.mark() >= this.text.length;
  }

  peek(symbol: string): boolean {
    return this.text.startsWith(symbol, this.mark());
  }

  take(symbol: string): boolean {
    if (!this.peek(symbol)) return false;
    this.position += symbol.length;
    return true;
  }

  expect(symbol: string): void {
    if (!this.take(symbol)) this.fail(`Expected "${symbol}"${this.found()}`);
  }

  /** A word of letters, digits, `_`, `.` and `-`, without moving on. */
  peekWord(): string {
    return this.match(/[A-Za-z_][A-Za-z0-9_.-]*/y);
  }

  takeWord(): string {
    const word = this.peekWord();
    this.position += word.length;
    return word;
  }

  /** True when the next word is this one in any case; takes it. */
  takeKeyword(word: string): boolean {
    if (this.peekWord().toUpperCase() !== word) return false;
    this.position += word.length;
    return true;
  }

  takeNumber(): number | undefined {
    const digits = this.match(/[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?/y);
    if (!digits) return undefined;
    this.position += digits.length;
    return Number(digits);
  }

  /** A double-quoted string with `\"` and `\\`. */
  takeString(): string | undefined {
    const start = this.mark();
    if (this.text[start] !== '"') return undefined;
    let value = '';
    for (let at = start + 1; at < this.text.length; at += 1) {
      const char = this.text[at]!;
      if (char === '"') {
        this.position = at + 1;
        return value;
      }
      if (char === '\\' && (this.text[at + 1] === '"' || this.text[at + 1] === '\\')) {
        value += this.text[at + 1];
        at += 1;
      } else value += char;
    }
    throw new FilterExpressionError('The string is not closed', start);
  }

  /** JSON from here to where its brackets close. */
  takeJson(): unknown {
    const start = this.mark();
    let depth = 0;
    let inString = false;
    for (let at = start; at < this.text.length; at += 1) {
      const char = this.text[at]!;
      if (inString) {
        if (char === '\\') at += 1;
        else if (char === '"') inString = false;
      } else if (char === '"') inString = true;
      else if (char === '[' || char === '{') depth += 1;
      else if (char === ']' || char === '}') depth -= 1;
      if (depth > 0) continue;
      this.position = at + 1;
      try {
        return JSON.parse(this.text.slice(start, at + 1));
      } catch {
        break;
      }
    }
    throw new FilterExpressionError('This is not JSON', start);
  }

  fail(message: string): never {
    throw new FilterExpressionError(message, this.mark());
  }

  /** For messages: what stands here. */
  found(): string {
    const rest = this.text.slice(this.mark(), this.position + 20);
    return rest ? `, found "${rest}"` : ', found the end';
  }

  private match(expression: RegExp): string {
    expression.lastIndex = this.mark();
    return expression.exec(this.text)?.[0] ?? '';
  }
}
