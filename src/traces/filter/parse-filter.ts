import type { Comparison, Expression, Keyword, Literal, Selector } from './expression.ts';
import { FilterExpressionError, keywords } from './expression.ts';
import { Scanner } from './scanner.ts';

const lengthMax = 10_000;
const depthMax = 100;
const symbolOperators = ['!=', '<=', '>=', '=', '<', '>'] as const;
const wordOperators = ['CONTAINS', 'BEGINSWITH', 'ENDSWITH'] as const;

/** Parses a filter expression; the empty one selects everything. Throws FilterExpressionError, which says where. */
export function parseFilter(text: string): Expression {
  if (text.length > lengthMax) throw new FilterExpressionError('The expression is too long', lengthMax);
  const scanner = new Scanner(text);
  if (scanner.isAtEnd()) return { kind: 'all' };
  const expression = parseOr(scanner, 0);
  if (!scanner.isAtEnd()) scanner.fail(`Expected AND, OR or the end${scanner.found()}`);
  return expression;
}

function parseOr(scanner: Scanner, depth: number): Expression {
  if (depth > depthMax) scanner.fail('The expression is nested too deeply');
  const terms = [parseAnd(scanner, depth)];
  while (scanner.takeKeyword('OR')) terms.push(parseAnd(scanner, depth));
  return terms.length === 1 ? terms[0]! : { kind: 'or', terms };
}

/** Terms beside each other are joined by AND as well. */
function parseAnd(scanner: Scanner, depth: number): Expression {
  const terms = [parseUnary(scanner, depth)];
  for (;;) {
    if (scanner.takeKeyword('AND')) terms.push(parseUnary(scanner, depth));
    else if (startsTerm(scanner)) terms.push(parseUnary(scanner, depth));
    else break;
  }
  return terms.length === 1 ? terms[0]! : { kind: 'and', terms };
}

function startsTerm(scanner: Scanner): boolean {
  if (scanner.peek('!') || scanner.peek('(')) return true;
  const word = scanner.peekWord();
  return word !== '' && word.toUpperCase() !== 'OR';
}

function parseUnary(scanner: Scanner, depth: number): Expression {
  if (depth > depthMax) scanner.fail('The expression is nested too deeply');
  if (scanner.take('!') || scanner.takeKeyword('NOT')) return { kind: 'not', term: parseUnary(scanner, depth + 1) };
  if (scanner.take('(')) {
    const inner = parseOr(scanner, depth + 1);
    scanner.expect(')');
    return inner;
  }
  return parseTerm(scanner, depth);
}

function parseTerm(scanner: Scanner, depth: number): Expression {
  const position = scanner.mark();
  const word = scanner.takeWord();
  const name = word.toLowerCase();
  if (name === 'service') return parseService(scanner, depth, position);
  if (name === 'edge') return parseEdge(scanner, depth, position);
  if (name === 'annotation') {
    const start = scanner.position;
    const end = scanner.text.indexOf(']', start);
    if (scanner.text[start] !== '[' || end < 0) scanner.fail('Expected annotation.key or annotation[key]');
    const key = scanner.text.slice(start + 1, end).trim();
    scanner.position = end + 1;
    return { kind: 'annotation', key: key.replace(/^"(.*)"$/, '$1'), position, ...parseComparison(scanner) };
  }
  if (name.startsWith('annotation.')) {
    return { kind: 'annotation', key: word.slice('annotation.'.length), position, ...parseComparison(scanner) };
  }
  if (name === 'group.name' || name === 'group.arn') return parseGroup(scanner, name, position);
  if (name.startsWith('rootcause.')) return parseRootCause(scanner, name, depth, position);
  if (!isKeyword(name)) {
    throw new FilterExpressionError(
      word ? `Unknown keyword "${word}"` : `Expected a keyword${scanner.found()}`,
      position,
    );
  }
  return { kind: 'keyword', keyword: name, position, ...checkType(name, parseComparison(scanner), position) };
}

function isKeyword(name: string): name is Keyword {
  return Object.hasOwn(keywords, name);
}

type Comparisons = { comparison?: { operator: Comparison; value: Literal } };

function parseComparison(scanner: Scanner): Comparisons {
  const operator = takeOperator(scanner);
  return operator ? { comparison: { operator, value: parseValue(scanner) } } : {};
}

function takeOperator(scanner: Scanner): Comparison | undefined {
  return (
    symbolOperators.find((symbol) => scanner.take(symbol)) ?? wordOperators.find((word) => scanner.takeKeyword(word))
  );
}

