import type { MetricIdentity } from '../model.ts';
import { ExpressionError } from './parse-expression.ts';

/** `{Namespace,Dimension,...} terms` of a SEARCH, ready to be asked of each metric. */
export interface MetricSearch {
  readonly namespace: string | undefined;
  readonly matches: (metric: MetricIdentity) => boolean;
}

type Test = (metric: MetricIdentity) => boolean;

/** Throws ExpressionError when the text is no search. */
export function parseSearch(text: string): MetricSearch {
  const schema = /^\s*\{([^}]*)\}/.exec(text);
  const [namespace, ...dimensionNames] = schema ? splitSchema(schema[1]!) : [undefined];
  const terms = new TermParser(tokenizeTerms(text.slice(schema?.[0].length ?? 0)));
  const matchesTerms = terms.parse();
  const wanted = [...dimensionNames].sort().join('\0');
  return {
    namespace,
    matches: (metric) => {
      if (namespace !== undefined) {
        if (metric.namespace !== namespace) return false;
        if (Object.keys(metric.dimensions).sort().join('\0') !== wanted) return false;
      }
      return matchesTerms(metric);
    },
  };
}

const splitSchema = (text: string): string[] => text.split(',').map((part) => part.trim().replace(/^"(.*)"$/, '$1'));

interface Term {
  readonly kind: 'word' | 'exact' | 'symbol' | 'equals';
  readonly text: string;
  readonly property?: string;
  readonly isExact?: boolean;
}

const termPattern = /\s*(?:([()])|(?:"([^"]+)"|([^\s"=()]+))\s*=\s*(?:"([^"]*)"|([^\s"()]+))|"([^"]*)"|([^\s"()]+))/y;

function tokenizeTerms(text: string): Term[] {
  const terms: Term[] = [];
  let position = 0;
  while (text.slice(position).trim() !== '') {
    termPattern.lastIndex = position;
    const match = termPattern.exec(text);
    if (!match) throw new ExpressionError(`SEARCH has a mistake near: ${text.slice(position, position + 20)}`);
    const property = match[2] ?? match[3];
    if (match[1]) terms.push({ kind: 'symbol', text: match[1] });
    else if (property) {
      terms.push({ kind: 'equals', property, text: match[4] ?? match[5] ?? '', isExact: match[4] !== undefined });
    } else if (match[6] !== undefined) terms.push({ kind: 'exact', text: match[6] });
    else terms.push({ kind: 'word', text: match[7]! });
    position = termPattern.lastIndex;
  }
  return terms;
}

class TermParser {
  private readonly terms: readonly Term[];
  private index = 0;

  constructor(terms: readonly Term[]) {
    this.terms = terms;
  }

  parse(): Test {
    if (this.terms.length === 0) return () => true;
    const test = this.either();
    if (this.index < this.terms.length) throw new ExpressionError('SEARCH has an unbalanced parenthesis');
    return test;
  }

  private either(): Test {
    let left = this.both();
    while (this.isWord('OR')) {
      this.index += 1;
      const [first, second] = [left, this.both()];
      left = (metric) => first(metric) || second(metric);
    }
    return left;
  }

  /** Terms that follow each other all have to match, with or without AND. */
  private both(): Test {
    let left = this.single();
    while (this.index < this.terms.length && !this.isWord('OR') && this.terms[this.index]!.text !== ')') {
      if (this.isWord('AND')) this.index += 1;
      const [first, second] = [left, this.single()];
      left = (metric) => first(metric) && second(metric);
    }
    return left;
  }

  private single(): Test {
    if (this.isWord('NOT')) {
      this.index += 1;
      const test = this.single();
      return (metric) => !test(metric);
    }
    const term = this.terms[this.index];
    if (!term || (term.kind === 'symbol' && term.text === ')')) throw new ExpressionError('SEARCH misses a term');
    this.index += 1;
    if (term.kind !== 'symbol') return matchTerm(term);
    const inner = this.either();
    if (this.terms[this.index]?.text !== ')') throw new ExpressionError('SEARCH misses a closing parenthesis');
    this.index += 1;
    return inner;
  }

  private isWord(word: string): boolean {
    const term = this.terms[this.index];
    return term?.kind === 'word' && term.text === word;
  }
}

function matchTerm(term: Term): Test {
  if (term.kind === 'equals') {
    return (metric) => {
      const value = propertyOf(metric, term.property!);
      if (value === undefined) return false;
      return term.isExact ? value === term.text : tokensOf(value).has(term.text.toLowerCase());
    };
  }
  const texts = (metric: MetricIdentity) => [
    metric.namespace,
    metric.name,
    ...Object.keys(metric.dimensions),
    ...Object.values(metric.dimensions),
  ];
  if (term.kind === 'exact') return (metric) => texts(metric).includes(term.text);
  const wanted = [...tokensOf(term.text)];
  return (metric) => {
    const tokens = new Set(texts(metric).flatMap((text) => [...tokensOf(text)]));
    return (
      tokens.has(term.text.toLowerCase()) ||
      (wanted.filter((token) => token !== term.text.toLowerCase()).every((token) => tokens.has(token)) &&
        wanted.length > 1)
    );
  };
}

function propertyOf(metric: MetricIdentity, property: string): string | undefined {
  if (property === 'MetricName') return metric.name;
  if (property === 'Namespace') return metric.namespace;
  return metric.dimensions[property];
}

/** CloudWatch's tokens of a name: runs of letters (split at camel case) and digits, and the whole, in lower case. */
export function tokensOf(text: string): Set<string> {
  const parts = text.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\sA-Za-z\d\W]+/g) ?? [];
  return new Set([text, ...parts].map((part) => part.toLowerCase()));
}
