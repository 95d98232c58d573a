/** A metric-math expression as a tree. */
export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'reference'; readonly id: string }
  | { readonly kind: 'list'; readonly items: readonly Expression[] }
  | { readonly kind: 'call'; readonly name: string; readonly arguments: readonly Expression[] }
  | { readonly kind: 'negate'; readonly operand: Expression }
  | { readonly kind: 'binary'; readonly operator: string; readonly left: Expression; readonly right: Expression };

export class ExpressionError extends Error {}

const tokenPattern =
  /\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)|([A-Za-z_][A-Za-z0-9_]*)|'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|(==|!=|<=|>=|&&|\|\||[-+*/^<>(),[\]]))/y;

interface Token {
  readonly kind: 'number' | 'name' | 'string' | 'symbol' | 'end';
  readonly text: string;
  readonly position: number;
}

const precedences: Readonly<Record<string, number>> = {
  ...{ '||': 1, OR: 1, '&&': 2, AND: 2 },
  ...{ '==': 3, '!=': 3, '<': 3, '<=': 3, '>': 3, '>=': 3 },
  ...{ '+': 4, '-': 4, '*': 5, '/': 5, '^': 7 },
};
const unaryPrecedence = 6;
const depthMax = 100;

/** Throws ExpressionError with the position of the first mistake. */
export function parseExpression(text: string): Expression {
  const parser = new Parser(tokenize(text));
  const expression = parser.expression(0);
  parser.expectEnd();
  return expression;
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  tokenPattern.lastIndex = 0;
  let position = 0;
  while (text.slice(position).trim() !== '') {
    tokenPattern.lastIndex = position;
    const match = tokenPattern.exec(text);
    if (!match) throw new ExpressionError(`Unexpected character at position ${position + 1}`);
    const string = match[3] ?? match[4];
    position = tokenPattern.lastIndex - match[0].trimStart().length;
    if (match[1] !== undefined) tokens.push({ kind: 'number', text: match[1], position });
    else if (match[2] !== undefined) tokens.push({ kind: 'name', text: match[2], position });
    else if (string !== undefined) tokens.push({ kind: 'string', text: string.replace(/\\(.)/g, '$1'), position });
    else tokens.push({ kind: 'symbol', text: match[5]!, position });
    position = tokenPattern.lastIndex;
  }
  tokens.push({ kind: 'end', text: 'end of expression', position });
  return tokens;
}

class Parser {
  private readonly tokens: readonly Token[];
  private index = 0;
  private depth = 0;

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  expression(precedenceMin: number): Expression {
    this.depth += 1;
    if (this.depth > depthMax) throw new ExpressionError('The expression is nested too deeply');
    let left = this.operand();
    for (;;) {
      const operator = this.peek().text;
      const precedence = this.peek().kind === 'string' ? undefined : precedences[operator];
      if (precedence === undefined || precedence < precedenceMin) break;
      this.index += 1;
      // Powers bind to the right.
      const right = this.expression(operator === '^' ? precedence : precedence + 1);
      left = { kind: 'binary', operator, left, right };
    }
    this.depth -= 1;
    return left;
  }

  expectEnd(): void {
    if (this.peek().kind !== 'end') this.unexpected(this.peek());
  }

  private operand(): Expression {
    const token = this.next();
    if (token.kind === 'number') return { kind: 'number', value: Number(token.text) };
    if (token.kind === 'string') return { kind: 'string', text: token.text };
    if (token.kind === 'name') return this.nameOrCall(token.text);
    if (token.text === '-') return { kind: 'negate', operand: this.expression(unaryPrecedence) };
    if (token.text === '+') return this.expression(unaryPrecedence);
    if (token.text === '[') return { kind: 'list', items: this.listUntil(']') };
    if (token.text !== '(') this.unexpected(token);
    const inner = this.expression(0);
    this.expect(')');
    return inner;
  }

  private nameOrCall(name: string): Expression {
    if (this.peek().text !== '(') return { kind: 'reference', id: name };
    this.index += 1;
    return { kind: 'call', name: name.toUpperCase(), arguments: this.listUntil(')') };
  }

  private listUntil(closing: string): Expression[] {
    const items: Expression[] = [];
    if (this.peek().text === closing && this.peek().kind === 'symbol') {
      this.index += 1;
      return items;
    }
    for (;;) {
      items.push(this.expression(0));
      if (this.peek().text !== ',') break;
      this.index += 1;
    }
    this.expect(closing);
    return items;
  }

  private peek(): Token {
    return this.tokens[this.index]!;
  }

  private next(): Token {
    const token = this.peek();
    if (token.kind !== 'end') this.index += 1;
    return token;
  }

  private expect(symbol: string): void {
    const token = this.next();
    if (token.text !== symbol || token.kind !== 'symbol') this.unexpected(token);
  }

  private unexpected(token: Token): never {
    throw new ExpressionError(`Unexpected ${token.text} at position ${token.position + 1}`);
  }
}

/** Ids of other queries and SEARCH texts that an expression uses. */
export function usesOf(expression: Expression): { ids: Set<string>; allMetrics: boolean } {
  const ids = new Set<string>();
  let allMetrics = false;
  const visit = (node: Expression): void => {
    if (node.kind === 'reference') ids.add(node.id);
    if (node.kind === 'call' && node.name === 'METRICS') allMetrics = true;
    if (node.kind === 'list') node.items.forEach(visit);
    if (node.kind === 'call') node.arguments.forEach(visit);
    if (node.kind === 'negate') visit(node.operand);
    if (node.kind === 'binary') [node.left, node.right].forEach(visit);
  };
  visit(expression);
  return { ids, allMetrics };
}