function parseValue(scanner: Scanner): Literal {
  const text = scanner.takeString();
  if (text !== undefined) return text;
  const number = scanner.takeNumber();
  if (number !== undefined) return number;
  const word = scanner.takeWord();
  if (word === '') scanner.fail(`Expected a value${scanner.found()}`);
  if (word.toLowerCase() === 'true') return true;
  if (word.toLowerCase() === 'false') return false;
  return word;
}

function checkType(keyword: Keyword, parsed: Comparisons, position: number): Comparisons {
  const type = keywords[keyword];
  const { comparison } = parsed;
  if (!comparison) return parsed;
  const { operator, value } = comparison;
  const allowed: readonly Comparison[] = {
    boolean: ['=', '!='] as const,
    number: symbolOperators,
    string: ['=', '!=', ...wordOperators] as const,
  }[type];
  if (!allowed.includes(operator)) {
    throw new FilterExpressionError(`"${keyword}" cannot be compared by ${operator}`, position);
  }
  if (type === 'string' && typeof value === 'number') return { comparison: { operator, value: String(value) } };
  if (typeof value !== type) throw new FilterExpressionError(`"${keyword}" needs a ${type}`, position);
  return parsed;
}

function parseService(scanner: Scanner, depth: number, position: number): Expression {
  let selector: Selector = {};
  if (scanner.take('(')) {
    if (!scanner.peek(')')) selector = parseSelector(scanner);
    scanner.expect(')');
  }
  return { kind: 'service', selector, condition: parseCondition(scanner, depth), position };
}

function parseEdge(scanner: Scanner, depth: number, position: number): Expression {
  scanner.expect('(');
  const from = scanner.peek(',') ? {} : parseSelector(scanner);
  scanner.expect(',');
  const to = scanner.peek(')') ? {} : parseSelector(scanner);
  scanner.expect(')');
  return { kind: 'edge', from, to, condition: parseCondition(scanner, depth), position };
}

function parseSelector(scanner: Scanner): Selector {
  const name = scanner.takeString();
  if (name !== undefined) return { name };
  if (!scanner.takeKeyword('ID')) scanner.fail(`Expected a name in quotes or id(...)${scanner.found()}`);
  scanner.expect('(');
  const selector: { name?: string; type?: string; accountId?: string } = {};
  while (!scanner.take(')')) {
    const part = scanner.takeWord().toLowerCase();
    const key = part === 'account.id' ? 'accountId' : part;
    if (key !== 'name' && key !== 'type' && key !== 'accountId') scanner.fail('Expected name:, type: or account.id:');
    scanner.expect(':');
    const value = scanner.takeString();
    if (value === undefined) scanner.fail(`Expected a string${scanner.found()}`);
    selector[key] = value;
    if (!scanner.peek(')')) scanner.expect(',');
  }
  return selector;
}

function parseCondition(scanner: Scanner, depth: number): Expression {
  if (!scanner.take('{')) return { kind: 'all' };
  if (scanner.take('}')) return { kind: 'all' };
  const condition = parseOr(scanner, depth + 1);
  scanner.expect('}');
  return condition;
}

function parseGroup(scanner: Scanner, name: 'group.name' | 'group.arn', position: number): Expression {
  const operator = takeOperator(scanner);
  if (operator !== '=' && operator !== '!=') scanner.fail(`Expected = or !=${scanner.found()}`);
  const value = scanner.takeString();
  if (value === undefined) scanner.fail(`Expected a string${scanner.found()}`);
  return { kind: 'group', by: name === 'group.name' ? 'name' : 'arn', operator, value, position };
}

function parseRootCause(scanner: Scanner, name: string, depth: number, position: number): Expression {
  if (name === 'rootcause.json') {
    scanner.expect('=');
    scanner.expect('#');
    return { kind: 'rootcause-json', value: scanner.takeJson(), position };
  }
  const [, cause, subject, rest] = name.split('.');
  const knownCause = cause === 'fault' || cause === 'error' || cause === 'responsetime';
  const knownSubject = subject === 'service' || subject === 'entity' || subject === 'exception';
  if (!knownCause || !knownSubject || rest !== undefined) {
    throw new FilterExpressionError(`Unknown keyword "${name}"`, position);
  }
  return { kind: 'rootcause', cause, subject, condition: parseCondition(scanner, depth), position };
}
